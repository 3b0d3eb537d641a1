"""A generated stub, health checks and server reflection against a calculator. Usage: discover.py ADDRESS"""

import sys

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

with grpc.insecure_channel(sys.argv[1]) as channel:
    messages, services = grpc.protos_and_services("calculator.proto")
    stub = services.CalculatorStub(channel)
    print("stub:", stub.suma(messages.SumaRequest(a=20, b=22), timeout=5).total)

    health = health_pb2_grpc.HealthStub(channel)
    for name in ("", "Calculator"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        print("health:", health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
    try:
        health.Check(health_pb2.HealthCheckRequest(service="Nobody"), timeout=5)
    except grpc.RpcError as error:
        print("unknown service:", error.code().name)

    database = ProtoReflectionDescriptorDatabase(channel)
    print("services:", " ".join(sorted(name for name in database.get_services() if not name.startswith("grpc."))))
    pool = descriptor_pool.DescriptorPool(database)
    method = pool.FindServiceByName("Calculator").FindMethodByName("suma")
    request_type = message_factory.GetMessageClass(method.input_type)
    response_type = message_factory.GetMessageClass(method.output_type)
    suma = channel.unary_unary(
        "/Calculator/suma", request_serializer=request_type.SerializeToString, response_deserializer=response_type.FromString
    )
    print("reflected:", suma(request_type(a=40, b=2), timeout=5).total)
