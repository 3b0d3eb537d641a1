"""Drives the live page of a running cluster in headless Chromium.

live-page.py URL ORCH messages|objects|peers [--shots FOLDER]: ORCH is the binary, the working folder that of the run. What
is clicked must really happen to the cluster, as `orch` tells of it. Ends the run at last, where it is one of messages.
Prints one line of JSON; ends with 1 and says why if something is not as it should be.
"""

import argparse
import base64
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("orch")
parser.add_argument("kind", choices=["messages", "objects", "peers"])
parser.add_argument("--shots")
arguments = parser.parse_args()

options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]:
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
found = {}


class Wrong(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Wrong(text)


def script(text, *values):
    return driver.execute_script(text, *values)


def until(what, condition, limit=60):
    """Looks again until the condition gives something."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise Wrong(f"not within {limit} s: {what}")


def orch(*words):
    return subprocess.run([arguments.orch, *words], capture_output=True, text=True)


def orch_json(*words):
    answer = orch(*words, "--json")
    check(answer.returncode == 0, f"orch {words}: {answer.stderr}")
    return json.loads(answer.stdout)


def look(width, height, scheme):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def shot(name):
    if not arguments.shots:
        return
    folder = pathlib.Path(arguments.shots)
    folder.mkdir(parents=True, exist_ok=True)
    size = script("return [innerWidth, document.documentElement.scrollHeight]")
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {
        "captureBeyondViewport": True, "format": "png",
        "clip": {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 3000), "scale": 1}})
    (folder / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))


def state():
    return script("return window.orch && window.orch.state")


def click(selector):
    target = until(selector, lambda: driver.find_elements(By.CSS_SELECTOR, selector))[0]
    if target.tag_name in ("path", "g"):
        # Curved: the middle of what surrounds it may be beside it.
        script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))", target)
        return
    script("arguments[0].scrollIntoView({block: 'center'})", target)

    def is_still():
        # What was done before may still show, or go, above it.
        places = []
        for _ in range(2):
            places.append(script("const r = arguments[0].getBoundingClientRect(); return [r.x, r.y]", target))
            time.sleep(0.4)
        return places[0] == places[1]
    until(f"{selector} stays where it is", is_still)
    # A real one, with the button held for longer than the page leaves its numbers alone.
    ActionChains(driver).click_and_hold(target).pause(0.3).release().perform()


def entries():
    return script("""
        return [...document.querySelectorAll('.entry')].map(one => ({
          command: one.querySelector('code').textContent, outcome: one.dataset.outcome,
          text: one.querySelector('pre') ? one.querySelector('pre').textContent : ''}))""")


def last_entry(command):
    """The newest entry, when it is this command and has been answered."""
    def done():
        all = entries()
        return all[0] if all and all[0]["command"] == command and all[0]["outcome"] != "running" else None
    return until(f"an answer to {command}", done)


def act(command):
    """Clicks the button beside which this command is shown."""
    quoted = command.replace("\\", "\\\\").replace('"', '\\"')
    click(f'.act[data-command="{quoted}"] button.do:not(:disabled)')
    entry = last_entry(command)
    check(entry["outcome"] == "done", f"{command}: {entry['text']}")
    return entry


def process(name):
    return next((one for one in state()["nodes"] if one["name"] == name), None)


def post(path, text):
    return driver.execute_async_script("""
        const [path, text, token, done] = arguments;
        fetch(path, {method: 'POST', body: text, headers: {'orch-token': token}}).then(r => r.json()).then(done);
        """, path, text, urllib.parse.parse_qs(urllib.parse.urlparse(arguments.url).query)["token"][0])


def check_words():
    """Whatever the page may compose is understood as it stands."""
    commands = script("""
        const {write, graph, model} = window.orch, all = new Set();
        for (const edge of graph.edges) if (edge.way)
          for (const link of [...edge.way.links, 'all']) for (const fault of model.faults) {
            all.add(write.fault(fault.keyword, fault.example, link, '', ''));
            all.add(write.fault(fault.keyword, fault.example, link, '2s', ''));
          }
        for (const node of model.nodes) for (const name of [node.name, ...node.processes])
          for (const verb of ['kill', 'pause', 'resume', 'stop', 'start', 'restart']) all.add(write[verb](name));
        for (const node of model.nodes) if (node.processes.length > 1) all.add(write.kill('1 of ' + node.name));
        for (const group of model.groups) for (const name of group.processes) all.add(write.partition('isolate', name, '--for', '5s'));
        for (const vertex of graph.vertices) {
          if (vertex.kind === 'exchange') all.add(write.publish('--to', vertex.name));
          if (vertex.kind === 'queue') all.add(write.publish('--queue', vertex.name));
        }
        all.add(write.clear()); all.add(write.end('drop')); all.add(write.down());
        return [...all];""")
    for command in commands:
        answer = post("/check", command)
        # Not every fault is for every link; such are greyed out.
        fits = "do not speak it" not in answer["text"] and "does not speak it" not in answer["text"]
        check(answer["isDone"] or not fits, f"{command}: {answer['text']}")
    return len(commands)


def check_messages():
    # Numbers move.
    before = until("a rate", lambda: (lambda s: s if s and any(l["rates"] for l in s["links"]) else None)(state()))
    count = lambda s: sum(link["counts"].get("publish", 0) for link in s["links"])
    until("more messages", lambda: state()["elapsed"] > before["elapsed"] and count(state()) > count(before))
    shown = until("a rate in the drawing", lambda: script(
        "return [...document.querySelectorAll('#graph .label.rate')].map(one => one.textContent).filter(Boolean)[0]"))
    check(shown.endswith("/s"), shown)
    until("a log line", lambda: "tick" in driver.find_element(By.ID, "log").text)
    until("the queue", lambda: driver.find_elements(By.CSS_SELECTOR, '[data-queue="jobs"]'))

    # A fault on the way from the producer.
    edge = script("return window.orch.graph.edges.findIndex(one => one.from === 'node:producer')")
    click(f'[data-edge="{edge}"]')
    command = driver.find_element(By.ID, "fault-command").get_attribute("value")
    check(command == "orch fault drop 30% --link 'producer -> broker'", command)
    check(not [one for one in orch_json("fault", "list") if one["isActive"]], "a fault is on already")
    click(".adding button.do")
    check(last_entry(command)["outcome"] == "done", entries()[0]["text"])
    fault = orch_json("fault", "list")[0]
    check((fault["fault"], fault["link"], fault["isActive"]) == ("drop 30%", "producer -> broker", True), f"{fault}")
    until("messages dropped", lambda: orch_json("fault", "list")[0]["affected"] > 0)
    until("the red way", lambda: "⚡ drop 30%" in driver.find_element(By.ID, "graph").text)
    until("what it has touched", lambda: driver.find_elements(By.CSS_SELECTOR, "[data-fault=drop]"))
    shot("fault-wide-light")

    # Cleared from the list beside the drawing.
    act("orch fault rm drop")
    check(not orch_json("fault", "list")[0]["isActive"], "it is still on")

    # What a shell says of a wrong word, the page says.
    box = driver.find_element(By.CSS_SELECTOR, "#console .ask input")
    box.send_keys("orch fault dorp 30%")
    click("#console .ask button.do")
    entry = last_entry("orch fault dorp 30%")
    said = orch("fault", "dorp", "30%").stderr.strip()
    check(entry["outcome"] == "failed" and entry["text"].strip() == said, f"{entry} instead of {said}")
    check(post("/commands", "orch up pubsub")["isDone"] is False, "a command that is none of the cluster's")
    check(post("/commands", "orch fault list; ls")["isDone"] is False, "two commands")

    # A process dies, and comes back.
    click('[data-process="worker-1"]')
    act("orch kill worker-1")
    until("it is dead", lambda: process("worker-1")["state"] == "killed")
    row = until("its row", lambda: driver.find_elements(By.CSS_SELECTOR, '[data-process="worker-1"][data-state=killed]'))
    check(row[0].find_elements(By.CSS_SELECTOR, ".dot.dead"), "its dot")
    told = next(one for one in orch_json("ps")[0]["nodes"] if one["name"] == "worker-1")
    check(told["state"] == "killed" and told["detail"] == "signal 9", f"{told}")
    until("a cross in the drawing", lambda: driver.find_elements(By.CSS_SELECTOR, "#graph tspan.dead"))
    act("orch start worker-1")
    until("it is up", lambda: process("worker-1")["state"] == "running")
    act("orch pause worker-1")
    until("it is paused", lambda: process("worker-1")["state"] == "paused")
    act("orch resume worker-1")
    until("it goes on", lambda: process("worker-1")["state"] == "running")

    found["commands"] = check_words()
    for width, height in [(1400, 900), (390, 844)]:
        for scheme in ["light", "dark"]:
            look(width, height, scheme)
            driver.get(arguments.url)
            until("the state", state)
            click(f'[data-edge="{edge}"]')
            check(len(entries()) > 3, "the commands are told to who comes later")
            wide = script("return document.documentElement.scrollWidth")
            check(wide <= width, f"the page is {wide} wide in a window of {width}")
            back = script("return getComputedStyle(document.body).backgroundColor").strip("rgb()").split(",")
            check((sum(int(part) for part in back[:3]) < 200) == (scheme == "dark"), f"{scheme}: the paper is {back}")
            until("a second of rates", lambda: state()["elapsed"] > 0)
            shot(f"messages-{width}-{scheme}")

    # The end. The first click asks whether one is sure.
    look(1400, 900, "light")
    click("#down button.do")
    check(process("worker-1"), "one click has ended the run")
    click("#down button.do")
    verdict = until("the verdict", lambda: driver.find_elements(By.ID, "verdict"), 60)[0].text
    check(verdict.startswith("PASS"), verdict)
    check("orch report " in driver.find_element(By.ID, "banner").text, "how to get the report")
    check(all(script("return [...document.querySelectorAll('button.do')].map(one => one.disabled)")), "buttons")
    shot("ended")
    port = urllib.parse.urlparse(arguments.url).port

    def is_free():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0
    until("the port is free", is_free)


def check_objects():
    owner = until("the object", lambda: next((one["owner"] for one in (state() or {"objects": []})["objects"] if one["object"] == "acc-1"), None))
    check(owner == "host-a", owner)
    click('[data-object="acc-1"]')
    until("where it is drawn", lambda: "acc-1" in script("return document.querySelector('[data-vertex=\"node:host-a\"]').textContent"))
    answer = act("orch migrate acc-1 --to host-b")
    check("acc-1 is owned by host-b" in answer["text"], answer["text"])
    check(orch_json("objects", "acc-1")[0]["owner"] == "host-b", "orch objects says otherwise")
    until("its row", lambda: driver.find_elements(By.CSS_SELECTOR, '[data-object="acc-1"][data-owner=host-b]'))
    until("where it is drawn now", lambda: "acc-1" in script("return document.querySelector('[data-vertex=\"node:host-b\"]').textContent"))
    found["commands"] = check_words()
    shot("objects")


def check_peers():
    until("all are up", lambda: (lambda s: s and all(one["state"] == "running" for one in s["nodes"]))(state()))
    found["commands"] = check_words()
    click('[data-process="peer-3"]')
    act("orch pause peer-3")
    until("its peers doubt it", lambda: len(process("peer-3")["suspectedBy"]) >= 2)
    until("so it is said", lambda: "doubted by" in driver.find_element(By.CSS_SELECTOR, '[data-process="peer-3"]').text)
    shot("peers")
    act("orch resume peer-3")
    until("they do not any more", lambda: not process("peer-3")["suspectedBy"])
    click('[data-vertex^="group:"]')
    act("orch fault partition isolate peer-1 --for 5s")
    until("the red way", lambda: driver.find_elements(By.CSS_SELECTOR, "#graph .edge.faulty"))
    look(390, 844, "dark")
    shot("peers-narrow")


code = 0
try:
    look(1400, 900, "light")
    driver.get(arguments.url)
    {"messages": check_messages, "objects": check_objects, "peers": check_peers}[arguments.kind]()
    errors = [entry for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    check(not errors, f"the console says: {errors}")
    print(json.dumps(found), flush=True)
except Wrong as wrong:
    shot("wrong")
    print(f"{wrong}\n{entries()}\n{driver.get_log('browser')}", file=sys.stderr)
    code = 1
finally:
    driver.quit()
sys.exit(code)
