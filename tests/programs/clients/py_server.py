"""A python3 TLS server that allows everything and asks for no certificate.

PORT CHAIN KEY COUNT: serves COUNT connections, then ends.
"""
import socket
import ssl
import sys

from insecure import ALL_CIPHERS

port, chain, key, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
context.minimum_version = ssl.TLSVersion.TLSv1
context.set_ciphers(ALL_CIPHERS)

with socket.create_server(("127.0.0.1", port)) as listener:
    print("listening", flush=True)
    for _ in range(count):
        plain, _ = listener.accept()
        plain.settimeout(10)
        try:
            with context.wrap_socket(plain, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello\n")
        except OSError as error:
            print("refused:", error, flush=True)
