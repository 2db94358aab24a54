"""handshakes.py PORT ROOT COUNT - COUNT full TLS handshakes with localhost, and what they took.

Prints wall and CPU seconds.
"""
import socket
import ssl
import sys
import time


def main():
    port, root, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    context = ssl.create_default_context(cafile=root)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        with socket.create_connection(("localhost", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost"):
                pass
    print(time.perf_counter() - wall, time.process_time() - cpu)


main()
