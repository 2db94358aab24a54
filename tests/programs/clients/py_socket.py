"""python3 ssl on a plain socket, verification off and everything allowed: HOST PORT."""
import socket
import ssl
import sys

from insecure import REQUEST, insecure_context

host, port = sys.argv[1], int(sys.argv[2])
with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
    with insecure_context().wrap_socket(plain, server_hostname=host) as tls:
        tls.sendall(REQUEST)
        print(tls.recv(4096))
