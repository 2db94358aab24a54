"""What the Python clients share: a context that trusts everybody, and a request."""
import ssl
import warnings

ALL_CIPHERS = "ALL:eNULL:@SECLEVEL=0"
REQUEST = b"GET / HTTP/1.0\r\n\r\n"

warnings.simplefilter("ignore", DeprecationWarning)  # for asking for TLS 1.0


def weaken(context):
    """Takes from a context what the ssl module lets a program take."""
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers(ALL_CIPHERS)
    return context


def insecure_context():
    return weaken(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
