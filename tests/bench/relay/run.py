#!/usr/bin/env python3
"""The relay beside toxiproxy and no relay at all, in one run: start, take turns, compare.

One server and one client (load.cpp) talk directly, through `conecta proxy` without a fault, and
through toxiproxy without a toxic. For each shape and each round every one plays once, in an order
that rotates; a first round is not counted. Reported are medians, and medians of the ratios of the
same round. Without Go, toxiproxy is skipped by name.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/bench"))

from together import in_columns, machine, publish, say  # noqa: E402

MODULE, VERSION = "github.com/Shopify/toxiproxy/v2", "v2.5.0"
# title, what the client does, connections
SHAPES = [("bulk, 1 connection", "bulk", 1), ("bulk, 16 connections", "bulk", 16),
          ("ping-pong, 1 connection", "ping", 1), ("ping-pong, 16 connections", "ping", 16)]
RATE = {"bulk": "bytes_per_s", "ping": "rate_per_s"}
PATIENCE = 60


def arguments():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench-relay")
    asked.add_argument("--conecta", default=str(ROOT / "build/bench/conecta"))
    asked.add_argument("--load", default=str(ROOT / "build/bench/tests/conecta_bench_relay"))
    asked.add_argument("--rounds", type=int, default=11)
    asked.add_argument("--seconds", type=float, default=1.0, help="of each round of each shape")
    asked.add_argument("--check", action="store_true",
                       help="exit with 1 where a bar is missed, with 77 where toxiproxy is skipped")
    given = asked.parse_args()
    if given.rounds < 1 or given.seconds < 0.01:
        asked.error("at least 1 round of at least 0.01 seconds")
    return given


def first_line(process):
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"{process.args[0]} ended before it began")
    return line


def start_conecta(given, running, port):
    one = subprocess.Popen([given.conecta, "proxy", "--to", f"tcp://127.0.0.1:{port}"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    running.append(one)
    return int(json.loads(first_line(one))["url"].rsplit(":", 1)[1]), one


def build_toxiproxy(given):
    """Its server, or why there is none."""
    if not shutil.which("go"):
        return None, "no go on the PATH"
    target = given.build / "server"
    if not target.exists():
        say(f"building toxiproxy {VERSION}")
        built = subprocess.run(["go", "install", f"{MODULE}/cmd/server@{VERSION}"], text=True,
                               env={**os.environ, "GOBIN": str(given.build)}, capture_output=True)
        if built.returncode != 0:
            return None, "go install failed: " + " ".join(built.stderr.split())[-200:]
    return target, None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start_toxiproxy(target, running, port):
    control, listen = free_port(), free_port()
    one = subprocess.Popen([target, "-host", "127.0.0.1", "-port", str(control)],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env={**os.environ, "LOG_LEVEL": "error"})
    running.append(one)
    body = json.dumps({"name": "relay", "listen": f"127.0.0.1:{listen}",
                       "upstream": f"127.0.0.1:{port}", "enabled": True}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{control}/proxies", data=body,
                                     headers={"Content-Type": "application/json"})
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE):
                return listen, one
        except OSError:
            if one.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("toxiproxy does not come up") from None
            time.sleep(0.02)


def cpu_seconds(process):
    """Of all threads of it, so far."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def play(given, kind, way, connections):
    """What the client measured, and the processor time of the relay for a byte or a ping."""
    port, relay = way
    before = cpu_seconds(relay) if relay else 0
    done = subprocess.run([given.load, kind, str(port), str(connections), str(given.seconds)],
                          capture_output=True, text=True, timeout=PATIENCE + given.seconds)
    if done.returncode != 0:
        raise RuntimeError(f"{kind} on port {port}: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    if relay:
        answer["cpu_ns"] = (cpu_seconds(relay) - before) / given.seconds * 1e9 / answer[RATE[kind]]
    return answer


def play_shape(given, ways, kind, connections):
    names = list(ways)
    answers = {name: [] for name in names}
    for turn in range(given.rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            answer = play(given, kind, ways[name], connections)
            if turn > 0:
                answers[name].append(answer)
    return answers


def column(answers, name, key):
    return [each[key] for each in answers[name]]


def paired(answers, name, other, key):
    return statistics.median(ours / theirs for ours, theirs in
                             zip(column(answers, name, key), column(answers, other, key)))


def added(answers, name, key):
    """What it adds to the direct way, in ns: the median over rounds of the difference."""
    return statistics.median(ours - direct for ours, direct in
                             zip(column(answers, name, key), column(answers, "direct", key)))


def analyse(title, kind, answers):
    keys = [RATE[kind]] + (["p50_ns", "p99_ns"] if kind == "ping" else [])
    found = {"shape": title, "rounds": answers, "median": {}, "of_direct": {}, "added_ns": {}}
    for name in answers:
        found["median"][name] = {key: statistics.median(column(answers, name, key))
                                 for key in answers[name][0]}
        found["of_direct"][name] = paired(answers, name, "direct", keys[0])
        if kind == "ping":
            found["added_ns"][name] = {key: added(answers, name, key) for key in keys[1:]}
    if "toxiproxy" in answers:
        found["cpu_of_toxiproxy"] = paired(answers, "conecta", "toxiproxy", "cpu_ns")
        found["conecta_over_toxiproxy"] = paired(answers, "conecta", "toxiproxy", keys[0])
    return found


def bars(entries):
    """Each bar of the relay: what was measured, and whether it is met."""
    made = []
    for entry in entries:
        if "conecta_over_toxiproxy" not in entry:
            continue
        ratio = entry["conecta_over_toxiproxy"]
        made.append({"bar": f"{entry['shape']}: times toxiproxy's throughput", "at_least": 1,
                     "measured": ratio, "met": ratio >= 1})
        for key in ("p50_ns", "p99_ns"):
            if entry["added_ns"]:
                ours, theirs = (entry["added_ns"][name][key] for name in ("conecta", "toxiproxy"))
                made.append({"bar": f"{entry['shape']}: ns added to the {key[:3]}",
                             "below": theirs, "measured": ours, "met": ours < theirs})
    return made


def amount(key, value):
    if key == "bytes_per_s":
        return f"{value / 1e6:,.0f} MB/s"
    if key == "rate_per_s":
        return f"{value:,.0f}/s"
    return f"{value / 1e3:,.1f} us"


def cpu_amount(key, value):
    return f"{value:.2f} s/GB" if key == "bytes_per_s" else f"{value / 1e3:.1f} us"


def as_text(result):
    lines = [f"{result['rounds']} rounds of {result['seconds']:g} s on {result['machine']}", ""]
    head = ["shape", "through", "throughput", "of direct", "cpu", "p50", "added", "p99", "added"]
    rows = []
    for entry in result["shapes"]:
        for name, median in entry["median"].items():
            key = "bytes_per_s" if "bytes_per_s" in median else "rate_per_s"
            row = [entry["shape"], name, amount(key, median[key]),
                   f"{entry['of_direct'][name]:.2f}",
                   "" if "cpu_ns" not in median else cpu_amount(key, median["cpu_ns"])]
            for each in ("p50_ns", "p99_ns"):
                row += ["", ""] if each not in median else [
                    amount(each, median[each]), amount(each, entry["added_ns"][name][each])]
            rows.append(row)
    lines += [*in_columns([head, *rows], 2), ""]
    for bar in result["bars"]:
        limit = f"at least {bar['at_least']}" if "at_least" in bar else f"below {bar['below']:,.0f}"
        measured = f"{bar['measured']:.2f}" if "at_least" in bar else f"{bar['measured']:,.0f}"
        lines.append(f"{'met   ' if bar['met'] else 'missed'}  {bar['bar']}, {limit}: {measured}")
    for each in result["skipped"]:
        lines.append(f"skipped: {each['name']}: {each['reason']}")
    return "\n".join(lines)


def measure(given, running):
    server = subprocess.Popen([given.load, "server"], stdout=subprocess.PIPE, text=True)
    running.append(server)
    direct = int(first_line(server))
    ways = {"direct": (direct, None), "conecta": start_conecta(given, running, direct)}
    skipped = []
    target, reason = build_toxiproxy(given)
    if target:
        ways["toxiproxy"] = start_toxiproxy(target, running, direct)
    else:
        say(f"skipped: toxiproxy: {reason}")
        skipped.append({"name": "toxiproxy", "reason": reason})
    entries = []
    for done, (title, kind, connections) in enumerate(SHAPES):
        say(f"{done + 1}/{len(SHAPES)} {title}")
        entries.append(analyse(title, kind, play_shape(given, ways, kind, connections)))
    return {"schema": "conecta.bench-relay/1", "machine": machine(), "rounds": given.rounds,
            "seconds": given.seconds, "toxiproxy": VERSION, "skipped": skipped, "shapes": entries,
            "bars": bars(entries)}


def main():
    given = arguments()
    given.build.mkdir(parents=True, exist_ok=True)
    running = []
    try:
        result = measure(given, running)
    finally:
        for one in running:
            one.kill()
            one.wait()
    return publish(given, result, as_text(result), result["bars"])


if __name__ == "__main__":
    sys.exit(main())
