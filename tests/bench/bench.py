#!/usr/bin/env python3
"""bench.py - what the library costs: see README.md beside it.

    bench.py run LIBRARY COMMAND PROGRAMS JSON    every row; prints the table, writes JSON
    bench.py check LIBRARY COMMAND PROGRAMS       rows that may not grow, against baseline.json
    bench.py accept LIBRARY COMMAND PROGRAMS      writes baseline.json
    bench.py table JSON                           for the README
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import measure
import programs
from rows import Rows

SECONDS_MAX = 600
HANDSHAKES = 4  # of each kind: counted to the instruction, so that more would say no more
CONNECTIONS = 1000
LOOK_UPS = 20
EVENTS = 10_000_000
# A heap whose price does not depend on what lies in it by chance: where glibc's tidies up, another
# length of a key's signature makes a resumed handshake dearer by half a percent, or cheaper.
STEADY_HEAP = {"GLIBC_TUNABLES": ":".join(f"glibc.malloc.{tunable}" for tunable in (
    "mxfast=0", "tcache_count=1000", "trim_threshold=1073741824", "top_pad=67108864"))}
BASELINE = pathlib.Path(__file__).with_name("baseline.json")
RISE_MAX = 0.01

BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")

# Preload libraries that people know, by Debian package.
OTHERS = (
    ("libeatmydata", "libeatmydata1", "libeatmydata.so.*"),
    ("faketime", "libfaketime", "faketime/libfaketime.so.1"),
    ("proxychains4", "proxychains4", "libproxychains.so.4"),
    ("torsocks", "torsocks", "torsocks/libtorsocks.so.0.*"),
    ("jemalloc", "libjemalloc2", "libjemalloc.so.2"),
)


class Bench:
    def __init__(self, library, command, folder, work):
        self.library, self.command = pathlib.Path(library), pathlib.Path(command)
        self.folder, self.work = pathlib.Path(folder), pathlib.Path(work)
        self.rows = Rows()
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1)
        self.program = str(self.folder / "work")
        self.pki = self.work / "pki"
        self.pki.mkdir()
        measure.run([self.program, "pki", self.pki])
        self.preloads = {"no preload": None,
                         "empty preload": self.link("empty", self.folder / "empty.so"),
                         "stricttls": self.link("strict", self.library)}

    def link(self, name, target):
        """Under a name as long as any other: the loader handles names byte by byte."""
        path = self.work / f"{name:_<12}.so"
        path.symlink_to(target.resolve())
        return path

    def env(self, name, **extra):
        return measure.environment(self.preloads[name], extra)

    def count_all(self, jobs):
        """{key: (function, arguments)}, on as many CPUs as there are."""
        futures = {key: self.pool.submit(function, *arguments)
                   for key, (function, *arguments) in jobs.items()}
        return {key: future.result() for key, future in futures.items()}

    # -- process start

    def add_others(self):
        for name, package, pattern in OTHERS:
            found = sorted(pathlib.Path("/usr/lib").glob(f"*/{pattern}"))
            if found:
                self.preloads[name] = self.link(name, found[0])
            else:
                self.rows.skip(f"{name}: package {package} is not installed")

    def start(self):
        targets = {"start of /bin/true": ["/bin/true"],
                   "start of a program with libssl": [str(self.folder / "idle-ssl")]}
        counts = self.count_all({
            (target, name): (measure.instructions, argv, self.env(name),
                             self.work / f"start.{number}.{place}")
            for number, (target, argv) in enumerate(targets.items())
            for place, name in enumerate(self.preloads)})
        for target in targets:
            base = counts[target, "empty preload"]
            for name in self.preloads:
                self.rows.ratio(target, name, counts[target, name], base,
                                budget=1.03 if name == "stricttls" else None)

    def start_clock(self, rounds=150):
        """The kernel's part included, which instructions leave out."""
        for name, argv in (("start of /bin/true", ["/bin/true"]),
                           ("start of a program with libssl", [str(self.folder / "idle-ssl")])):
            used = {preload: [] for preload in self.preloads}
            for _ in range(rounds):
                for preload, runs in used.items():
                    runs.append(measure.Usage(argv, self.env(preload)))
            base = used["empty preload"]
            for preload, runs in used.items():
                ratios = [a.cpu / b.cpu for a, b in zip(runs, base)]
                self.rows.clock(f"{name}, CPU time", preload,
                                statistics.median(run.cpu for run in runs) * 1e6,
                                measure.interval(ratios),
                                budget=1.03 if preload == "stricttls" else None)
            faults = statistics.mean(a.faults - b.faults for a, b in zip(used["stricttls"], base))
            self.rows.number("page faults, more than empty preload", name, faults, "")

    # -- TLS

    def tls(self):
        log = self.work / "events"
        modes = {
            "bare": ("no preload", {}),
            "library": ("stricttls", {}),
            "audit": ("stricttls", {"STRICTTLS_MODE": "audit", "STRICTTLS_LOG": "none"}),
            "events": ("stricttls", {"STRICTTLS_MODE": "audit", "STRICTTLS_LOG": f"file:{log}",
                                     "STRICTTLS_MIN_PROTOCOL": "TLSv1.3",
                                     "STRICTTLS_LOG_RATE": "0", "STRICTTLS_LOG_FORMAT": "json"}),
        }
        counts = self.count_all({
            mode: (measure.parts, [self.program, "tls", str(self.pki), str(HANDSHAKES)],
                   self.env(preload, **STEADY_HEAP, **extra), self.work / f"tls.{mode}")
            for mode, (preload, extra) in modes.items()})
        for name, bare in sorted(counts["bare"].items()):
            group, budget = group_of(name)
            self.rows.ratio(group, name, counts["library"][name], bare, budget)
        for name, bare in sorted(counts["bare"].items()):
            if "full" in name:
                self.rows.ratio("audit mode, events off", name, counts["audit"][name], bare, 1.02)
        events = log.read_text().splitlines()
        # TLS 1.2 is below this floor: both sides of four kinds, in two passes, say so.
        wanted = 2 * 4 * 2 * (HANDSHAKES + 1)
        self.rows.must(len(events) == wanted, f"{len(events)} events instead of {wanted}")
        for name, bare in sorted(counts["bare"].items()):
            if "full" in name and "1.2" in name:
                self.rows.ratio("audit mode, an event to a file", name, counts["events"][name],
                                bare, 1.05)

    def first_context(self):
        bundle = next((path for path in BUNDLES if os.path.exists(path)), None)
        if bundle is None:
            self.rows.skip("first context: no CA bundle on this machine")
            return
        counts = self.count_all({
            name: (measure.parts, [self.program, "context", bundle], self.env(name),
                   self.work / f"context.{place}")
            for place, name in enumerate(("no preload", "stricttls"))})
        self.rows.ratio("first context of a process, with the system's CA bundle", "",
                        counts["stricttls"]["first context"],
                        counts["no preload"]["first context"], 1.05)

    # -- names

    def look_ups(self, rounds=40):
        name = "getaddrinfo and connect"
        preloads = ("no preload", "stricttls")
        counts = self.count_all({
            (source, preload): (measure.parts, [self.program, source, str(LOOK_UPS)],
                                self.env(preload), self.work / f"{source}.{place}")
            for source in ("dns", "hosts") for place, preload in enumerate(preloads)})
        each = {key: sum(part.values()) // LOOK_UPS for key, part in counts.items()}
        for source, where in (("dns", "from a name server"), ("hosts", "from /etc/hosts")):
            self.rows.ratio(name, where, each[source, "stricttls"], each[source, "no preload"], 1.01)
        best = {preload: min(float(measure.run([self.program, "hosts", "500"],
                                               self.env(preload))) for _ in range(rounds))
                for preload in preloads}
        self.rows.number(f"{name}, wall", "library, more than bare",
                         best["stricttls"] - best["no preload"], "µs", budget=2,
                         note=f"bare: {best['no preload']:.1f} µs")

    # -- memory and size

    def memory(self):
        """Of files on the disk: a page just written by the linker is dirty wherever it is mapped."""
        for path in (self.library, *(self.folder / name for name in ("idle", "idle-ssl", "work"))):
            with open(path, "rb") as file:
                os.fsync(file.fileno())
        rest = {(program, name): measure.memory_at_rest([self.folder / program, "wait"],
                                                        self.env(name))
                for program in ("idle", "idle-ssl") for name in ("no preload", "stricttls")}
        self.rows.number("private dirty memory", "process without TLS",
                         rest["idle", "stricttls"] - rest["idle", "no preload"], "KiB", budget=40)
        self.rows.number("private dirty memory", "process with libssl that makes no context",
                         rest["idle-ssl", "stricttls"] - rest["idle-ssl", "no preload"], "KiB",
                         budget=40)
        command = [self.program, "memory", str(self.pki), str(CONNECTIONS)]
        bare, library = ([int(word) for word in measure.run(command, self.env(name)).split()]
                         for name in ("no preload", "stricttls"))
        self.rows.number("private dirty memory", "process with TLS", library[1] - bare[1], "KiB",
                         budget=100)
        grown = (library[2] - library[1]) - (bare[2] - bare[1])
        self.rows.number("private dirty memory", "each connection (both sides)",
                         grown / CONNECTIONS, "KiB", budget=1)

    def size(self):
        found = measure.elf(self.library, self.work / "stripped.so")
        self.rows.number("the library", "stripped", found["bytes"] / 1024, "KiB", budget=100)
        self.rows.number("the library", "relocations at start", found["relocations"], "")
        self.rows.number("the library", "functions of libc, bound lazily", found["imports"], "")
        self.rows.number("the library", "exported names", found["exported"], "")

    # -- the command

    def report(self):
        """Through a pipe: nine gigabytes need not lie on a disk. The generator has a CPU of its own."""
        with subprocess.Popen([self.folder.parent / "events" / "generate", str(EVENTS)],
                              stdout=subprocess.PIPE) as generator:
            start = time.monotonic()
            command = subprocess.Popen([self.command, "report", "-"], stdin=generator.stdout,
                                       stdout=subprocess.PIPE, text=True)
            said = command.stdout.readline()
            command.stdout.read()
            _, status, usage = os.wait4(command.pid, 0)
            seconds = time.monotonic() - start
            command.returncode = os.waitstatus_to_exitcode(status)
        group = f"stricttls report, {EVENTS:,} events"
        self.rows.must(said.startswith(f"{EVENTS} events"), f"{group}: {said}")
        self.rows.number(group, "wall", seconds, "s")
        self.rows.number(group, "CPU", usage.ru_utime + usage.ru_stime, "s")
        self.rows.number(group, "peak memory", usage.ru_maxrss / 1024, "MiB")

    # -- real programs

    def real(self):
        with programs.Nginx(self.work, self.pki, self.env("no preload")) as bare, \
                programs.Nginx(self.work, self.pki, self.env("stricttls")) as strict:
            root = self.pki / "root.pem"
            for name, sample in (
                    ("200 × curl", programs.Curl(bare.port, root, 200)),
                    ("Python, 1,000 handshakes", programs.Python(bare.port, root, 20, 50)),
                    ("nginx, 10,000 new connections", programs.Ab(bare, strict, 20, 500))):
                if not sample.is_installed():
                    self.rows.skip(f"{name}: {sample.needs} is not installed")
                    continue
                self.add_pairs(name, "", sample.alternate(self.env("no preload"),
                                                          self.env("stricttls")), True)
                if isinstance(sample, programs.Curl):  # a process for each connection
                    self.add_pairs(name, ", empty preload",
                                   sample.alternate(self.env("no preload"),
                                                    self.env("empty preload")), False)

    def add_pairs(self, group, suffix, pairs, has_budget):
        for kind in ("wall", "cpu"):
            self.rows.pairs(group, kind + suffix, [(getattr(a, kind), getattr(b, kind))
                                                   for a, b in pairs], has_budget)


def group_of(name):
    if name.startswith("data"):
        return "data", 1.0
    side = name.split(",")[0]
    return (f"handshake, {side}, resumed", 1.02) if "resumed" in name else \
        (f"handshake, {side}, full", 1.01)


def openssl_version(folder):
    """Of the libssl that the programs are linked with."""
    said = measure.run([pathlib.Path(folder) / "work", "version"])
    return re.match(r"OpenSSL (\d+\.\d+\.\w+)", said).group(1)


def machine(folder):
    cpu = re.search(r"^model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return {"cpu": cpu.group(1) if cpu else os.uname().machine, "cpus": os.cpu_count(),
            "kernel": os.uname().release.split("-")[0],
            "glibc": os.confstr("CS_GNU_LIBC_VERSION").split()[-1],
            "openssl": openssl_version(folder),
            "valgrind": measure.run(["valgrind", "--version"]).strip().split("-")[-1]}


def stop(*_):
    raise TimeoutError(f"not done in {SECONDS_MAX} seconds")


def run(library, command, folder, out):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        bench = Bench(library, command, folder, work)
        bench.add_others()
        bench.start()
        bench.first_context()
        bench.tls()
        bench.look_ups()
        bench.memory()
        bench.size()
        bench.report()
        bench.start_clock()
        bench.real()
    result = {"machine": machine(folder), "rows": bench.rows.as_list(), "skipped": bench.rows.skipped}
    pathlib.Path(out).write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print("machine: " + ", ".join(f"{key} {value}" for key, value in result["machine"].items()))
    return bench.rows.print()


def count_ratios(library, command, folder):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        bench = Bench(library, command, folder, work)
        bench.start()
        bench.first_context()
        bench.tls()
    for reason in bench.rows.skipped:
        print(f"SKIP: {reason}")
    return bench.rows


def generation(folder):
    return ".".join(openssl_version(folder).split(".")[:2])


def check(library, command, folder):
    known = json.loads(BASELINE.read_text()).get(generation(folder))
    rows = count_ratios(library, command, folder)
    if known is None:
        print(f"SKIP: no baseline for OpenSSL {generation(folder)}; budgets only")
        known = {}
    is_good = rows.are_within()
    for name, ratio in rows.ratios().items():
        if name not in known and known:
            print(f"bench-check: {name} is not in the baseline: make bench-baseline")
            is_good = False
        elif ratio > known.get(name, ratio) + RISE_MAX:
            print(f"bench-check: {name}: {ratio:.4f}, was {known[name]:.4f}")
            is_good = False
    print(f"bench-check: {len(rows.ratios())} ratios, " + ("none has risen" if is_good else "FAILED"))
    return is_good


def accept(library, command, folder):
    baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    ratios = count_ratios(library, command, folder).ratios()
    baselines[generation(folder)] = {name: round(ratio, 4) for name, ratio in ratios.items()}
    BASELINE.write_text(json.dumps(baselines, indent=1, sort_keys=True) + "\n")
    return True


def main():
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS_MAX)
    name, *arguments = sys.argv[1:] or [""]
    commands = {"run": run, "check": check, "accept": accept, "table": Rows.print_for_readme}
    if name not in commands:
        sys.exit(__doc__)
    for tool in ("valgrind", "strip", "readelf", "nm"):
        if shutil.which(tool) is None:
            sys.exit(f"bench: {tool} is not installed")
    try:
        sys.exit(0 if commands[name](*arguments) else 1)
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench: {error}\n{error.stderr}")


if __name__ == "__main__":
    main()
