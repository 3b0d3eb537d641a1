"""The server of gRPC's interoperability cases. Usage: interop_server.py PORT (0: any; the port is printed)"""

import concurrent.futures
import sys
import time

import grpc

import interop_pb2 as pb
import interop_pb2_grpc


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == "x-grpc-test-echo-initial":
            context.send_initial_metadata(((key, value),))
        if key == "x-grpc-test-echo-trailing-bin":
            context.set_trailing_metadata(((key, value),))


def echo_status(request, context):
    if request.HasField("response_status"):
        code = next(c for c in grpc.StatusCode if c.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def replies(request, context):
    for parameters in request.response_parameters:
        time.sleep(parameters.interval_us / 1e6)
        yield pb.StreamingOutputCallResponse(payload=pb.Payload(body=b"\0" * parameters.size))


class TestService(interop_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        return pb.Empty()

    def UnaryCall(self, request, context):
        echo_metadata(context)
        echo_status(request, context)
        return pb.SimpleResponse(payload=pb.Payload(body=b"\0" * request.response_size))

    def StreamingOutputCall(self, request, context):
        yield from replies(request, context)

    def StreamingInputCall(self, requests, context):
        return pb.StreamingInputCallResponse(aggregated_payload_size=sum(len(r.payload.body) for r in requests))

    def FullDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in requests:
            echo_status(request, context)
            yield from replies(request, context)


server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16))
interop_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
print(f"listening on {port}", flush=True)
server.wait_for_termination()
