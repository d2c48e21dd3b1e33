#!/usr/bin/env python3
"""`conecta probe` beside what is usually asked, in one run: from its start to its exit.

Both of a pair ask the same server, which stays; they take turns, and a first round is not counted.
Reported are medians, and the median of the ratios of the same round. A program or a server that is
not installed is skipped by name.
"""

import argparse
import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests/bench"), str(ROOT / "tests/servers")]

from private_servers import Postgres, Redis  # noqa: E402
from together import in_columns, machine, publish, say  # noqa: E402

BAR = 1.5


class RoomyPostgres(Postgres):
    most_clients = 100  # a session ends a little after its client


def arguments():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench-probe")
    asked.add_argument("--conecta", default=str(ROOT / "build/bench/conecta"))
    asked.add_argument("--rounds", type=int, default=101)
    asked.add_argument("--check", action="store_true",
                       help="exit with 1 where a bar is missed, with 77 where a pair is skipped")
    given = asked.parse_args()
    if given.rounds < 1:
        asked.error("at least 1 round")
    return given


def accept_all(listener):
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return


def pairs(directory):
    """What is asked, how probe is, how the other is, whether there is a bar; and how each ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    threading.Thread(target=accept_all, args=(listener,), daemon=True).start()
    port = str(listener.getsockname()[1])
    yield "tcp", f"tcp://127.0.0.1:{port}", ["nc", "-z", "127.0.0.1", port], BAR
    listener.close()
    for kind, url, other, bar in (
            (Redis, "redis://127.0.0.1:{}", ["redis-cli", "-p", "{}", "ping"], BAR),
            (RoomyPostgres, "postgres://127.0.0.1:{}", ["pg_isready", "-q", "-h",
                                                        "127.0.0.1", "-p", "{}"], None)):
        if not kind.exists():
            yield kind.program, None, [kind.program], bar
            continue
        server = kind(directory)
        try:
            yield (kind.program, url.format(server.port),
                   [each.format(server.port) for each in other], bar)
        finally:
            server.end()


def seconds_of(command):
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, descriptor, "/dev/null", os.O_RDWR, 0) for descriptor in (0, 1, 2)])
    status = os.waitpid(child, 0)[1]
    taken = time.perf_counter() - began
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return taken


def play(given, url, other):
    commands = [given.conecta, "probe", "-q", url], [shutil.which(other[0]), *other[1:]]
    rounds = []
    for turn in range(given.rounds + 1):
        order = (0, 1) if turn % 2 else (1, 0)
        taken = {each: seconds_of(commands[each]) for each in order}
        if turn > 0:
            rounds.append([taken[0], taken[1]])
    return rounds


def analyse(what, other, bar, rounds):
    ratio = statistics.median(ours / theirs for ours, theirs in rounds)
    return {"asked": what, "other": other, "rounds": rounds, "ratio": ratio, "bar": bar,
            "probe_s": statistics.median(each[0] for each in rounds),
            "other_s": statistics.median(each[1] for each in rounds),
            "met": bar is None or ratio <= bar}


def as_text(result):
    rows = [["asked", "beside", "probe", "other", "ratio", "bar"]]
    for each in result["pairs"]:
        rows.append([each["asked"], each["other"], f"{each['probe_s'] * 1e3:.2f} ms",
                     f"{each['other_s'] * 1e3:.2f} ms", f"{each['ratio']:.2f}",
                     "" if each["bar"] is None else
                     f"at most {each['bar']}: {'met' if each['met'] else 'missed'}"])
    skipped = [f"skipped: {each['name']}: not installed" for each in result["skipped"]]
    return "\n".join([f"{result['count']} rounds on {result['machine']}", "",
                      *in_columns(rows, 2), *skipped])


def main():
    given = arguments()
    played, skipped = [], []
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)  # servers that will not run as root write there
        for what, url, other, bar in pairs(directory):
            if url is None or not shutil.which(other[0]):
                skipped.append({"name": other[0]})
                continue
            say(f"{what}: probe beside {other[0]}")
            played.append(analyse(what, other[0], bar, play(given, url, other)))
    result = {"schema": "conecta.bench-probe/1", "machine": machine(), "count": given.rounds,
              "pairs": played, "skipped": skipped}
    return publish(given, result, as_text(result), played)


if __name__ == "__main__":
    sys.exit(main())
