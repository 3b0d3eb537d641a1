"""Calculator on Pyro5. Usage: pyro_server.py PORT"""
import sys

import Pyro5.api


@Pyro5.api.expose
class Calculator:
    def suma(self, a, b):
        return a + b


Pyro5.api.config.THREADPOOL_SIZE = 64
daemon = Pyro5.api.Daemon(host="127.0.0.1", port=int(sys.argv[1]))
daemon.register(Calculator, "calculator")
print("listening", flush=True)
daemon.requestLoop()
