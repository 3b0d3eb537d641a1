"""Follows a feed with the EventSource of headless Chromium, from a page of the feed's own server.

eventsource.py URL LAST: opens URL (the feed), follows it until the item LAST has come, and prints as one line of JSON the ids
in the order in which the page saw them, and how often the channel was opened.
"""

import json
import sys
import time

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

url, last = sys.argv[1], int(sys.argv[2])

options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"]:
    options.add_argument(argument)
driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
try:
    # The page comes through the same faulty link as everything else.
    for _ in range(20):
        try:
            driver.get(url)
            if "items" in driver.page_source:
                break
        except WebDriverException:
            pass
    driver.execute_script(
        """
        window.ids = []; window.opened = 0; window.errors = 0;
        const source = new EventSource(arguments[0]);
        source.onopen = () => window.opened++;
        source.onerror = () => window.errors++;
        source.onmessage = event => window.ids.push(Number(event.lastEventId));
        """,
        url,
    )
    print("following", flush=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ids = driver.execute_script("return window.ids")
        if ids and ids[-1] >= last:
            break
        time.sleep(0.05)
    print(json.dumps({
        "ids": driver.execute_script("return window.ids"),
        "opened": driver.execute_script("return window.opened"),
        "errors": driver.execute_script("return window.errors"),
    }), flush=True)
finally:
    driver.quit()
