"""Answers GET /N over HTTP: 404 to the first request for each third N, and 200 to all others."""
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = set()

    def do_GET(self):
        is_new = self.path not in self.asked
        self.asked.add(self.path)
        self.send_response(404 if is_new and int(self.path[1:]) % 3 == 0 else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


server = HTTPServer(("127.0.0.1", int(os.environ["ORCH_PORT"])), Handler)
print("listening", flush=True)
server.serve_forever()
