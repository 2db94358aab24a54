"""measure.py - how things are measured: instructions, CPU time, memory, ELF.

Owns: the runs of other programs, each in a clean environment and bounded in time.
Must not: know a budget, or judge.
"""
import glob
import os
import pathlib
import re
import statistics
import subprocess
import time

CLEAN = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/", "LANG": "C",
         "TERM": "dumb", "USER": "root", "SHELL": "/bin/sh"}


def environment(preload=None, extra=None):
    env = dict(CLEAN, **(extra or {}))
    if preload:
        env["LD_PRELOAD"] = str(preload)
    return env


def run(argv, env=None, seconds=120):
    """Standard output of a program that must succeed."""
    return subprocess.run([str(a) for a in argv], env=env or environment(), check=True,
                          timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True).stdout


def callgrind(argv, env, out, *options):
    for old in glob.glob(f"{out}*"):
        os.remove(old)
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *options, *argv], env)
    return [pathlib.Path(name).read_text() for name in glob.glob(f"{out}*")]


def total(dump):
    return int(re.search(r"^totals: (\d+)", dump, re.M).group(1))


def instructions(argv, env, out):
    """Of a whole program, from its first instruction in the loader to its exit."""
    return sum(total(dump) for dump in callgrind(argv, env, out))


def parts(argv, env, out):
    """Of each part that the program names by a client request."""
    dumps = callgrind(argv, env, out, "--instr-atstart=no", "--collect-atstart=no")
    named = ((re.search(r"Client Request: (.*)", dump), dump) for dump in dumps)
    return {name.group(1): total(dump) for name, dump in named if name}


class Usage:
    """Wall and CPU seconds of one run of a program, its loader and the kernel's part included, and
    how often the kernel had to find a page for it."""

    def __init__(self, argv, env):
        quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
        begin = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env, file_actions=quiet)
        _, self.status, used = os.wait4(pid, 0)
        self.wall = time.perf_counter() - begin
        self.cpu = used.ru_utime + used.ru_stime
        self.faults = used.ru_minflt


def private_dirty(pid):
    """KiB."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty:\s+(\d+)", text, re.M).group(1))


def memory_at_rest(argv, env):
    """Private dirty KiB of a program that says a byte and waits for its input to end."""
    with subprocess.Popen([*map(str, argv)], env=env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as child:
        child.stdout.read(1)
        return private_dirty(child.pid)


def cpu_of_process(pid):
    """Seconds on a CPU, to the nanosecond."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def interval(ratios):
    """Median with its 95 % interval, by order statistics."""
    ordered = sorted(ratios)
    half = 0.98 * len(ordered) ** 0.5
    low = max(0, int(len(ordered) / 2 - half))
    high = min(len(ordered) - 1, int(len(ordered) / 2 + half))
    return statistics.median(ordered), ordered[low], ordered[high]


def elf(library, stripped):
    run(["strip", "-o", stripped, library])
    relocations = run(["readelf", "-rW", stripped])
    exported = run(["nm", "-D", "--defined-only", stripped])
    return {"bytes": os.stat(stripped).st_size,
            "relocations": len(re.findall(r"R_\w+_RELATIVE", relocations)),
            "imports": len(re.findall(r"R_\w+_JUMP_SLO", relocations)),
            "exported": len(exported.splitlines())}
