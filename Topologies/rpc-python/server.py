"""A calculator as a plain grpcio server. Usage: server.py PORT"""

import concurrent.futures
import sys

import grpc

# Made from calculator.proto on the spot (it takes grpcio-tools); `orch proto rpc-python` printed that file.
calculator_pb2, calculator_pb2_grpc = grpc.protos_and_services("calculator.proto")


class Calculator(calculator_pb2_grpc.CalculatorServicer):
    def suma(self, request, context):
        return calculator_pb2.SumaResponse(total=request.a + request.b)


server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=8))
calculator_pb2_grpc.add_CalculatorServicer_to_server(Calculator(), server)
server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
print("listening", flush=True)
server.wait_for_termination()
