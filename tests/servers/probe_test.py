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
import threading
import time

sys.dont_write_bytecode = True
from certificates import Certificates
from private_servers import (Dnsmasq, Ferretdb, Mariadb, Memcached, Mosquitto, Nats, Nginx, Postgres,
                             Rabbitmq, Redis, SlowRedis, directories_for, eventually, free_port)

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


def with_room_for(count):
    """As soon as the server has noticed that those before are gone."""
    return ("--headroom", str(count), "--wait", "10s")


def states_of_every_server(server, url, room=10):
    """Of a server that is ready now: what does not depend on what it speaks."""
    name = server.program
    expect(f"{name}: ready", url, 0)
    if room:
        expect(f"{name}: room for {room}", url, 0, options=with_room_for(room))
    expect(f"{name}: accepts", url, 0, options=("--level", "connect"))
    server.pause()
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


def with_secret(secret=CANARY, *options):
    return {"options": ("--password-env", "SECRET", *options),
            "env": {**os.environ, "SECRET": secret}}


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
        tell("CONFIG SET maxclients 10")
        expect("redis: room for nine more", url, 0, options=with_room_for(9))
        expect("redis: no room for ten more", url, 1, "saturated", ("--headroom", "10"))
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
    server = SlowRedis(directory)
    server.begin_loading()
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
    announced = free_port()

    class Doors(Nginx):
        def servers(self):
            return f"""server {{ listen 127.0.0.1:{announced} proxy_protocol;
                location / {{ if ($proxy_protocol_addr != 127.0.0.2) {{ return 403; }} return 204; }}
            }}"""

        def locations(self):
            with open(f"{self.directory}/users", "w", encoding="ascii") as file:
                file.write("anna:{PLAIN}s3cret\n")
            return f"""
                location = /starting {{ return 503; }}
                location = /missing {{ return 404; }}
                location = /moved {{ return 301 /; }}
                location = /private {{ auth_basic x; auth_basic_user_file {self.directory}/users;
                                       try_files /none =204; }}"""

    server = Doors(directory)
    url = f"http://127.0.0.1:{server.port}/"
    states_of_every_server(server, url)
    behind = f"http://127.0.0.1:{announced}/"
    for version in ("v1", "v2"):
        expect(f"http: PROXY {version}", behind, 0,
               options=("--proxy-protocol", version, "--source", "127.0.0.2"))
        expect(f"http: PROXY {version}, from elsewhere", behind, 4, "denied",
               options=("--proxy-protocol", version))
    expect("http: no PROXY where one is wanted", behind, 1, "closed")
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
    states_of_every_server(server, anna, room=3)
    expect("nats: no room for four", anna, 1, "saturated", ("--headroom", "4"))
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


def amqp(directory):
    server = Rabbitmq(directory)
    guest = f"amqp://guest:guest@127.0.0.1:{server.port}"
    states_of_every_server(server, guest)
    expect("amqp: no user, only a handshake", f"amqp://127.0.0.1:{server.port}", 0)
    expect("amqp: wrong password", f"amqp://guest@127.0.0.1:{server.port}", 4, "denied",
           **with_secret())
    expect("amqp: a virtual host", f"{guest}/%2F", 0)
    expect("amqp: no such virtual host", f"{guest}/none", 1, "error")
    expect("amqp: asked as Redis", f"redis://127.0.0.1:{server.port}", 5, "protocol")
    server.end()


