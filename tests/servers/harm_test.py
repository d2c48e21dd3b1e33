#!/usr/bin/python3
"""`conecta bench` beside real servers that are paused, killed, full, and turn their clients out.

Usage: harm_test.py CONECTA [--servers redis,nginx] [--seconds N] [--sanitized]
Two benches share the servers: one judges its pools, the other keeps no trace and is the one whose
memory is measured. Harm is done in rounds; after each both must hold as many descriptors as at the
start, and the servers as many connections. In the end every request must be accounted for, by the
servers' own counts too. A server that is not installed is skipped by name; 77 if none is there.
"""
import argparse
import collections
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from private_servers import Mariadb, Nginx, Postgres, Redis, eventually

POOL = 8  # connections of each pool, all the time
REQUEST_TIMEOUT = 0.2
PAUSE = 2 * REQUEST_TIMEOUT
REST = 4  # seconds without a load, at the end
LONGEST_HARM = 1  # on a machine that has other things to do
MEMORY_MAY_GROW = 1024  # KiB from the first round's end to the last's,
MEMORY_OF_A_SECOND = 0.5  # and for what the report says of each second

class BusyPostgres(Postgres):
    most_clients = 24 + 3
    kept_for_owner = 3


class BusyMariadb(Mariadb):
    most_clients = 32


KINDS = {"redis": Redis, "nginx": Nginx, "postgres": BusyPostgres, "mariadb": BusyMariadb}

EXPECTED_ERRORS = {
    ("acquire", "timeout"), ("open", "timeout"), ("open", "refused"), ("open", "reset"),
    ("send", "stale"), ("send", "closed"), ("send", "reset"),
    ("receive", "timeout"), ("receive", "closed"), ("receive", "reset"), ("expect", "mismatch"),
    # A database that is full, starting or stopping says so, or hangs up while it lets in.
    ("open", "protocol"), ("open", "closed")}

BREACHES = []


def expect(held, what):
    if not held:
        BREACHES.append(str(what))


def scenario(servers, seconds, seed, judged):
    return {
        "version": 1, "name": "real servers, harmed", "seed": seed,
        "endpoints": [{"id": each.program, **each.endpoint()} for each in servers],
        "pool": {"max_size": POOL, "min_idle": POOL, "acquire_timeout": "300ms",
                 "open_timeout": "300ms", "check_timeout": "200ms", "check_retries": 0,
                 "scan_interval": "200ms", "backoff": {"initial": "10ms", "limit": "100ms"},
                 "max_lifetime": "3s", "leak_threshold": "5s"},
        "workload": {"workers": 2 * POOL, "think": "5ms", "request_timeout": "200ms",
                     "requests": [{"name": each.program, "endpoints": [each.program],
                                   **each.request} for each in servers]},
        "stages": [{"name": "load", "duration": f"{seconds - REST}s"},
                   {"name": "rest", "duration": f"{REST}s", "workers": 0}],
        "thresholds": [{"metric": "pool.leaked", "equals": 0}],
        "invariants": judged}


