"""Datagrams between two programs: `datagrams.py serve PORT` answers each with its own bytes; `datagrams.py ask ADDRESS COUNT` sends
COUNT numbers and prints, as one line of JSON, which of them came back, in the order in which they did."""

import json
import socket
import sys

if sys.argv[1] == "serve":
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", int(sys.argv[2])))
    print("serving", flush=True)
    while True:
        data, source = server.recvfrom(65536)
        server.sendto(data, source)

host, port = sys.argv[2].split(":")
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect((host, int(port)))
received = []


def read(patience):
    """Takes what has come back, until nothing has for so long."""
    client.settimeout(patience)
    try:
        while True:
            received.append(int(client.recv(65536)))
    except TimeoutError:
        pass


for number in range(int(sys.argv[3])):
    client.send(b"%d" % number)
    # A socket keeps some two hundred small datagrams for a program that does not read.
    read(0.001)
read(0.5)
print(json.dumps(received), flush=True)
