"""One object on Pyro5, and its callers. Usage: pyro_peer.py server PORT, or pyro_peer.py client PORT IN_FLIGHT SECONDS

The client has a thread and a proxy of its own for each call in flight. It prints one JSON object: calls, seconds, cpu_s
(its own), p50_us, p99_us."""
import json, sys, threading, time

import Pyro5.api


@Pyro5.api.expose
class Calculator:
    def __init__(self):
        self.calls = 0

    def suma(self, a, b):
        self.calls += 1
        return a + b


def serve(port):
    Pyro5.api.config.THREADPOOL_SIZE = 64
    daemon = Pyro5.api.Daemon(host="127.0.0.1", port=port)
    # One object for all callers; a class would be an object for each.
    daemon.register(Calculator(), "calculator")
    print("listening", flush=True)
    daemon.requestLoop()


def call(port, in_flight, seconds):
    latencies = [[] for _ in range(in_flight)]
    barrier = threading.Barrier(in_flight + 1)

    def caller(index):
        mine = latencies[index]
        with Pyro5.api.Proxy(f"PYRO:calculator@127.0.0.1:{port}") as calculator:
            calculator.suma(1, 2)
            barrier.wait()
            now = time.perf_counter_ns()
            end = now + int(seconds * 1e9)
            while now < end:
                assert calculator.suma(len(mine), 1) == len(mine) + 1
                before, now = now, time.perf_counter_ns()
                mine.append(now - before)

    threads = [threading.Thread(target=caller, args=(i,)) for i in range(in_flight)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started, cpu = time.monotonic(), time.process_time()
    for thread in threads:
        thread.join()
    passed, cpu = time.monotonic() - started, time.process_time() - cpu
    every = sorted(latency for mine in latencies for latency in mine)
    print(json.dumps({"calls": len(every), "seconds": passed, "cpu_s": cpu,
                      "p50_us": every[len(every) // 2] / 1e3, "p99_us": every[len(every) * 99 // 100] / 1e3}))


if sys.argv[1] == "server":
    serve(int(sys.argv[2]))
else:
    call(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