class Bench:
    def __init__(self, program, directory, servers, seconds, judged):
        seed = 1 if judged else 2
        self.judged = judged
        path = f"{directory}/bench{seed}.json"
        with open(path, "w", encoding="ascii") as file:
            json.dump(scenario(servers, seconds, seed, judged), file)
        self.process = subprocess.Popen([program, "bench", path, "--json", "-"], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.found = None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def end(self):
        out, err = self.process.communicate(timeout=60)
        self.found = json.loads(out)
        expect(self.process.returncode == 0, f"exit code {self.process.returncode}: {err}"
               f"{self.found['thresholds']} {self.found['invariants']}")

    def of(self, server):
        return next(each for each in self.found["endpoints"] if each["id"] == server.program)


def harms_to(server):
    """What is done in a round, one after the other."""
    yield "paused", lambda: server.stop_for(PAUSE)
    if hasattr(server, "kill_clients"):
        yield "clients killed", server.kill_clients
    yield "full", lambda: server.full_for(PAUSE, POOL // 2)
    yield "kill -9", lambda: server.down_for(PAUSE / 2)


def all_is_well(servers, benches, at_start):
    for server in servers:
        eventually(lambda at=server: at.clients() == POOL * len(benches),
                   f"{server.program} has every client back, and no other")
    for bench, count in zip(benches, at_start):
        eventually(lambda at=bench, was=count: at.descriptors() == was,
                   f"the bench holds {count} descriptors as at the start")


def do_harm(servers, benches, seconds):
    """In rounds, as long as there is time; the memory after each."""
    longest_round = LONGEST_HARM * sum(1 for each in servers for _ in harms_to(each))
    until = time.monotonic() + seconds - REST - longest_round
    for server in servers:
        eventually(lambda at=server: at.clients() == POOL * len(benches),
                   f"{server.program} has all its clients")
    at_start = [bench.descriptors() for bench in benches]
    memory = []
    done = collections.Counter()
    while not memory or time.monotonic() < until:
        for server in servers:
            for name, harm in harms_to(server):
                harm()
                done[f"{server.program} {name}"] += 1
                all_is_well(servers, benches, at_start)
        memory.append(benches[-1].memory())
    return at_start, memory, done


def errors_in(found):
    errors = collections.Counter()
    for row in found["errors"]:
        errors[row["phase"], row["kind"]] += row["count"]
    return errors


def judge_sums(found):
    requests, pool = found["requests"], found["pool"]
    errors = errors_in(found)
    expect(requests["attempted"] == requests["succeeded"] + requests["failed"], requests)
    expect(requests["failed"] == sum(errors.values()), (requests, errors))
    expect(pool["opened"] == pool["closed"], f"opened {pool['opened']}, closed {pool['closed']}")
    expect(pool["acquired"] == pool["returned"] and pool["leaked"] == 0, pool)
    expect(not set(errors) - EXPECTED_ERRORS, f"unexpected: {found['errors']}")
    expect(errors["receive", "timeout"] > 0, "no sign of a pause")
    expect(errors["receive", "closed"] + errors["receive", "reset"] > 0 and
           pool["open_failed"] > 0, "no sign of a kill")


def judge_invariants(found):
    for each in found["invariants"]:
        # idle_in_time: min_idle keeps all of them. deadlines: on a machine that is late itself.
        may_be_open = each["name"] in ("idle_in_time", "deadlines")
        expect(each["status"] == "held" or (may_be_open and each["status"] == "not_judged"), each)


def judge_served(name, succeeded, served, sent, unwritten):
    """No less than what succeeded, no more than what was sent."""
    expect(succeeded <= served + unwritten and served <= sent,
           f"{name} served {served}, {succeeded} succeeded, {sent} were sent")


def judge_nonces(name, nonces):
    twice = len(nonces) - len(set(nonces))
    expect(twice == 0, f"{twice} requests were sent twice to {name}")


def judge_by_servers(servers, benches):
    for server in servers:
        succeeded = sum(bench.of(server)["requests"]["succeeded"] for bench in benches)
        sent = sum(bench.of(server)["wire"]["requests_sent"] for bench in benches)
        if isinstance(server, Redis):
            served = server.served()
            judge_served(server.program, succeeded, served, sent, 0)
        else:
            nonces = server.asked()
            served = len(nonces)
            judge_nonces(server.program, nonces)
            # A kill may come between an answer of nginx and its line in the log.
            unwritten = server.kills if isinstance(server, Nginx) else 0
            judge_served(server.program, succeeded, served, sent, unwritten)
        eventually(lambda at=server: at.clients() == 0, f"{server.program} is left alone")
        print(f"{server.program}: {succeeded} succeeded <= {served} served <= {sent} sent")


def judge_memory(memory, seconds):
    grown = memory[-1] - memory[0]
    expect(grown <= MEMORY_MAY_GROW + MEMORY_OF_A_SECOND * seconds,
           f"memory grew by {grown} KiB: {memory}")


def try_the_judges(found):
    """A judge that lets a falsified result pass proves nothing."""
    def falsified(change):
        false = copy.deepcopy(found)
        change(false)
        judge_sums(false)
        judge_invariants(false)

    cases = [lambda change=change: falsified(change) for change in (
        lambda false: false["requests"].update(attempted=false["requests"]["attempted"] + 1),
        lambda false: false["errors"].pop(),
        lambda false: false["pool"].update(closed=false["pool"]["closed"] - 1),
        lambda false: false["pool"].update(returned=false["pool"]["returned"] - 1),
        lambda false: false["pool"].update(leaked=1),
        lambda false: false["errors"][0].update(kind="oversized"),
        lambda false: false["pool"].update(open_failed=0),
        lambda false: false["invariants"][0].update(status="violated"),
        lambda false: false["invariants"][0].update(status="not_judged"))]
    cases += [lambda: judge_served("it", 10, 9, 11, 0), lambda: judge_served("it", 10, 12, 11, 0),
              lambda: judge_nonces("it", [1, 2, 1]), lambda: judge_memory([10000, 12000], 20)]
    for number, case in enumerate(cases):
        before = len(BREACHES)
        case()
        noticed = len(BREACHES) > before
        del BREACHES[before:]
        expect(noticed, f"falsified result {number} passes")


def run(arguments, directory):
    servers = []
    for kind in (KINDS[name] for name in arguments.servers.split(",")):
        if kind.exists():
            os.mkdir(f"{directory}/{kind.program}")
            servers.append(kind(f"{directory}/{kind.program}"))
            servers[-1].make_table()
        else:
            print(f"skipped: {kind.program} is not installed")
    if not servers:
        return 77
    benches = []
    try:
        benches = [Bench(arguments.conecta, directory, servers, arguments.seconds, judged)
                   for judged in (True, False)]
        at_start, memory, done = do_harm(servers, benches, arguments.seconds)
        for bench in benches:
            bench.end()
        for bench in benches:
            judge_sums(bench.found)
            requests, pool = bench.found["requests"], bench.found["pool"]
            print(f"bench, {'judged' if bench.judged else 'not judged'}: "
                  f"{requests['attempted']} attempted, {requests['succeeded']} succeeded, "
                  f"{requests['failed']} failed; {pool['opened']} opened, {pool['closed']} closed")
            print("  " + ", ".join(f"{' '.join(kind)} {count}"
                                   for kind, count in sorted(errors_in(bench.found).items())))
        judge_invariants(benches[0].found)
        judge_by_servers(servers, benches)
        if not arguments.sanitized:  # which keeps what was freed
            judge_memory(memory, arguments.seconds)
        if not BREACHES:
            try_the_judges(benches[0].found)
    finally:
        for bench in benches:
            bench.process.kill()
        for server in servers:
            server.end()
    print(f"{len(memory)} rounds: " +
          ", ".join(f"{name} {count}" for name, count in sorted(done.items())))
    print(f"descriptors {at_start}, after each round the same; memory after each: {memory} KiB")
    print("\n".join(BREACHES) or "all as it should be")
    return 1 if BREACHES else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("conecta")
    parser.add_argument("--servers", default=",".join(KINDS))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--sanitized", action="store_true")
    arguments = parser.parse_args()
    if arguments.seconds < 2 * REST:
        parser.error(f"--seconds: {arguments.seconds}, at least {2 * REST} are needed")
    directory = tempfile.mkdtemp()
    os.chmod(directory, 0o755)  # some servers run as nobody
    try:
        return run(arguments, directory)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    sys.exit(main())
