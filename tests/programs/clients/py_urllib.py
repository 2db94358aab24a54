"""urllib with the unverified context of a thousand forum answers: HOST PORT."""
import ssl
import sys
import urllib.request

from insecure import weaken

context = weaken(ssl._create_unverified_context())
with urllib.request.urlopen(f"https://{sys.argv[1]}:{sys.argv[2]}/", timeout=10,
                            context=context) as reply:
    print(reply.read())
