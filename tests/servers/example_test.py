#!/usr/bin/python3
"""Runs a program of the docs with a real server, which must then print what the page says.

Usage: example_test.py postgres|mysql|redis PROGRAM EXPECTED
The program's argument is the server's port. 77 if the server is not installed.
"""
import subprocess
import sys

sys.dont_write_bytecode = True
from private_servers import Mariadb, Postgres, Redis, directories_for


def main():
    kind = {"postgres": Postgres, "mysql": Mariadb, "redis": Redis}[sys.argv[1]]
    with open(sys.argv[3], encoding="utf-8") as file:
        expected = file.read()
    ran = None
    for of, directory in directories_for([kind]):
        server = of(directory)
        server.make_table()
        ran = subprocess.run([sys.argv[2], str(server.port)], capture_output=True, text=True,
                             timeout=60, check=False)
        server.end()
    if ran is None:
        return 77
    if ran.returncode != 0 or ran.stdout != expected:
        print(f"{ran.returncode}: it printed\n{ran.stdout}{ran.stderr}, the page says\n{expected}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
