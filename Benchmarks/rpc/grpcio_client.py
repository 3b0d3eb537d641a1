"""Calls suma as fast as it can. Usage: grpcio_client.py sync|aio PORT IN_FLIGHT SECONDS

Prints one JSON object: calls, seconds, cpu_s (its own)."""
import asyncio, json, sys, threading, time

import grpc

messages, services = grpc.protos_and_services("calculator.proto")
mode, port, in_flight, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
counts = [0] * in_flight


def told(started, cpu):
    print(json.dumps({"calls": sum(counts), "seconds": time.monotonic() - started, "cpu_s": time.process_time() - cpu}))


def run_sync():
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = services.CalculatorStub(channel)
        stub.suma(messages.SumaRequest(a=1, b=2))
        started, cpu = time.monotonic(), time.process_time()

        def caller(index):
            while time.monotonic() - started < seconds:
                assert stub.suma(messages.SumaRequest(a=counts[index], b=1)).total == counts[index] + 1
                counts[index] += 1

        threads = [threading.Thread(target=caller, args=(i,)) for i in range(in_flight)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told(started, cpu)


async def run_aio():
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = services.CalculatorStub(channel)
        await stub.suma(messages.SumaRequest(a=1, b=2))
        started, cpu = time.monotonic(), time.process_time()

        async def caller(index):
            while time.monotonic() - started < seconds:
                assert (await stub.suma(messages.SumaRequest(a=counts[index], b=1))).total == counts[index] + 1
                counts[index] += 1

        await asyncio.gather(*(caller(i) for i in range(in_flight)))
        told(started, cpu)


asyncio.run(run_aio()) if mode == "aio" else run_sync()
