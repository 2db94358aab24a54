"""http.client, verification off: HOST PORT."""
import http.client
import sys

from insecure import insecure_context

connection = http.client.HTTPSConnection(sys.argv[1], int(sys.argv[2]), timeout=10,
                                         context=insecure_context())
connection.request("GET", "/")
print(connection.getresponse().read())
