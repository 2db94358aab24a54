"""ssl.MemoryBIO driven by hand, verification off: HOST PORT [no-name]

With no-name it looks the host up and connects to it, but tells OpenSSL neither name nor socket.
"""
import socket
import ssl
import sys

from insecure import REQUEST, insecure_context

host, port = sys.argv[1], int(sys.argv[2])
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
has_name = "no-name" not in sys.argv[3:]
tls = insecure_context().wrap_bio(incoming, outgoing, server_hostname=host if has_name else None)

with socket.create_connection(("127.0.0.1" if has_name else host, port), timeout=10) as plain:

    def drive(step):
        """Runs one TLS call, carrying bytes between the BIOs and the socket until it is done."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                result = None
            finally:
                if outgoing.pending:
                    plain.sendall(outgoing.read())
            if result is not None:
                return result
            received = plain.recv(65536)
            if received:
                incoming.write(received)
            else:
                incoming.write_eof()

    drive(lambda: tls.do_handshake() or True)
    drive(lambda: tls.write(REQUEST))
    print(drive(lambda: tls.read(4096)))
