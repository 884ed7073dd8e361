"""The logs that are measured: built once, and then only copies of them are written to."""

import contextlib
import json
import os
import shutil

from bench import machine, processes


class Logs:
    def __init__(self, directory, entry_bytes):
        self.directory = directory
        self.entry_bytes = entry_bytes

    def build(self, entries):
        """The directory of a log of so many entries, and the report of its building."""
        home = os.path.join(self.directory, "log-%d-%d" % (entries, self.entry_bytes))
        report_file = os.path.join(home, "build.json")
        if not os.path.exists(report_file):
            print("building a log of %s entries" % format(entries, ","), flush=True)
            shutil.rmtree(home, ignore_errors=True)
            with processes.Cairnd(home) as server:
                report = processes.bench(server, mode="stream", entries=entries, warmup=0,
                                         entry_bytes=self.entry_bytes)
                server.wait_until_idle()
                report["disk_bytes"] = machine.disk_bytes(os.path.join(home, "data"))
            report["commit"] = machine.commit()
            with open(report_file, "w", encoding="utf-8") as f:
                json.dump(report, f)
        with open(report_file, encoding="utf-8") as f:
            return home, json.load(f)

    @contextlib.contextmanager
    def copy(self, entries):
        """The home of a copy of such a log, for as long as it is needed."""
        source, _ = self.build(entries)
        home = processes.clone(source, os.path.join(self.directory, "copy"))
        try:
            yield home
        finally:
            shutil.rmtree(home, ignore_errors=True)

    @contextlib.contextmanager
    def serve(self, entries):
        """A server on such a copy."""
        with self.copy(entries) as home, processes.Cairnd(home) as server:
            server.home = home
            yield server
