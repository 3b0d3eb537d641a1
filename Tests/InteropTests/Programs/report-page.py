"""Opens an HTML report in headless Chromium, wide and narrow, light and dark.

report-page.py PAGE JSON [--large] [--shots FOLDER]: PAGE is opened from file://, its numbers are compared with the JSON
report's. With --large it must hold at least 100,000 hops, and moving about in it is timed. Prints one line of JSON; ends
with 1 and says why if something is not as it should be.
"""

import argparse
import base64
import json
import pathlib
import sys
import time

from selenium import webdriver
from selenium.webdriver.common.by import By

parser = argparse.ArgumentParser()
parser.add_argument("page")
parser.add_argument("report")
parser.add_argument("--large", action="store_true")
parser.add_argument("--shots")
arguments = parser.parse_args()
report = json.loads(pathlib.Path(arguments.report).read_text())
url = pathlib.Path(arguments.page).resolve().as_uri()

options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]:
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
found = {}


def check(condition, text):
    if not condition:
        print(text, file=sys.stderr)
        driver.quit()
        sys.exit(1)


def script(text, *values):
    return driver.execute_script(text, *values)


def check_numbers():
    words = {"pass": "PASS", "fail": "FAIL", "unknown": "UNKNOWN"}
    verdict = driver.find_element(By.ID, "verdict").text
    check(verdict.startswith(words[report["verdict"]]), f"the verdict is {verdict}")
    check(script("return document.querySelector('[data-fact=seed] dd').textContent") == str(report["seed"]), "the seed")
    cards = driver.find_elements(By.CSS_SELECTOR, ".assertion")
    check(len(cards) == len(report["assertions"]), f"{len(cards)} assertions")
    numbers = 0
    for card, assertion in zip(cards, report["assertions"]):
        check(assertion["verdict"] in card.get_attribute("class").split(), f"verdict of {assertion['assertion']}")
        check(card.find_element(By.CSS_SELECTOR, "h3").text == assertion["assertion"], "name of an assertion")
        shown = script(
            """
            const rows = {};
            for (const row of arguments[0].querySelectorAll('table.counts tr[data-to]')) {
              rows[row.dataset.to] = {};
              for (const cell of row.querySelectorAll('[data-key]')) rows[row.dataset.to][cell.dataset.key] = cell.textContent;
            }
            const calls = {};
            for (const part of arguments[0].querySelectorAll(':scope > .pairs [data-key]'))
              calls[part.dataset.key] = part.querySelector('.num').textContent;
            return [rows, calls];
            """,
            card,
        )
        for destination in assertion["destinations"]:
            row = shown[0][destination["to"]]
            for key, value in destination["counts"].items():
                bounds = destination.get("bounds", {}).get(key)
                expected = f"{bounds[0]}–{bounds[1]}" if bounds and bounds[0] != bounds[1] else str(value)
                check(row.get(key, "0") == expected, f"{destination['to']}: {key} is {row.get(key)}, not {expected}")
                numbers += 1
        for key, value in assertion.get("calls", {}).get("counts", {}).items():
            if not any(assertion["calls"]["counts"].values()):
                continue
            check(shown[1].get(key, "0") == str(value), f"calls: {key} is {shown[1].get(key)}, not {value}")
            numbers += 1
    return numbers


