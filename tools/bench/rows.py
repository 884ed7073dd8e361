"""The rows of the table: each measures what it says and compares it with what must be reached."""

import collections
import json
import os
import statistics
import time

from bench import machine, processes

# `good`: True, False, or None for what has no target of its own.
Line = collections.namedtuple("Line", "what target measured ratio good")


def line(what, target, measured, ratio="", good=None):
    return Line(what, target, measured, ratio, good)


def median(values):
    return statistics.median(values)


def share(values):
    """Of ratios: the median, and between what they lie."""
    return "%.2f (%.2f–%.2f)" % (median(values), min(values), max(values))


def rate(value):
    return "%s/s" % format(round(value), ",")


def against_empty(run, mode, in_flight):
    """Alternating rounds on the empty server and on a log: their reports."""
    pairs = []
    with processes.EmptyServer(run.small, run.entry_bytes) as empty, \
            run.logs.serve(run.small) as log:
        for _ in range(run.rounds):
            load = {"mode": mode, "seconds": run.seconds, "connections": 4, "in_flight": in_flight,
                    "entry_bytes": run.entry_bytes}
            pairs.append((processes.bench(empty, **load), processes.bench(log, **load)))
            log.wait_until_idle()
    return pairs


def compare(pairs, field):
    return [b[field] / a[field] for a, b in pairs]


def unary(run):
    lines = []
    for in_flight in (256, 64):
        pairs = against_empty(run, "unary", in_flight)
        rates, cpu = compare(pairs, "entries_per_second"), compare(pairs, "server_cpu_us_per_entry")
        must = in_flight == 256
        lines.append(line(
            "unary appends, %d in flight on 4 connections" % in_flight,
            "≥ 0.5 × empty server" if must else "reported",
            "%s; empty server %s" % (rate(median([b["entries_per_second"] for _, b in pairs])),
                                     rate(median([a["entries_per_second"] for a, _ in pairs]))),
            share(rates), median(rates) >= 0.5 if must else None))
        lines.append(line(
            "server CPU of these", "≤ 2 × empty server" if must else "reported",
            "%.1f µs; empty server %.1f µs" % (
                median([b["server_cpu_us_per_entry"] for _, b in pairs]),
                median([a["server_cpu_us_per_entry"] for a, _ in pairs])),
            share(cpu), median(cpu) <= 2 if must else None))
    return lines


def proof(run):
    pairs = against_empty(run, "proof", 256)
    rates = compare(pairs, "entries_per_second")
    return [line("proofs by random certificate hash over %s" % run.name(run.small),
                 "≥ 0.5 × empty server",
                 "%s; empty server %s" % (rate(median([b["entries_per_second"] for _, b in pairs])),
                                          rate(median([a["entries_per_second"]
                                                       for a, _ in pairs]))),
                 share(rates), median(rates) >= 0.5)]


def drained(server, run, entries):
    """Streams new entries and waits for the compaction.

    The report, with the compaction's CPU and time in `all_cpu_us` an entry and `all_per_second`.
    """
    before = machine.cpu_s(server.pid)
    report = processes.bench(server, mode="stream", entries=entries, warmup=0,
                             entry_bytes=run.entry_bytes)
    ended = time.monotonic()
    drain_s = max(0, server.wait_until_idle() - ended)
    report["all_cpu_us"] = (machine.cpu_s(server.pid) - before) * 1e6 / entries
    report["all_per_second"] = entries / (report["seconds"] + drain_s)
    return report