def mongodb(directory):
    server = Ferretdb(directory)
    url = f"mongodb://127.0.0.1:{server.port}"
    states_of_every_server(server, url)
    expect("mongodb: a primary", f"{url}?role=primary", 0)
    expect("mongodb: no secondary", f"{url}?role=secondary", 1, "role")
    server.end()

    class Guarded(Ferretdb):
        def command(self):
            return [*super().command(), "--test-enable-new-auth", "--setup-username=anna",
                    "--setup-password=s3cret", "--setup-database=shop"]

    server = Guarded(directory)
    anna = f"mongodb://anna@127.0.0.1:{server.port}/shop"
    passwords_of_anna("mongodb", anna)
    expect("mongodb: no password, only a handshake", anna, 0, options=("--level", "handshake"))
    expect("mongodb: of another database", anna.replace("/shop", ""), 4, "denied",
           **with_secret("s3cret"))
    expect("mongodb: a primary, to its user", f"{anna}?role=primary", 0, **with_secret("s3cret"))
    expect("mongodb: no secondary, to its user", f"{anna}?role=secondary", 1, "role",
           **with_secret("s3cret"))
    expect("mongodb: room for ten of its user's", anna, 0,
           **with_secret("s3cret", *with_room_for(10)))
    expect("mongodb: what speaks something else, by its client",
           f"mongodb://anna@127.0.0.1:{talks_of_itself()}", 5, "protocol", **with_secret())
    server.pause()
    expect("mongodb: stopped, by its client", anna, 2, "timeout",
           **with_secret("s3cret", "--timeout", "300ms"))
    server.end()
    expect("mongodb: gone, by its client", anna, 2, "refused", **with_secret("s3cret"))


def dns(directory):
    server = Dnsmasq(directory)
    at = f"dns://127.0.0.1:{server.port}"
    expect("dns: ready", f"{at}/here.test", 0)
    expect("dns: only whether it answers", at, 0)
    expect("dns: another record", f"{at}/here.test?type=MX", 1, "no_record")
    expect("dns: a name that it refuses to look up", f"{at}/elsewhere.test", 1, "refused")
    expect("dns: an answer that needs TCP", f"{at}/long.test?type=TXT", 0)
    server.pause()
    expect("dns: stopped", f"{at}/here.test", 2, "timeout", ("--timeout", "300ms"))
    server.end()
    expect("dns: gone", f"{at}/here.test", 2, "refused")
    for wrong in (f"{at}/a..b", f"{at}/x?type=Q", "dns://u@127.0.0.1"):
        if probe(wrong).returncode != 64:
            BREACHES.append(f"{wrong} is no usage error")


def passwords_of_anna(name, url):
    """Hers is s3cret."""
    for level in ("auth", "query"):
        at_level = ("--level", level, "--password-env", "SECRET")
        for what, secret, answer in (("right", "s3cret", (0,)), ("wrong", CANARY, (4, "denied"))):
            expect(f"{name}: {what} password, {level}", url, *answer, options=at_level,
                   env={**os.environ, "SECRET": secret})
    expect(f"{name}: no password", url, 4, "denied")


def postgres(directory):
    server = Postgres(directory)
    url = f"postgres://conecta@127.0.0.1:{server.port}/postgres"
    states_of_every_server(server, url, room=server.most_clients)
    server.tell("CREATE ROLE anna LOGIN PASSWORD 's3cret'")
    anna = f"postgres://anna@127.0.0.1:{server.port}/postgres"
    passwords_of_anna("postgres", anna)
    expect("postgres: no password, only a handshake", anna, 0, options=("--level", "handshake"))
    expect("postgres: one that it does not know, only a handshake",
           f"postgres://bob@127.0.0.1:{server.port}", 0, options=("--level", "handshake"))
    expect("postgres: no room for one more", url, 1, "saturated",
           ("--headroom", str(server.most_clients + 1)))
    expect("postgres: a query", f"{url}?query=SELECT%20*%20FROM%20generate_series(1,100000)", 0)
    expect("postgres: a query that fails", f"{url}?query=SELECT%201/0", 1, "error")
    expect("postgres: no such database", url.replace("/postgres", "/shop"), 1, "no_database")
    crowd = server.fill()
    expect("postgres: saturated", url, 1, "saturated")
    expect("postgres: saturated, a handshake", url, 1, "saturated", ("--level", "handshake"))
    for each in crowd:
        each.close()
    expect("postgres: a query that hangs", f"{url}?query=SELECT%20pg_sleep(9)", 2, "timeout",
           ("--timeout", "500ms"))
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
    states_of_every_server(server, url, room=0)  # it hangs up on who has no password
    expect("mysql: no room for who has no password", url, 1, "closed", ("--headroom", "3"))
    expect("mysql: asked as Redis", f"redis://127.0.0.1:{server.port}", 5, "protocol")
    server.tell("CREATE USER anna@'%' IDENTIFIED BY 's3cret'; CREATE DATABASE shop;"
                " GRANT ALL ON shop.* TO anna@'%';"
                " CREATE TABLE shop.user(name VARCHAR(20), age INT)")
    anna = f"mysql://anna@127.0.0.1:{server.port}/shop"
    passwords_of_anna("mysql", anna)
    expect("mysql: nobody there, by its client", f"mysql://anna@127.0.0.1:{free_port()}", 2,
           "refused", **with_secret())
    expect("mysql: no such database", anna.replace("/shop", "/none"), 4, "denied",
           **with_secret("s3cret"))
    expect("mysql: room", anna, 0,
           **with_secret("s3cret", *with_room_for(server.most_clients)))
    expect("mysql: no room for two more", anna, 1, "saturated",  # its owner has one of its own
           **with_secret("s3cret", "--headroom", str(server.most_clients + 2)))
    expect("mysql: a query", f"{anna}?query=INSERT%20INTO%20user(name,age)%20VALUES('a',1)", 0,
           **with_secret("s3cret"))
    expect("mysql: a query with rows", f"{anna}?query=SELECT%20*%20FROM%20seq_1_to_100000", 0,
           **with_secret("s3cret"))
    expect("mysql: a query that fails", f"{anna}?query=SELECT%20nothing", 1, "error",
           **with_secret("s3cret"))
    crowd = server.fill()
    expect("mysql: saturated", url, 1, "saturated")
    expect("mysql: saturated, by its client", anna, 1, "saturated", **with_secret("s3cret"))
    for each in crowd:
        each.close()
    for _ in range(150):  # a hundred that connect and drop would block this host
        probe(url)
    expect("mysql: after 150 probes", url, 0)
    server.end()


