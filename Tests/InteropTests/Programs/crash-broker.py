"""Kills `orch broker` with SIGKILL at random moments while messages are published with confirms, and compares.

usage: crash-broker.py ORCH CYCLES SEED
Each cycle: start the broker on its data folder, read what is there, publish persistent and transient messages to a
durable queue without waiting for each confirm, kill the broker at a random moment, start it again. What was confirmed
must be there, once, in order; what is transient must not; nothing else may be. Messages taken by a get that was not
acknowledged must come back as redelivered. Prints a summary; exits 1 on the first violation.
"""
import os, random, shutil, signal, subprocess, sys, tempfile, threading

import pika

orch, cycles, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)
folder = tempfile.mkdtemp(prefix="orch-crash-")


def start():
    process = subprocess.Popen([orch, "broker", "--port", "0", "--data", folder], stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if "amqp://" not in line:
        raise SystemExit(f"the broker did not start: {line!r}")
    return process, line.split()[-1]


def connect(url):
    return pika.BlockingConnection(pika.URLParameters(url))


def drain(channel):
    """All messages of the queue in order, with their redelivered flags, acknowledged."""
    found = []
    while True:
        method, properties, body = channel.basic_get("q")
        if method is None:
            return found
        found.append((body.decode(), method.redelivered))
        channel.basic_ack(method.delivery_tag)


def publish_until_death(url, process, cycle):
    """Returns (persistent messages that were confirmed, all that were attempted), in order."""
    confirmed, attempted, state = set(), [], {"n": 0}
    moment = random.uniform(0.01, 0.25)

    def on_open(connection):
        connection.channel(on_open_callback=on_channel)

    def on_channel(channel):
        channel.confirm_delivery(lambda frame: on_confirm(channel, frame), callback=lambda _: pump(channel))

    def on_confirm(channel, frame):
        m = frame.method
        first = state.get("low", 1)
        if isinstance(m, pika.spec.Basic.Ack):
            tags = range(first, m.delivery_tag + 1) if m.multiple else [m.delivery_tag]
            confirmed.update(tags)
            while state.get("low", 1) in confirmed:
                state["low"] = state.get("low", 1) + 1
        if len(attempted) - len(confirmed) < 60:
            pump(channel)

    def pump(channel):
        for _ in range(20):
            state["n"] += 1
            durable = random.random() < 0.8
            body = f"{cycle}.{state['n']}.{'p' if durable else 't'}"
            attempted.append(body)
            channel.basic_publish("", "q", body.encode(), pika.BasicProperties(delivery_mode=2 if durable else 1))

    connection = pika.SelectConnection(pika.URLParameters(url), on_open_callback=on_open,
                                       on_open_error_callback=lambda c, e: c.ioloop.stop(),
                                       on_close_callback=lambda c, e: c.ioloop.stop())
    threading.Timer(moment, lambda: os.kill(process.pid, signal.SIGKILL)).start()
    connection.ioloop.start()
    process.wait()
    sure = [body for n, body in enumerate(attempted, 1) if n in confirmed and body.endswith("p")]
    return sure, attempted


total_confirmed = total_found = 0
process, url = start()
connection = connect(url)
connection.channel().queue_declare("q", durable=True)
connection.close()
for cycle in range(cycles):
    confirmed, attempted = publish_until_death(url, process, cycle)
    process, url = start()
    connection = connect(url)
    channel = connection.channel()
    # Some are taken and not acknowledged, and the broker is killed once more: they come back, marked.
    taken = []
    for _ in range(random.randrange(0, 4)):
        method, _, body = channel.basic_get("q")
        if method is not None:
            taken.append(body.decode())
    if taken:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process, url = start()
        connection = connect(url)
        channel = connection.channel()
    found = drain(channel)
    connection.close()
    bodies = [body for body, _ in found]
    problems = []
    lost = [b for b in confirmed if b not in set(bodies)]
    if lost:
        problems.append(f"{len(lost)} confirmed messages lost, such as {lost[:3]}")
    unexpected = [b for b in bodies if b not in set(attempted) or b.endswith("t")]
    if unexpected:
        problems.append(f"{len(unexpected)} unexpected, such as {unexpected[:3]}")
    if len(set(bodies)) != len(bodies):
        problems.append("a message is there twice")
    order = [int(b.split(".")[1]) for b in bodies]
    if order != sorted(order):
        problems.append("the order is not that of the publishes")
    flags = {body: redelivered for body, redelivered in found}
    wrong = [b for b in bodies if flags[b] != (b in taken)]
    if wrong:
        problems.append(f"{len(wrong)} wrong redelivered flags, such as {wrong[:3]} (taken {taken})")
    if problems:
        print(f"cycle {cycle}, seed {seed}: " + "; ".join(problems))
        process.kill()
        sys.exit(1)
    total_confirmed += len(confirmed)
    total_found += len(bodies)
process.terminate()
process.wait()
shutil.rmtree(folder)
print(f"{cycles} cycles: {total_confirmed} persistent messages confirmed, {total_found} found, 0 lost, 0 unexpected, order kept")
