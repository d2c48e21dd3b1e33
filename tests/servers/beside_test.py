#!/usr/bin/python3
"""`conecta probe` beside the tools that are usually asked, where these say that all is well.

Usage: beside_test.py CONECTA PAGE
Brings real servers into such states, asks both, and prints the table; PAGE is the page of the docs
that has it, line by line. A server that is not installed is skipped by name; 77 if none is there.
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
from private_servers import Mariadb, Nginx, Postgres, Redis, SlowRedis, directories_for

CONECTA, PAGE = sys.argv[1:]
ROWS = []


def ran(command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def beside(state, tool, arguments, url, *options):
    """A row: what the tool and the probe exit with, and the word for it."""
    usual = ran([tool, *arguments])
    asked = ran([CONECTA, "probe", url, "--json", *options])
    reason = json.loads(asked.stdout)["targets"][0]["reason"]
    name = " ".join([tool, *(each for each in arguments if each in ("ping", "-z"))])
    ROWS.append(f"| {state} | `{name}`: {usual.returncode} | {asked.returncode}, `{reason}` |")
    print(ROWS[-1], (usual.stdout + usual.stderr).strip().replace("\n", " "), flush=True)


def loading_redis(directory):
    server = SlowRedis(directory)
    server.begin_loading()
    beside("Redis loads its data", "redis-cli", ["-p", str(server.port), "ping"],
           f"redis://127.0.0.1:{server.port}", "--timeout", "20s")
    server.end()


def redis(directory):
    server = Redis(directory)
    ping = ["-p", str(server.port), "ping"]
    url = f"redis://127.0.0.1:{server.port}"
    with server.connect() as manager:
        for state, line in (("Redis wants a password", b"CONFIG SET requirepass s3cret"),
                            ("Redis has no room for one more client", b"CONFIG SET maxclients 1")):
            manager.sendall(line + b"\r\n")
            manager.recv(100)
            beside(state, "redis-cli", ping, url)
    server.end()


def postgres(directory):
    server = Postgres(directory)
    at = ["-h", "127.0.0.1", "-p", str(server.port)]
    url = f"postgres://conecta@127.0.0.1:{server.port}"
    server.tell("CREATE ROLE anna LOGIN PASSWORD 's3cret'")
    beside("PostgreSQL rejects the password", "pg_isready", [*at, "-U", "anna"],
           f"postgres://anna:wrong@127.0.0.1:{server.port}/postgres")
    beside("PostgreSQL has no such database", "pg_isready", [*at, "-d", "shop"], f"{url}/shop")
    crowd = server.fill()
    beside("PostgreSQL has no room for one more session", "pg_isready", at, f"{url}/postgres")
    for each in crowd:
        each.close()
    server.end()


def mariadb(directory):
    server = Mariadb(directory)
    ping = ["--no-defaults", "-h", "127.0.0.1", "-P", str(server.port), "-u", "anna", "ping"]
    url = f"mysql://anna:wrong@127.0.0.1:{server.port}"
    beside("MariaDB rejects the password", "mysqladmin", ping, url)
    server.end()


def nginx(directory):
    class Overloaded(Nginx):
        def locations(self):
            return "location = /overloaded { return 503; }"

    server = Overloaded(directory)
    at = ["-z", "127.0.0.1", str(server.port)]
    url = f"http://127.0.0.1:{server.port}"
    beside("nginx answers 503", "nc", at, f"{url}/overloaded")
    beside("something else listens there", "nc", at, f"postgres://127.0.0.1:{server.port}")
    server.pause()
    beside("nginx hangs", "nc", at, url, "--timeout", "300ms")
    server.end()


def main():
    for kind, part in ((SlowRedis, loading_redis), (Redis, redis), (Postgres, postgres),
                       (Mariadb, mariadb), (Nginx, nginx)):
        for _, directory in directories_for([kind]):
            part(directory)
    with open(PAGE, encoding="utf-8") as file:
        lines = file.read().splitlines()
    missing = [row for row in ROWS if row not in lines]
    for row in missing:
        print(f"not in {os.path.basename(PAGE)}: {row}", file=sys.stderr)
    sys.exit(1 if missing else 0 if ROWS else 77)


main()
