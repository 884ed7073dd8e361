"""The programs that are measured, and the one that measures: real processes of this repository."""

import json
import os
import re
import shutil
import socket
import subprocess
import time

from bench import machine

TARGETS = [
    "//tools/cairn", "//ledger/server:cairnd", "//ledger/server/testing:empty_server",
    "//ledger/rocksdb:store_benchmark", "//merkle/entry:offline_benchmark",
    "//merkle/signature:ed25519_benchmark", "//anchor/evidence:evidence_benchmark",
    "//tests/anchor:anchor_rounds", "//tests/anchor:state_lookups",
]
ORIGIN = "log.example/bench"
CERTIFIER = "bench"


class Failed(Exception):
    """A program did not do what it should; the message says which and what."""


def binary(target):
    package, _, name = target.removeprefix("//").partition(":")
    return os.path.join("bazel-bin", package, name or os.path.basename(package))


def run(command):
    """The standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed("%s exited with %d: %s" % (" ".join(command), done.returncode,
                                                done.stderr.strip()))
    return done.stdout


def bench_command(address, vkey, options):
    command = [binary("//tools/cairn"), "bench", "--json", "--log", address]
    for name, value in options.items():
        command += ["--" + name, str(value)]
    return command + (["--log_key", vkey] if vkey else ["--unchecked"])


def bench(server, **options):
    """`cairn bench` on a server; its report."""
    return json.loads(run(bench_command(server.address, server.vkey,
                                        {"server_pid": server.pid, **options})))


class Load:
    """`cairn bench` beside what else is done; ended with the block that it is for."""

    def __init__(self, address, vkey, **options):
        self.process = subprocess.Popen(
            bench_command(address, vkey, options) + ["--progress"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def wait_for_entries(self, count):
        """Until so many are acknowledged; it says how many each second."""
        for line in self.process.stderr:
            so_far = re.search(r"(\d+) so far", line)
            if so_far and int(so_far.group(1)) >= count:
                return
        raise Failed("the load ended before %d entries were acknowledged" % count)

    def report(self):
        out, err = self.process.communicate()
        if self.process.returncode != 0:
            raise Failed("cairn bench exited with %d: %s" % (self.process.returncode, err.strip()))
        return json.loads(out)


def benchmark(target, name, processes=1, seconds=1):
    """Items a second of a benchmark, of all the processes that run it at once."""
    command = [binary(target), "--benchmark_filter=^%s$" % name, "--benchmark_format=json",
               "--benchmark_min_time=%g" % seconds]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
               for _ in range(processes)]
    total = 0
    for process in running:
        out, _ = process.communicate()
        if process.returncode != 0:
            raise Failed("%s exited with %d" % (" ".join(command), process.returncode))
        result = json.loads(out)["benchmarks"][0]
        if result.get("error_occurred"):
            raise Failed("%s: %s" % (name, result["error_message"]))
        # One call is an item unless it says otherwise; times are in nanoseconds.
        total += result.get("items_per_second", 1e9 / result["cpu_time"])
    return total


def raw_rocksdb(directory, millions, entry_bytes):
    """Entries a second of RocksDB with one Put an entry, 1,024 a synced batch."""
    out = run([binary("//ledger/rocksdb:store_benchmark"), os.path.join(directory, "raw"),
               str(millions), str(entry_bytes), "raw"])
    return float(out.split()[1])


class Server:
    """A server as a child process, from its start until it is stopped or killed."""

    vkey = None

    def __init__(self, command):
        self.started_at = time.time()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        self.pid = self.process.pid
        self.address = None
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.address = line.split()[-1]
                self.listening_at = time.time()
                break
        else:
            raise Failed("%s did not start: exit code %d" % (command[0], self.process.wait()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self._end()

    def kill(self):
        self.process.kill()
        self._end()

    def _end(self):
        self.process.stdout.read()
        self.process.wait()
        self.process.stdout.close()

    def wait_until_idle(self, limit_s=900):
        """Until it has used no CPU for three seconds: flushes and compactions are done.

        When it was last seen at work.
        """
        quiet, before, busy_until = 0, machine.cpu_s(self.pid), time.monotonic()
        for _ in range(limit_s):
            time.sleep(1)
            now = machine.cpu_s(self.pid)
            quiet = quiet + 1 if now - before < 0.03 else 0
            before = now
            if quiet == 0:
                busy_until = time.monotonic()
            if quiet == 3:
                return busy_until
        raise Failed("%s was not idle within %d s" % (self.address, limit_s))


class EmptyServer(Server):
    def __init__(self, tree_size, entry_bytes):
        super().__init__([binary("//ledger/server/testing:empty_server"), str(tree_size),
                          str(entry_bytes)])


def make_keys(home):
    """The log's key and the certifier's, once; their vkeys beside them."""
    os.makedirs(home, exist_ok=True)
    for flag, name, file in (("--origin", ORIGIN, "log.key"), ("--certifier", CERTIFIER, "bench.key")):
        path = os.path.join(home, file)
        if not os.path.exists(path):
            vkey = run([binary("//tools/cairn"), "keygen", flag, name, "--out", path])
            with open(path + ".vkey", "w", encoding="utf-8") as f:
                f.write(vkey.split()[0])


def vkey_of(home, file):
    with open(os.path.join(home, file + ".vkey"), encoding="utf-8") as f:
        return f.read()


class Cairnd(Server):
    """The log in `home`, which has its keys, its configuration and its data."""

    def __init__(self, home, port=0, anchoring=""):
        make_keys(home)
        self.vkey = vkey_of(home, "log.key")
        config = os.path.join(home, "cairnd.textproto")
        with open(config, "w", encoding="utf-8") as f:
            f.write('certifier { name: "%s" demand: SIGNED key: "%s" }\n' %
                    (CERTIFIER, vkey_of(home, "bench.key")))
            f.write(anchoring)
        super().__init__([binary("//ledger/server:cairnd"), "--config", config,
                          "--data_dir", os.path.join(home, "data"), "--origin", ORIGIN,
                          "--key_file", os.path.join(home, "log.key"),
                          "--grpc_address", "127.0.0.1:%d" % port])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def clone(home, to):
    """A copy of a log that is not running. Tables never change, so they are linked."""
    shutil.rmtree(to, ignore_errors=True)

    def link_tables(source, target):
        if source.endswith(".sst"):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(home, to, copy_function=link_tables)
    return to