def tls(directory):
    """nginx with a port for each certificate, and Redis; then those who speak no TLS."""
    made = Certificates(directory)
    doors = {name: free_port() for name in ("good", "other", "self", "expired", "client")}

    class Doors(Nginx):
        def servers(self):
            return "".join(f"""
                server {{ listen 127.0.0.1:{port} ssl;
                  ssl_certificate {directory}/{'good' if name == 'client' else name}.pem;
                  ssl_certificate_key {directory}/{'good' if name == 'client' else name}.key;
                  {f'ssl_client_certificate {made.authority}; ssl_verify_client on;'
                   if name == 'client' else ''}
                  location / {{ return 204; }} }}""" for name, port in doors.items())

    server = Doors(directory)
    trusts = ("--ca", made.authority)
    good = f"https://127.0.0.1:{doors['good']}/"
    ready = expect("https: ready", good, 0, options=trusts)
    if not json.loads(ready.stdout)["targets"][0]["certificate_expires"]:
        BREACHES.append("https: it does not say when the certificate expires")
    expect("https: by its name", good.replace("127.0.0.1", "localhost"), 0, options=trusts)
    expect("https: an authority that nobody knows", good, 1, "certificate")
    expect("https: an authority that nobody knows, trusted", good, 0, options=("--insecure",))
    expect("https: self-signed", good.replace(str(doors["good"]), str(doors["self"])), 1,
           "certificate", trusts)
    for name in ("other", "expired"):
        expect(f"https: {name}", f"https://localhost:{doors[name]}/", 1, "certificate", trusts)
    expect("https: another name, asked for", f"https://localhost:{doors['other']}/", 0,
           options=(*trusts, "--sni", "elsewhere.example"))
    expect("tls: ready", f"tls://localhost:{doors['good']}", 0, options=trusts)
    expect("tls: and nobody hangs up", f"tls://localhost:{doors['good']}", 0,
           options=(*trusts, "--level", "handshake"))
    expect("tls: a reply that is asked for", f"tls://localhost:{doors['good']}"
           "?send=GET%20/%20HTTP/1.0%0D%0A%0D%0A&expect=HTTP/1.1%20204", 0, options=trusts)
    private = f"https://localhost:{doors['client']}/"
    expect("https: no certificate of the client", private, 1, "status", trusts)
    expect("https: with one", private, 0,
           options=(*trusts, "--cert", f"{directory}/client.pem", "--key",
                    f"{directory}/client.key"))
    expect("https: with another's key", private, 3, "file",
           (*trusts, "--cert", f"{directory}/client.pem", "--key", f"{directory}/good.key"))
    expect("https: a file of authorities that holds none", good, 3, "file",
           ("--ca", f"{directory}/good.key"))
    expect("https: where only HTTP is spoken", f"https://127.0.0.1:{server.port}/", 5, "protocol",
           trusts)
    expect("http: where only HTTPS is spoken", f"http://127.0.0.1:{doors['good']}/", 1, "status")
    server.pause()
    expect("https: stopped", good, 2, "timeout", (*trusts, "--timeout", "300ms"))
    server.end()

    hostile_to_tls()

    class SecureRedis(Redis):
        def command(self):
            return [*super().command(), "--tls-port", str(self.tls_port), "--tls-cert-file",
                    f"{directory}/good.pem", "--tls-key-file", f"{directory}/good.key",
                    "--tls-ca-cert-file", made.authority]
        tls_port = free_port()

    if Redis.exists():
        server = SecureRedis(directory)
        url = f"rediss://localhost:{server.tls_port}"
        keys = ("--cert", f"{directory}/client.pem", "--key", f"{directory}/client.key")
        expect("rediss: ready", url, 0, options=(*trusts, *keys))
        expect("rediss: no certificate of the client", url, 4, "denied", trusts)
        # It waits for the end of what it takes for a line.
        expect("rediss: where only Redis is spoken", f"rediss://localhost:{server.port}", 2,
               "timeout", (*trusts, "--timeout", "300ms"))
        server.end()


