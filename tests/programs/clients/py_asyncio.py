"""asyncio streams, verification off (TLS through a memory BIO): HOST PORT."""
import asyncio
import sys

from insecure import REQUEST, insecure_context


async def main(host, port):
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=insecure_context(), server_hostname=host)
    writer.write(REQUEST)
    await writer.drain()
    print(await asyncio.wait_for(reader.read(), 10))
    writer.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
