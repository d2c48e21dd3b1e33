#!/usr/bin/python3
"""The ready endpoints of the library before real servers that are stopped, killed and come again.

Usage: endpoint_test.py ENDPOINT_USER
A server that is not installed is skipped by name; 77 if none is there.
"""
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
from private_servers import Mariadb, Postgres, Redis, directories_for, eventually

BREACHES = []
CANARY = "c4nary-p4ssword"


class User:
    def __init__(self, kind, server, *password):
        self.kind = kind
        self.process = subprocess.Popen([sys.argv[1], kind, str(server.port), *password], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def lease(self):
        took, said = self.ask("lease").split(" ", 1)
        return int(took), said

    def figures(self):
        return [int(each) for each in self.ask("figures").split()]

    def end(self):
        self.process.stdin.close()
        if self.process.wait(20) != 0:
            BREACHES.append(f"{self.kind}: it ended with {self.process.returncode}")


def expect(held, what):
    print(("" if held else "NOT SO: ") + what, flush=True)
    if not held:
        BREACHES.append(what)


def harmed(kind, server):
    user = User(kind, server)
    eventually(lambda: user.figures()[0] == 2, f"{kind}: two sessions are open")
    eventually(lambda: user.figures()[1] >= 4, f"{kind}: they are checked")
    took, said = user.lease()
    expect(said == "ok", f"{kind}: a lease: {said}")
    eventually(lambda: user.figures()[0] == 2, f"{kind}: it was reset, and is idle")
    server.send(signal.SIGSTOP)
    eventually(lambda: user.figures()[2] >= 2, f"{kind}: checks fail while it is stopped")
    took, said = user.lease()
    expect(said != "ok" and 400 <= took <= 2000, f"{kind}: stopped: {said}, {took} ms")
    server.send(signal.SIGCONT)
    eventually(lambda: user.lease()[1] == "ok", f"{kind}: it goes on")
    eventually(lambda: user.figures()[0] == 2, f"{kind}: two sessions again")
    before = user.figures()[3]
    server.down_for(0.2)
    eventually(lambda: user.lease()[1] == "ok", f"{kind}: it is back")
    expect(user.figures()[3] > before, f"{kind}: killed: opens failed")
    server.send(signal.SIGSTOP)
    eventually(lambda: user.figures()[2] >= 4, f"{kind}: checks fail again")
    took = int(user.ask("close"))
    server.send(signal.SIGCONT)
    expect(took <= 2000, f"{kind}: closed within {took} ms beside a server that is stopped")
    user.end()


def wrong_password(kind, server, words):
    user = User(kind, server, CANARY)
    took, said = user.lease()
    expect(words in said and took <= 2000, f"{kind}: a wrong password: {said}")
    expect(CANARY not in said, f"{kind}: the password is not in the error")
    user.end()


def main():
    tried = 0
    names = {Postgres: "postgres", Mariadb: "mysql", Redis: "redis"}
    for of, directory in directories_for(names):
        tried += 1
        kind = names[of]
        server = of(directory)
        server.make_table()
        harmed(kind, server)
        if kind == "postgres":
            server.tell("CREATE ROLE anna LOGIN PASSWORD 's3cret'")
        if kind == "redis":
            server.tell("CONFIG SET requirepass s3cret")
        wrong_password(kind, server, {"postgres": "password authentication failed",
                                      "mysql": "Access denied", "redis": "WRONGPASS"}[kind])
        server.end()
    return 1 if BREACHES else 0 if tried else 77


if __name__ == "__main__":
    sys.exit(main())