def check_moving():
    """Zooming and filtering change what is drawn."""
    total = script("return window.orch.timeline.count")
    check(total > 0, "nothing is drawn")
    check(script("return window.orch.timeline.stats.lines") > 0, "no line is drawn")
    script("window.orch.timeline.setView(0, window.orch.timeline.end / 10); window.orch.timeline.draw()")
    view = script("const v = window.orch.timeline.view; return [v.from, v.to]")
    check(view[1] - view[0] < script("return window.orch.timeline.end") / 9, "zoom")
    script("document.querySelector('#tools [aria-label=\"zoom out\"]').click(); window.orch.timeline.draw()")
    wider = script("const v = window.orch.timeline.view; return [v.from, v.to]")
    check(abs((wider[1] - wider[0]) / (view[1] - view[0]) - 2) < 0.05, "the button zooms out to twice")
    script("window.orch.timeline.setView(0, window.orch.timeline.end)")

    name = script("return window.orch.timeline.idOf(Math.floor(window.orch.timeline.count / 2))")
    box = driver.find_element(By.ID, "filter")
    box.send_keys(name)
    few = script("return window.orch.timeline.shown")
    check(0 < few < total, f"{few} of {total} hops are left by the filter {name}")
    box.clear()
    box.send_keys("x")
    box.send_keys("\b")
    check(script("return window.orch.timeline.shown") > few, "the filter lets go")
    check(script("return window.orch.timeline.find(arguments[0])", name), f"{name} is found")
    rows = driver.find_elements(By.CSS_SELECTOR, "#hops tr")
    check(len(rows) > 0 and driver.find_element(By.CSS_SELECTOR, "#details h3").text == name, "the chosen message")
    check(script("return window.orch.timeline.shown") >= len(rows), "its hops alone are drawn")
    found["hops"] = len(rows)


def close_choice():
    script("document.getElementById('close').click()")


def time_panning():
    """Mean milliseconds of the page's own work for a frame while the view moves, near and far: its thread's time on a
    processor, so that a busy machine does not count."""
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})

    def busy():
        metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    times = []
    for share in [1, 0.5, 0.1, 0.01]:
        began = busy()
        script(
            """
            const t = window.orch.timeline, span = t.end * arguments[0];
            for (let i = 0; i < 30; i++) {
              const from = (t.end - span) * i / 30;
              t.setView(from, from + span);
              t.draw();
              // Waits for the canvas to be really painted.
              document.getElementById('canvas').getContext('2d').getImageData(0, 0, 1, 1);
            }
            """,
            share,
        )
        times.append((busy() - began) * 1000 / 30)
    script("window.orch.timeline.setView(0, window.orch.timeline.end)")
    return times


try:
    for width, height in [(1400, 900), (390, 844)]:
        for scheme in ["light", "dark"]:
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
            driver.execute_cdp_cmd(
                "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
            began = time.monotonic()
            driver.get(url)
            found["open_s"] = round(time.monotonic() - began, 2)
            check(script("return !!(window.orch && window.orch.timeline)"), f"the script has failed: "
                  f"{driver.get_log('browser')}")
            found["numbers"] = check_numbers()
            check_moving()
            if arguments.shots:
                pathlib.Path(arguments.shots).mkdir(parents=True, exist_ok=True)
                driver.find_element(By.ID, "timeline").screenshot(f"{arguments.shots}/{width}-{scheme}-chosen.png")
            close_choice()
            wide = script("return document.documentElement.scrollWidth")
            check(wide <= width, f"the page is {wide} wide in a window of {width}")
            back = script("return getComputedStyle(document.body).backgroundColor").strip("rgb()").split(",")
            dark = sum(int(part) for part in back[:3]) < 200
            check(dark == (scheme == "dark"), f"{scheme}: the paper is {back}")
            if arguments.large:
                check(script("return window.orch.timeline.count") >= 100_000, "too few hops")
                times = time_panning()
                found.setdefault("frame_ms", []).append([round(value, 1) for value in times])
                check(sum(times) / len(times) < 50, f"a frame takes {times} ms")
            if arguments.shots:
                time.sleep(0.3)
                tall = script("return document.documentElement.scrollHeight")
                shot = driver.execute_cdp_cmd("Page.captureScreenshot", {
                    "captureBeyondViewport": True, "format": "png",
                    "clip": {"x": 0, "y": 0, "width": width, "height": min(tall, 6000), "scale": 1}})
                pathlib.Path(f"{arguments.shots}/{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
    # Reading the canvas back is this program's doing.
    errors = [entry for entry in driver.get_log("browser")
              if entry["level"] in ("SEVERE", "WARNING") and "willReadFrequently" not in entry["message"]]
    check(not errors, f"the console says: {errors}")
    print(json.dumps(found), flush=True)
finally:
    driver.quit()
