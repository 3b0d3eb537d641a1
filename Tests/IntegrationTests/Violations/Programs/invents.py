"""Serves the feed `news` with seven items, of which only five have ever been appended."""
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        after = int(parse_qs(urlparse(self.path).query).get("after", ["0"])[0])
        items = [{"id": number, "at": 0, "body": f"item {number}"} for number in range(after + 1, 8)]
        body = json.dumps({"feed": "news", "items": items, "last": 7}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("orch-feed-epoch", "1")
        self.end_headers()
        self.wfile.write(body)


server = HTTPServer(("127.0.0.1", int(os.environ["ORCH_PORT"])), Handler)
print("listening", flush=True)
server.serve_forever()
