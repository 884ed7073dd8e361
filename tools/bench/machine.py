"""The machine, the disk and the commit that a measurement is of."""

import datetime
import os
import re
import subprocess
import time


def _output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def describe(directory):
    """What stands above the table: one fact a line."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    with open("/proc/meminfo", encoding="utf-8") as f:
        memory_kib = int(re.search(r"MemTotal:\s*(\d+)", f.read()).group(1))
    filesystem = _output("stat", "--file-system", "--format=%T", directory)
    device = _output("df", "--output=source", directory).splitlines()[-1]
    return {
        "CPU": "%s, %d cores" % (model.group(1) if model else "?", os.cpu_count()),
        "memory": "%.0f GiB" % (memory_kib / (1 << 20)),
        "kernel": _output("uname", "--kernel-release"),
        "file system": "%s on %s" % (filesystem, device),
    }


def commit():
    return _output("git", "describe", "--always", "--dirty", "--abbrev=10")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")


def fsync_ms(directory, count=400):
    """(p50, p99) of appending 8 KiB and fdatasync."""
    path = os.path.join(directory, "fsync")
    block, took = b"x" * 8192, []
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        for _ in range(count):
            begin = time.monotonic()
            os.write(fd, block)
            os.fdatasync(fd)
            took.append((time.monotonic() - begin) * 1e3)
    finally:
        os.close(fd)
        os.remove(path)
    took.sort()
    return took[count // 2], took[count * 99 // 100]


def disk_bytes(directory):
    """What the files take, as the file system counts."""
    total = 0
    for below, _, files in os.walk(directory):
        for name in files:
            total += os.stat(os.path.join(below, name)).st_blocks * 512
    return total


def cpu_s(pid):
    """User and system time of all threads of a process."""
    with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
