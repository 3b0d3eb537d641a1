"""Seven requests, one after the other, each with a call id."""
import http.client
import sys

connection = http.client.HTTPConnection(sys.argv[1], timeout=10)
for number in range(1, 8):
    connection.request("GET", f"/{number}", headers={"x-orch-call": f"client/1/{number}"})
    connection.getresponse().read()