def talks_of_itself():
    """The port of a server that answers whatever it is asked with one line."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(b"220 here I am, and I speak no other language\r\n" * 9)
                while client.recv(4096):  # who hung up with bytes unread would reset it
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def hostile_to_tls():
    """What answers a handshake with anything else."""
    def answering(say):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    say(client)

        threading.Thread(target=serve, daemon=True).start()
        return listener, f"tls://127.0.0.1:{listener.getsockname()[1]}"

    def part(client):
        client.sendall(b"\x16\x03\x03\x40\x00" + bytes(60))
        time.sleep(3)

    def drip(client):
        try:
            for byte in b"\x16\x03\x03\x40\x00" + bytes(60):
                client.sendall(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            pass

    for what, say, code, reason in (
            ("garbage", lambda client: client.sendall(b"\xff" * 5000), 5, "protocol"),
            ("a part of a record, and then nothing", part, 2, "timeout"),
            ("a record of 64 KiB", lambda client: client.sendall(b"\x16\x03\x03\xff\xff" * 9), 5,
             "protocol"),
            ("the end", lambda client: None, 1, "tls"),
            ("an alert", lambda client: client.sendall(b"\x15\x03\x03\x00\x02\x02\x28"), 1, "tls"),
            ("a byte at a time", drip, 2, "timeout")):
        listener, url = answering(say)
        ended = expect(f"tls: answered with {what}", url, code, reason, ("--timeout", "500ms"))
        if ended.seconds > 1.5:
            BREACHES.append(f"tls: answered with {what}: took {ended.seconds:.1f} s")
        listener.close()


def nobody(_directory):
    port = free_port()
    for scheme in ("amqp", "http", "memcached", "mongodb", "mqtt", "mysql", "nats", "postgres",
                   "redis"):
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
         "amqp": (Rabbitmq, amqp), "mongodb": (Ferretdb, mongodb),
         "dns": (Dnsmasq, dns), "mqtt": (Mosquitto, mqtt), "nats": (Nats, nats),
         "postgres": (Postgres, postgres), "mysql": (Mariadb, mysql), "tls": (Nginx, tls)}


def main():
    chosen = sys.argv[2:] or list(PARTS)
    tried = 0
    nobody(None)
    for name in chosen:
        server, part = PARTS[name]
        for _, directory in directories_for([server]):
            tried += 1
            part(directory)
    for breach in BREACHES:
        print(f"NOT SO: {breach}", file=sys.stderr)
    sys.exit(1 if BREACHES else 0 if tried else 77)


main()
