"""Asks for sums, again and again until there is an answer. Usage: client.py ADDRESS COUNT"""

import sys

import grpc

# Made from calculator.proto on the spot (it takes grpcio-tools); `orch proto rpc-python` printed that file.
calculator_pb2, calculator_pb2_grpc = grpc.protos_and_services("calculator.proto")

address, count = sys.argv[1], int(sys.argv[2])
right = 0
with grpc.insecure_channel(address) as channel:
    calculator = calculator_pb2_grpc.CalculatorStub(channel)
    for n in range(count):
        while True:
            try:
                reply = calculator.suma(calculator_pb2.SumaRequest(a=n, b=1), timeout=0.1)
                break
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE):
                    raise
        right += reply.total == n + 1
print(f"{right} of {count} sums are right", flush=True)
