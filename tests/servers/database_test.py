#!/usr/bin/python3
"""`conecta bench` with pooled sessions of real databases, which their client libraries hold.

Usage: database_test.py CONECTA
Prints a row for each case. A database that is not installed is skipped by name; 77 if none is there.
"""
import sys

sys.dont_write_bytecode = True
from bench_case import CANARY, Case, verdict
from private_servers import Mariadb, Postgres, directories_for


def cases_of_any(server):
    name = server.program
    url = server.endpoint()["url"]
    server.make_table()
    inserts = Case(f"{name}: insert", url, server.request)
    inserts.all_succeed()
    inserts.invariant("own_reply")
    inserts.invariant("no_leak")
    wire, pool = inserts.found["wire"], inserts.found["pool"]
    rows = server.asked()
    inserts.holds(len(rows) == len(set(rows)) == wire["requests_sent"], f"{len(rows)} rows")
    inserts.holds(wire["connections_established"] == pool["opened"] == pool["closed"] == 4,
                  "four sessions")
    Case(f"{name}: a value that was expected", url,
         {"sql": "SELECT 40 + 2, 'more' UNION ALL SELECT 7, '{{seq}}'",
          "expect": {"equals": "42"}}).all_succeed()
    Case(f"{name}: another value", url, {"sql": "SELECT 41", "expect": {"equals": "42"}}
         ).all_fail("expect", "mismatch", "41")
    wrong = Case(f"{name}: an error of the server", url, {"sql": "SELECT * FROM nothing_like_it"})
    wrong.all_fail("expect", "mismatch", "nothing_like_it")
    wrong.holds(wrong.found["pool"]["opened"] == 4, "its session goes on")
    left = Case(f"{name}: a transaction that is left open", url, {"sql": "BEGIN"})
    left.all_succeed()
    left.holds(left.found["pool"]["closed_by"]["broken"] == left.found["requests"]["succeeded"],
               "a session in a transaction is lent to nobody")
    checks = Case(f"{name}: checks", url, {"sql": "SELECT 1"}, workers=0,
                  pool={"min_idle": 2, "scan_interval": "20ms"})
    asked, good = checks.found["wire"]["checks_sent"], checks.found["pool"]["checks"]
    checks.holds(asked >= 10 and good["ok"] == asked and good["failed"] == 0, "all checks are good")
    Case(f"{name}: a wrong password", server.url_of(f"anna:{CANARY}"), {"sql": "SELECT 1"}, 69,
         pool={"when_down": "fail_fast"}).all_fail("open", "denied", "credentials")
    Case(f"{name}: no such database", url.rsplit("/", 1)[0] + "/missing", {"sql": "SELECT 1"}, 69,
         pool={"when_down": "fail_fast"}).all_fail(
             *(("open", "denied", "") if isinstance(server, Mariadb) else
               ("open", "protocol", "no such database")))


class FewPostgres(Postgres):
    most_clients = 6


def postgres(directory):
    server = FewPostgres(directory)
    server.tell("CREATE ROLE anna LOGIN PASSWORD 's3cret'")
    cases_of_any(server)
    url = server.endpoint()["url"]
    Case("postgres: COPY", url, {"sql": "COPY asked TO STDOUT"}).all_fail(
        "receive", "closed", "COPY is not supported")
    Case("postgres: several statements, a notice", url,
         {"sql": "DO 'BEGIN RAISE NOTICE ''x''; END'; SELECT '{{nonce}}'"}).all_succeed()
    full = Case("postgres: more sessions than it has room for", url, {"sql": "SELECT 1"},
                pool={"max_size": 16, "max_lifetime": None}, workers=16)
    full.holds(full.found["requests"]["failed"] == 0 and full.found["pool"]["open_failed"] > 0,
               "the sessions that there are serve all")
    server.end()


def mariadb(directory):
    server = Mariadb(directory)
    server.tell("CREATE USER anna@'%' IDENTIFIED BY 's3cret'")
    cases_of_any(server)
    server.tell("CREATE PROCEDURE bench.two() BEGIN SELECT 1; SELECT 2; END", delimiter="//")
    Case("mariadb: a procedure with two results", server.endpoint()["url"],
         {"sql": "CALL two()", "expect": {"equals": "1"}}).all_succeed()
    server.end()


def main():
    tried = 0
    cases_of = {Postgres: postgres, Mariadb: mariadb}
    for kind, directory in directories_for(cases_of):
        tried += 1
        cases_of[kind](directory)
    return verdict() if tried else 77


if __name__ == "__main__":
    sys.exit(main())
