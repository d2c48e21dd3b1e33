#!/usr/bin/python3
"""Runs a program of the docs with a real server, which must then print what the page says.

Usage: example_test.py postgres|mysql|redis PROGRAM EXPECTED
The program's argument is the server's port. 77 if the server is not installed.
"""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from private_servers import Mariadb, Postgres, Redis


def main():
    kind = {"postgres": Postgres, "mysql": Mariadb, "redis": Redis}[sys.argv[1]]
    if not kind.exists():
        print(f"skipped: {kind.program} is not installed")
        return 77
    with tempfile.TemporaryDirectory() as directory, open(sys.argv[3], encoding="utf-8") as file:
        os.chmod(directory, 0o755)
        server = kind(directory)
        server.make_table()
        ran = subprocess.run([sys.argv[2], str(server.port)], capture_output=True, text=True,
                             timeout=60, check=False)
        server.end()
        expected = file.read()
    if ran.returncode != 0 or ran.stdout != expected:
        print(f"{ran.returncode}: it printed\n{ran.stdout}{ran.stderr}, the page says\n{expected}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