def stream(run):
    each = run.streamed // run.rounds
    reports, raws = [], []
    with run.logs.serve(run.small) as log:
        for _ in range(run.rounds):
            raws.append(processes.raw_rocksdb(run.directory, max(1, each // 1_000_000),
                                              run.entry_bytes))
            reports.append(drained(log, run, each))
    with run.logs.serve(run.large) as log:
        at_large = drained(log, run, each)["all_cpu_us"]
    rates = [r["entries_per_second"] for r in reports]
    ratios = [a / b for a, b in zip(rates, raws)]
    # The first round begins at the size that is named, each later one a little above.
    at_small = reports[0]["all_cpu_us"]
    return [
        line("streamed batches of 256, %s new entries on %s, compaction drained after each %s" %
             (run.name(each * run.rounds), run.name(run.small), run.name(each)), "≥ 300,000/s",
             "%s (%s–%s); %s with the draining; longest stall %.0f ms" % (
                 rate(median(rates)), rate(min(rates)), rate(max(rates)),
                 rate(median([r["all_per_second"] for r in reports])),
                 max(r["longest_stall_ms"] for r in reports)),
             "", median(rates) >= 300_000),
        line("the same against raw RocksDB", "≥ 0.3 ×", "raw %s" % rate(median(raws)),
             share(ratios), median(ratios) >= 0.3),
        line("server CPU an entry at %s, compaction included" % run.name(run.small), "≤ 3.5 µs",
             "%.2f µs" % at_small, "", at_small <= 3.5),
        line("the same at %s" % run.name(run.large), "≤ 4.5 µs", "%.2f µs" % at_large, "",
             at_large <= 4.5),
    ]


def signed(run):
    cores = os.cpu_count()
    benchmark = "//merkle/signature:ed25519_benchmark"
    ratios, batch_ratios, singles, batches = [], [], [], []
    with run.logs.serve(run.small) as log:
        key = os.path.join(log.home, "bench.key")
        # A stream is read by one thread at a time.
        load = {"mode": "stream", "streams": 4, "connections": 2, "seconds": run.seconds,
                "entry_bytes": run.entry_bytes}
        for _ in range(run.rounds):
            ceiling = processes.benchmark(benchmark, "BM_Verify", cores, run.seconds)
            presign = round(ceiling * (run.seconds + 2))
            single = processes.bench(log, **load, signing_key=key, presign=presign)
            batch = processes.bench(log, **load, signing_key=key, signatures="batch")
            plain = processes.bench(log, **load)
            log.wait_until_idle()
            singles.append(single["entries_per_second"])
            batches.append(batch["entries_per_second"])
            ratios.append(singles[-1] / ceiling)
            batch_ratios.append(batches[-1] / plain["entries_per_second"])
    verify = processes.benchmark(benchmark, "BM_Verify", 1, run.seconds)
    audit = processes.benchmark("//merkle/entry:offline_benchmark", "BM_AuditSigned", 1,
                                run.seconds)
    return [
        line("signed entries, streamed", "≥ 0.7 × Ed25519 verifications", rate(median(singles)),
             share(ratios), median(ratios) >= 0.7),
        line("signed by the batch, streamed", "near the unsigned rate", rate(median(batches)),
             share(batch_ratios)),
        line("signed entries, audited", "≥ 0.7 × Ed25519 verifications", rate(audit) + " a core",
             "%.2f" % (audit / verify), audit / verify >= 0.7),
    ]


def latency(run):
    with run.logs.serve(run.small) as log:
        load = {"mode": "unary", "seconds": run.seconds, "entry_bytes": run.entry_bytes}
        peak = processes.bench(log, **load)["entries_per_second"]
        log.wait_until_idle()
        _, fsync_p99 = machine.fsync_ms(run.directory)
        load["seconds"] = run.seconds * 2
        reports = [processes.bench(log, **load, rate=peak / 2) for _ in range(run.rounds)]
    p50, p99 = (median([r[name] for r in reports]) for name in ("p50_ms", "p99_ms"))
    most = 10 * fsync_p99 if fsync_p99 > 2 else 20
    late = sum(r["not_sent"] for r in reports)
    return [line("append → proof in hand, open loop at %s" % rate(peak / 2),
                 "p50 ≤ 3 ms, p99 ≤ %.0f ms" % most,
                 "p50 %.2f ms, p99 %.2f, p99.9 %.2f, max %.1f%s" % (
                     p50, p99, median([r["p999_ms"] for r in reports]),
                     max(r["max_ms"] for r in reports),
                     "; %d due and not sent" % late if late else ""),
                 "", p50 <= 3 and p99 <= most and late == 0)]


def offline(run):
    def one_core(target, name):
        return median([processes.benchmark(target, name, 1, 0.5) for _ in range(run.rounds)])

    proofs = one_core("//merkle/entry:offline_benchmark", "BM_VerifyProofs")
    files = one_core("//anchor/evidence:evidence_benchmark", "BM_VerifyUnsigned")
    audit = one_core("//merkle/entry:offline_benchmark", "BM_AuditUnsigned")
    decoded = one_core("//merkle/entry:offline_benchmark", "BM_AuditUnsignedDecoded")
    return [
        line("proofs verified under one checkpoint, a core", "≥ 200,000/s", rate(proofs), "",
             proofs >= 200_000),
        line("whole evidence files of one signature, a core", "≥ 10,000/s", rate(files), "",
             files >= 10_000),
        line("audit of unsigned entries, a core", "≥ 2,000,000/s",
             "%s; each also decoded %s" % (rate(audit), rate(decoded)), "", audit >= 2_000_000),
    ]


def evidence(run):
    lines = []
    for what, name, least in (("of one round", "BM_VerifyFullRepeated", 3_000),
                              ("each of a round of its own", "BM_VerifyFullFresh", 1_000)):
        files = median([processes.benchmark("//anchor/evidence:evidence_benchmark", name, 1, 0.5)
                        for _ in range(run.rounds)])
        lines.append(line("evidence files with a signed statement, three witnesses and a token, %s, "
                          "a core" % what, "≥ %s" % rate(least), rate(files), "", files >= least))
    return lines


# An authority that is never asked: no round is due, and every receipt that is stored is final.
ANCHORING = """anchoring { interval_s: 86400 log_operator: "the bench"
  anchor { name: "tsa" operated_by: "an authority" rfc3161 { url: "http://127.0.0.1:9/" } } }
"""


def anchor_rounds(*arguments):
    return processes.run([processes.binary("//tests/anchor:anchor_rounds"), *map(str, arguments)])


def states(run):
    rounds = min(100_000, run.small // 10)
    pairs = []
    with run.logs.copy(run.small) as home:
        anchors = os.path.join(home, "data", "anchors")
        anchor_rounds("fill", anchors, processes.ORIGIN, rounds, run.small)
        with processes.EmptyServer(run.small, run.entry_bytes) as empty, \
                processes.Cairnd(home, anchoring=ANCHORING) as log:
            for _ in range(run.rounds):
                pairs.append([float(processes.run(
                    [processes.binary("//tests/anchor:state_lookups"), server.address,
                     str(run.small), str(run.seconds)])) for server in (empty, log)])
    rates = [b / a for a, b in pairs]
    return [line("states of random entries, %s anchored rounds stored" % format(rounds, ","),
                 "≥ 0.5 × empty server",
                 "%s; empty server %s" % (rate(median([b for _, b in pairs])),
                                          rate(median([a for a, _ in pairs]))),
                 share(rates), median(rates) >= 0.5)]


def rounds(run):
    # Over what is new since a tree of another odd size.
    new = run.small - 12_345
    with run.logs.copy(run.small) as home:
        took_us = [float(anchor_rounds(
            "freeze", os.path.join(home, "data"), processes.ORIGIN,
            processes.vkey_of(home, "log.key"), os.path.join(home, "anchors-%d" % i), new))
            for i in range(run.rounds)]
        report = run.logs.build(run.small)[1]
    # That long the log takes to append what the round covers.
    share_of = median(took_us) / 1e6 / (new / report["entries_per_second"])
    return [line("an anchored round over %s new entries: proof, note, synced write" %
                 run.name(new), "< 1 % of the time to append them", "%.0f µs" % median(took_us),
                 "%.5f %%" % (100 * share_of), share_of < 0.01)]


def fsck(run):
    lines = []
    with run.logs.copy(run.small) as home:
        for what, more, least in (("entries and tiles", ["--skip_index"], 2_000_000),
                                  ("with the index", [], 1_000_000)):
            report = json.loads(processes.run(
                [processes.binary("//tools/cairn"), "fsck", os.path.join(home, "data"), "--json",
                 "--threads", "1", *more]))
            per_second = report["entries_per_second"]
            lines.append(line("fsck of %s, %s, a core" % (run.name(run.small), what),
                              "≥ %s" % rate(least), rate(per_second), "", per_second >= least))
    return lines


def memory(run):
    lines = []
    for entries in (run.small, run.large):
        most = 0
        with run.logs.serve(entries) as log:
            for mode in ("stream", "unary", "proof"):
                report = processes.bench(log, mode=mode, seconds=run.seconds * 2,
                                         entry_bytes=run.entry_bytes)
                most = max(most, report["server_rss_anon_max_mib"])
        megabytes = most * 1.048576
        lines.append(line("anonymous RSS under load at %s" % run.name(entries), "≤ 300 MB",
                          "%.0f MB" % megabytes, "", megabytes <= 300))
    return lines


def disk(run):
    lines = []
    for entries in (run.small, run.large):
        _, report = run.logs.build(entries)
        over = report["disk_bytes"] / entries - run.entry_bytes
        lines.append(line("disk at %s, idle compaction done" % run.name(entries),
                          "≤ 85 bytes an entry over its own", "%.1f bytes" % over, "", over <= 85))
    return lines


def restart(run):
    took, listening = [], []
    with run.logs.copy(run.small) as home:
        port = processes.free_port()
        log = processes.Cairnd(home, port)
        try:
            for _ in range(run.rounds):
                _stream_and_kill(run, log)
                log, ms = _start_and_append(home, port, log)
                took.append(ms)
                listening.append((log.listening_at - log.started_at) * 1000)
        finally:
            log.stop()
    return [line("kill -9 under streaming load → first acknowledged append after exec",
                 "≤ 1 s at %s" % run.name(run.small),
                 "%.0f ms (%.0f–%.0f), listening after %.0f" % (median(took), min(took), max(took),
                                                                median(listening)),
                 "", max(took) <= 1000)]


def _stream_and_kill(run, log):
    with processes.Load(log.address, log.vkey, mode="stream", seconds=600, warmup=0,
                        entry_bytes=run.entry_bytes) as load:
        load.wait_for_entries(run.before_kill)
        log.kill()


def _start_and_append(home, port, before):
    """The new server, and the milliseconds from its exec to its first answer."""
    with processes.Load(before.address, before.vkey, mode="unary", entries=1, warmup=0,
                        connections=1) as first:
        # The load begins to try before there is anyone to answer.
        log = processes.Cairnd(home, port)
        answered_at_ms = first.report()["first_answer_unix_ms"]
    return log, answered_at_ms - log.started_at * 1000


def growth(run):
    _, report = run.logs.build(run.large)

    def between(begin, end):
        return (end - begin) / (run.when(report, end) - run.when(report, begin))

    early = between(run.large // 10, run.large // 5)
    late = between(run.large - run.large // 10, run.large)
    stall = report["longest_stall_ms"]
    return [
        line("growth: rate over the last tenth of %s against the second" % run.name(run.large),
             "≥ 0.8", "%s; %s" % (rate(late), rate(early)), "%.2f" % (late / early),
             late / early >= 0.8),
        line("longest stall while it grew", "≤ 200 ms", "%.0f ms" % stall, "", stall <= 200),
    ]


ALL = {f.__name__: f for f in (unary, stream, signed, latency, proof, offline, evidence, states,
                               rounds, fsck, memory, disk, restart, growth)}
