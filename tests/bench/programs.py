"""programs.py - real programs, bare and preloaded, by turns.

Owns: the servers and clients that are started for it, all on 127.0.0.1. What is compared is always
one bare run and the preloaded run next to it, so that what the machine does besides hits both.
"""
import pathlib
import re
import shutil
import socket
import subprocess
import time

import measure

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {pki}/ecdsa.pem;
        ssl_certificate_key {pki}/ecdsa.key;
        location / {{ return 200 "well"; }}
    }}
}}
"""


class Sample:
    def __init__(self, wall, cpu):
        self.wall, self.cpu = wall, cpu


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def by_turns(count, bare, strict):
    """Pairs, each begun by the other one than the pair before."""
    pairs = []
    for i in range(count):
        if i % 2:
            with_library = strict()
            pairs.append((bare(), with_library))
        else:
            without = bare()
            pairs.append((without, strict()))
    return pairs


class Nginx:
    """A server with one worker, for as long as the with block lasts."""

    def __init__(self, work, pki, env):
        self.port, self.env = free_port(), env
        self.folder = pathlib.Path(work) / f"nginx.{self.port}"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        (self.folder / "conf").write_text(
            NGINX.format(folder=self.folder, port=self.port, pki=pki))
        self.process = None

    def __enter__(self):
        if shutil.which("nginx", path=measure.CLEAN["PATH"]) is None:
            return self
        self.process = subprocess.Popen(
            ["nginx", "-c", str(self.folder / "conf"), "-p", str(self.folder)], env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.01)
        self.__exit__()
        raise TimeoutError("nginx does not listen")

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)

    def worker(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return int(pathlib.Path(path).read_text().split()[0])


class Curl:
    needs = "curl or nginx"

    def __init__(self, port, root, count):
        self.argv = ["/usr/bin/curl", "-sS", "--cacert", str(root), f"https://localhost:{port}/"]
        self.count = count

    def is_installed(self):
        return all(shutil.which(name, path=measure.CLEAN["PATH"]) for name in ("curl", "nginx"))

    def alternate(self, bare, strict):
        return by_turns(self.count, lambda: self.once(bare), lambda: self.once(strict))

    def once(self, env):
        usage = measure.Usage(self.argv, env)
        if usage.status != 0:
            raise RuntimeError(f"curl ended with {usage.status}")
        return usage


class Python:
    needs = "python3 or nginx"

    def __init__(self, port, root, blocks, count):
        script = pathlib.Path(__file__).with_name("handshakes.py")
        self.argv = ["/usr/bin/python3", "-I", str(script), str(port), str(root), str(count)]
        self.blocks = blocks

    def is_installed(self):
        return all(shutil.which(name, path=measure.CLEAN["PATH"]) for name in ("python3", "nginx"))

    def alternate(self, bare, strict):
        return by_turns(self.blocks, lambda: self.once(bare), lambda: self.once(strict))

    def once(self, env):
        return Sample(*map(float, measure.run(self.argv, env).split()))


class Ab:
    """Connections one after another, each new; what counts is the worker's CPU time."""

    needs = "ab or nginx"

    def __init__(self, bare, strict, blocks, count):
        self.servers, self.blocks, self.count = (bare, strict), blocks, count

    def is_installed(self):
        return all(shutil.which(name, path=measure.CLEAN["PATH"]) for name in ("ab", "nginx"))

    def alternate(self, *_):
        bare, strict = self.servers
        return by_turns(self.blocks, lambda: self.once(bare), lambda: self.once(strict))

    def once(self, server):
        before = measure.cpu_of_process(server.worker())
        said = measure.run(["ab", "-q", "-n", str(self.count), "-c", "4",
                            f"https://127.0.0.1:{server.port}/"])
        if not re.search(r"^Failed requests:\s+0$", said, re.M) or \
                not re.search(rf"^Complete requests:\s+{self.count}$", said, re.M):
            raise RuntimeError(said)
        wall = float(re.search(r"^Time taken for tests:\s+([\d.]+)", said, re.M).group(1))
        return Sample(wall, measure.cpu_of_process(server.worker()) - before)
