"""gRPC's interoperability cases against a server. Usage: interop_client.py ADDRESS [CASE ...]

Prints `ok CASE` for each; the first failure ends it with its traceback.
"""

import sys
import threading
import time

import grpc

import interop_pb2 as pb
import interop_pb2_grpc

SIZES_IN, SIZES_OUT = [27182, 8, 1828, 45904], [31415, 9, 2653, 58979]


def payload(size):
    return pb.Payload(body=b"\0" * size)


def status_of(action):
    try:
        action()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it succeeded")


def empty_unary(stub, channel):
    assert stub.EmptyCall(pb.Empty(), timeout=10) == pb.Empty()


def large_unary(stub, channel):
    reply = stub.UnaryCall(pb.SimpleRequest(response_size=314159, payload=payload(271828)), timeout=10)
    assert reply.payload.body == b"\0" * 314159, len(reply.payload.body)


def client_streaming(stub, channel):
    requests = (pb.StreamingInputCallRequest(payload=payload(size)) for size in SIZES_IN)
    assert stub.StreamingInputCall(requests, timeout=10).aggregated_payload_size == 74922


def server_streaming(stub, channel):
    request = pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=size) for size in SIZES_OUT]
    )
    assert [len(r.payload.body) for r in stub.StreamingOutputCall(request, timeout=10)] == SIZES_OUT


class Pipe:
    """Requests that are sent one by one."""

    def __init__(self):
        self.condition, self.values, self.open = threading.Condition(), [], True

    def add(self, value):
        with self.condition:
            self.values.append(value)
            self.condition.notify()

    def close(self):
        with self.condition:
            self.open = False
            self.condition.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.condition:
            while self.open and not self.values:
                self.condition.wait()
            if not self.values:
                raise StopIteration
            return self.values.pop(0)


def ping_pong(stub, channel):
    pipe = Pipe()
    replies = stub.FullDuplexCall(pipe, timeout=10)
    for size_in, size_out in zip(SIZES_IN, SIZES_OUT):
        pipe.add(
            pb.StreamingOutputCallRequest(
                response_parameters=[pb.ResponseParameters(size=size_out)], payload=payload(size_in)
            )
        )
        assert len(next(replies).payload.body) == size_out
    pipe.close()
    assert list(replies) == []


def empty_stream(stub, channel):
    assert list(stub.FullDuplexCall(iter([]), timeout=10)) == []


def custom_metadata(stub, channel):
    metadata = (("x-grpc-test-echo-initial", "test_initial_metadata_value"),
                ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))

    def check(call):
        assert ("x-grpc-test-echo-initial", "test_initial_metadata_value") in list(call.initial_metadata())
        assert ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab") in list(call.trailing_metadata())

    request = pb.SimpleRequest(response_size=314159, payload=payload(271828))
    _, call = stub.UnaryCall.with_call(request, metadata=metadata, timeout=10)
    check(call)
    request = pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=314159)], payload=payload(271828)
    )
    call = stub.FullDuplexCall(iter([request]), metadata=metadata, timeout=10)
    assert len(list(call)) == 1
    check(call)


def status_code_and_message(stub, channel):
    status = pb.EchoStatus(code=2, message="test status message")
    for error in (
        status_of(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=10)),
        status_of(lambda: list(stub.FullDuplexCall(
            iter([pb.StreamingOutputCallRequest(response_status=status)]), timeout=10))),
    ):
        assert error.code() == grpc.StatusCode.UNKNOWN and error.details() == "test status message", error


def special_status_message(stub, channel):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    status = pb.EchoStatus(code=2, message=message)
    error = status_of(lambda: stub.UnaryCall(pb.SimpleRequest(response_status=status), timeout=10))
    assert error.code() == grpc.StatusCode.UNKNOWN and error.details() == message, error


def unimplemented_method(stub, channel):
    error = status_of(lambda: stub.UnimplementedCall(pb.Empty(), timeout=10))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def unimplemented_service(stub, channel):
    other = interop_pb2_grpc.UnimplementedServiceStub(channel)
    error = status_of(lambda: other.UnimplementedCall(pb.Empty(), timeout=10))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def cancel_after_begin(stub, channel):
    pipe = Pipe()
    future = stub.StreamingInputCall.future(pipe, timeout=10)
    future.cancel()
    pipe.close()
    assert future.cancelled() and future.code() == grpc.StatusCode.CANCELLED


def cancel_after_first_response(stub, channel):
    pipe = Pipe()
    replies = stub.FullDuplexCall(pipe, timeout=10)
    pipe.add(pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=31415)], payload=payload(27182)))
    assert len(next(replies).payload.body) == 31415
    replies.cancel()
    pipe.close()
    assert status_of(lambda: next(replies)).code() == grpc.StatusCode.CANCELLED


def timeout_on_sleeping_server(stub, channel):
    request = pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=1, interval_us=5_000_000)], payload=payload(27182))
    started = time.monotonic()
    error = status_of(lambda: list(stub.FullDuplexCall(iter([request]), timeout=0.05)))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    assert time.monotonic() - started < 4


CASES = [
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, custom_metadata,
    status_code_and_message, special_status_message, unimplemented_method, unimplemented_service, cancel_after_begin,
    cancel_after_first_response, timeout_on_sleeping_server,
]

with grpc.insecure_channel(sys.argv[1]) as channel:
    stub = interop_pb2_grpc.TestServiceStub(channel)
    for case in CASES:
        if not sys.argv[2:] or case.__name__ in sys.argv[2:]:
            case(stub, channel)
            print("ok", case.__name__, flush=True)
