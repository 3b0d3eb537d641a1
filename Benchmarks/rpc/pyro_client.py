"""Calls suma as fast as it can. Usage: pyro_client.py PORT IN_FLIGHT SECONDS"""
import json, sys, threading, time

import Pyro5.api

port, in_flight, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
counts = [0] * in_flight
barrier = threading.Barrier(in_flight + 1)


def caller(index):
    with Pyro5.api.Proxy(f"PYRO:calculator@127.0.0.1:{port}") as calculator:
        calculator.suma(1, 2)
        barrier.wait()
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            assert calculator.suma(counts[index], 1) == counts[index] + 1
            counts[index] += 1


threads = [threading.Thread(target=caller, args=(i,)) for i in range(in_flight)]
for thread in threads:
    thread.start()
barrier.wait()
started, cpu = time.monotonic(), time.process_time()
for thread in threads:
    thread.join()
print(json.dumps({"calls": sum(counts), "seconds": time.monotonic() - started, "cpu_s": time.process_time() - cpu}))
