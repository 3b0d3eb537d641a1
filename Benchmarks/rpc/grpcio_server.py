"""Calculator on grpcio. Usage: grpcio_server.py sync|aio PORT"""
import asyncio, concurrent.futures, sys

import grpc

messages, services = grpc.protos_and_services("calculator.proto")


class Sync(services.CalculatorServicer):
    def suma(self, request, context):
        return messages.SumaResponse(total=request.a + request.b)


class Aio(services.CalculatorServicer):
    async def suma(self, request, context):
        return messages.SumaResponse(total=request.a + request.b)


async def serve_aio(port):
    server = grpc.aio.server()
    services.add_CalculatorServicer_to_server(Aio(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    print("listening", flush=True)
    await server.wait_for_termination()


if sys.argv[1] == "aio":
    asyncio.run(serve_aio(sys.argv[2]))
else:
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
    services.add_CalculatorServicer_to_server(Sync(), server)
    server.add_insecure_port(f"127.0.0.1:{sys.argv[2]}")
    server.start()
    print("listening", flush=True)
    server.wait_for_termination()
