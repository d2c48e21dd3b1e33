#!/usr/bin/python3
"""`conecta probe` before real servers in every state that they can be brought into.

Usage: probe_test.py CONECTA [SERVER...]
Prints a row for each state: what was asked, the exit code and the word for it. A server that is not
installed is skipped by name; 77 if none is there.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from private_servers import (Mariadb, Memcached, Mosquitto, Nats, Nginx, Postgres, Redis, eventually,
                             free_port)

CONECTA = sys.argv[1]
CANARY = "c4nary-p4ssword"
BREACHES = []


def probe(url, *options, **more):
    began = time.monotonic()
    ended = subprocess.run([CONECTA, "probe", url, "--json", *options], capture_output=True,
                           text=True, check=False, timeout=60, **more)
    ended.seconds = time.monotonic() - began
    return ended


def expect(what, url, code, reason="", options=(), **more):
    ended = probe(url, *options, **more)
    found = json.loads(ended.stdout)["targets"][0] if ended.stdout else {}
    row = f"{what:<44} {ended.returncode:>3}  {found.get('reason') or found.get('state')}"
    if ended.returncode != code or (found.get("reason") or "") != reason:
        row += f"   EXPECTED {code} {reason}: {found.get('detail')} {ended.stderr}"
        BREACHES.append(row)
    if CANARY in ended.stdout + ended.stderr:
        BREACHES.append(f"{what}: the password is in the output")
    print(row, flush=True)
    return ended


def states_of_every_server(server, url):
    """Of a server that is ready now: what does not depend on what it speaks."""
    name = server.program
    expect(f"{name}: ready", url, 0)
    expect(f"{name}: accepts", url, 0, options=("--level", "connect"))
    server.process.send_signal(19)  # SIGSTOP
    stopped = expect(f"{name}: stopped", url, 2, "timeout", ("--timeout", "300ms"))
    if not 0.3 <= stopped.seconds <= 1.3:
        BREACHES.append(f"{name}: a timeout of 300 ms took {stopped.seconds:.2f} s")
    killed = threading.Timer(0.2, server.process.kill)
    killed.start()
    ended = probe(url, "--timeout", "20s")
    killed.join()
    server.process.wait()
    reason = json.loads(ended.stdout)["targets"][0]["reason"]
    print(f"{name + ': killed while it answers':<44} {ended.returncode:>3}  {reason}")
    if ended.returncode != 1 or reason not in ("closed", "reset"):
        BREACHES.append(f"{name}: killed while it answers: {ended.stdout}")
    expect(f"{name}: gone", url, 2, "refused")
    waiting = subprocess.Popen([CONECTA, "probe", url, "--wait", "30s", "--quiet"])
    server.start()
    if waiting.wait(30) != 0:
        BREACHES.append(f"{name}: --wait did not see it come back")


def with_secret(secret=CANARY):
    return {"options": ("--password-env", "SECRET"), "env": {**os.environ, "SECRET": secret}}


def redis(directory):
    server = Redis(directory)
    url = f"redis://127.0.0.1:{server.port}"
    states_of_every_server(server, url)
    expect("redis: a primary", f"{url}?role=primary", 0)
    expect("redis: no replica", f"{url}?role=replica", 1, "role")
    # It takes a line "Host: ..." for an attack, and hangs up.
    expect("redis: asked by HTTP", f"http://127.0.0.1:{server.port}/", 1, "closed")
    with server.connect() as manager:
        def tell(line):
            manager.sendall(line.encode() + b"\r\n")
            return manager.recv(4096)

        tell("CONFIG SET maxclients 1")
        expect("redis: saturated", url, 1, "saturated")
        tell("CONFIG SET maxclients 100")
        tell("CONFIG SET requirepass s3cret")
        expect("redis: no password", url, 4, "denied")
        expect("redis: no password, only a handshake", url, 0, options=("--level", "handshake"))
        expect("redis: wrong password", url, 4, "denied", **with_secret())
        expect("redis: wrong password in the URL", f"redis://:{CANARY}@127.0.0.1:{server.port}", 4,
               "denied")
        expect("redis: right password", url, 0, **with_secret("s3cret"))
        tell("CONFIG SET requirepass \"\"")
        waiting = probe(url, f"redis://127.0.0.1:{free_port()}", "--any", "--wait", "30s")
        if waiting.returncode != 0 or waiting.seconds > 5:
            BREACHES.append(f"--any does not end --wait: {waiting.seconds:.1f} s")
    server.end()
    loading(directory)
    unix_socket(directory)


def loading(directory):
    """As slow as the tests of Redis have it: a pause for each key."""
    class Slow(Redis):
        slow = False

        def command(self):
            return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                    "--dir", self.directory, "--dbfilename", "slow.rdb"] + (
                        ["--key-load-delay", "20000", "--loading-process-events-interval-bytes",
                         "1024"] if self.slow else [])

        def answers(self):
            return self.ask(b"PING\r\n", b"\r\n").startswith(b"-LOADING" if self.slow else b"+PONG")

    server = Slow(directory)
    with server.connect() as client:
        client.sendall(b"".join(b"SET k%d %s\r\n" % (i, b"v" * 100) for i in range(2000)))
        received = 0
        while received < 2000 * 5:
            received += len(client.recv(65536))
        client.sendall(b"SAVE\r\n")
        client.recv(100)
    server.slow = True
    server.down_for(0)
    expect("redis: loading", f"redis://127.0.0.1:{server.port}", 1, "loading")
    server.end()


def unix_socket(directory):
    path = f"{directory}/a socket"
    process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", ""],
                               stdout=subprocess.DEVNULL)
    eventually(lambda: os.path.exists(path), "the socket of redis")
    try:
        expect("redis: a Unix domain socket", f"redis+unix://{path.replace(' ', '%20')}", 0)
        expect("redis: its socket accepts", f"unix://{path.replace(' ', '%20')}", 0)
    finally:
        process.kill()
        process.wait()
    expect("redis: its socket without it", f"redis+unix://{path.replace(' ', '%20')}", 2, "refused")


def http(directory):
    class Doors(Nginx):
        def command(self):
            made = super().command()
            with open(f"{self.directory}/nginx.conf", encoding="ascii") as file:
                text = file.read()
            with open(f"{self.directory}/users", "w", encoding="ascii") as file:
                file.write("anna:{PLAIN}s3cret\n")
            with open(f"{self.directory}/nginx.conf", "w", encoding="ascii") as file:
                file.write(text.replace("location = /check", f"""
                location = /starting {{ return 503; }}
                location = /missing {{ return 404; }}
                location = /moved {{ return 301 /; }}
                location = /private {{ auth_basic x; auth_basic_user_file {self.directory}/users;
                                       try_files /none =204; }}
                location = /check"""))
            return made

    server = Doors(directory)
    url = f"http://127.0.0.1:{server.port}/"
    states_of_every_server(server, url)
    expect("http: starting", f"{url}starting", 1, "unavailable")
    expect("http: starting, only a handshake", f"{url}starting", 0,
           options=("--level", "handshake"))
    expect("http: no such page", f"{url}missing", 1, "status")
    expect("http: moved", f"{url}moved", 0)
    expect("http: no password", f"{url}private", 4, "denied")
    private = f"http://anna@127.0.0.1:{server.port}/private"
    expect("http: wrong password", private, 4, "denied", **with_secret())
    expect("http: right password", private, 0, **with_secret("s3cret"))
    expect("http: asked as Redis", f"redis://127.0.0.1:{server.port}", 5, "protocol")
    expect("http: asked as PostgreSQL", f"postgres://127.0.0.1:{server.port}", 5, "protocol")
    server.end()


def memcached(directory):
    server = Memcached(directory)
    url = f"memcached://127.0.0.1:{server.port}"
    states_of_every_server(server, url)
    server.end()


def mqtt(directory):
    server = Mosquitto(directory)
    anna = f"mqtt://anna:s3cret@127.0.0.1:{server.port}"
    states_of_every_server(server, anna)
    expect("mqtt: no password", f"mqtt://127.0.0.1:{server.port}", 4, "denied")
    expect("mqtt: wrong password", f"mqtt://anna@127.0.0.1:{server.port}", 4, "denied",
           **with_secret())
    server.end()


def nats(directory):
    server = Nats(directory)
    anna = f"nats://anna:s3cret@127.0.0.1:{server.port}"
    states_of_every_server(server, anna)
    expect("nats: no password", f"nats://127.0.0.1:{server.port}", 4, "denied")
    expect("nats: no password, only a handshake", f"nats://127.0.0.1:{server.port}", 0,
           options=("--level", "handshake"))
    expect("nats: wrong password", f"nats://anna@127.0.0.1:{server.port}", 4, "denied",
           **with_secret())
    expect("nats: asked by HTTP", f"http://127.0.0.1:{server.port}/", 5, "protocol")
    expect("nats: asked as MySQL", f"mysql://127.0.0.1:{server.port}", 5, "protocol")
    crowd = [server.connect() for _ in range(3)]
    for each in crowd:
        each.recv(4)
        each.sendall(b'CONNECT {"user":"anna","pass":"s3cret"}\r\nPING\r\n')
        each.recv(4096)
    expect("nats: saturated", anna, 1, "saturated")
    server.end()


def postgres(directory):
    server = Postgres(directory)
    url = f"postgres://conecta@127.0.0.1:{server.port}/postgres"
    states_of_every_server(server, url)
    expect("postgres: one that wants a password", f"postgres://anna@127.0.0.1:{server.port}", 0)
    expect("postgres: one that it does not know", f"postgres://bob@127.0.0.1:{server.port}", 0)
    expect("postgres: no such database", url.replace("/postgres", "/shop"), 1, "no_database")
    crowd = [server.session() for _ in range(server.most_clients)]
    expect("postgres: saturated", url, 1, "saturated")
    for each in crowd:
        each.close()
    server.end()
    with open(f"{server.data}/standby.signal", "w", encoding="ascii"):
        pass
    server.standby = True
    server.start()
    expect("postgres: starting", url, 1, "starting")
    server.end()


def mysql(directory):
    server = Mariadb(directory)
    url = f"mysql://127.0.0.1:{server.port}"
    states_of_every_server(server, url)
    expect("mysql: asked as Redis", f"redis://127.0.0.1:{server.port}", 5, "protocol")
    crowd = [server.connect() for _ in range(server.most_clients + 1)]
    for each in crowd:
        each.recv(5)
    expect("mysql: saturated", url, 1, "saturated")
    for each in crowd:
        each.close()
    for _ in range(150):  # a hundred that connect and drop would block this host
        probe(url)
    expect("mysql: after 150 probes", url, 0)
    server.end()


def nobody(_directory):
    port = free_port()
    for scheme in ("amqp", "http", "memcached", "mqtt", "mysql", "nats", "postgres", "redis"):
        expect(f"{scheme}: nobody there", f"{scheme}://127.0.0.1:{port}", 2, "refused")
        expect(f"{scheme}: nobody wanted", f"{scheme}://127.0.0.1:{port}", 0, "refused",
               ("--invert",))
    with socket.socket() as forwarder:  # it accepts for nobody
        forwarder.bind(("127.0.0.1", 0))
        forwarder.listen()
        url = f"tcp://127.0.0.1:{forwarder.getsockname()[1]}"
        expect("tcp: accepted", url, 0)

        def hang_up():
            while True:
                try:
                    client, _ = forwarder.accept()
                except OSError:
                    return
                client.close()

        threading.Thread(target=hang_up, daemon=True).start()
        expect("tcp: accepted for nobody", url, 1, "closed", ("--level", "handshake"))
        forwarder.shutdown(socket.SHUT_RDWR)


PARTS = {"redis": (Redis, redis), "http": (Nginx, http), "memcached": (Memcached, memcached),
         "mqtt": (Mosquitto, mqtt), "nats": (Nats, nats), "postgres": (Postgres, postgres),
         "mysql": (Mariadb, mysql)}


def main():
    chosen = sys.argv[2:] or list(PARTS)
    skipped = 0
    nobody(None)
    for name in chosen:
        server, part = PARTS[name]
        if not server.exists():
            print(f"{name}: skipped, {server.program} is not installed")
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            part(directory)
    for breach in BREACHES:
        print(f"NOT SO: {breach}", file=sys.stderr)
    sys.exit(1 if BREACHES else 77 if skipped == len(chosen) else 0)


main()
