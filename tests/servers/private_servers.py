"""A redis and an nginx of one's own: on loopback, in a private directory, gone with this process.

Their ports are below those that the kernel gives to clients: while a server is down, nobody else
can be found there, and no client can connect to itself.
"""
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time

PATIENCE = 20  # seconds; a server that is well needs some 30 ms


def eventually(condition, what):
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.005)


def free_port():
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def dies_with_its_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def sockets_of(pid):
    """How many sockets a process holds, those that it listens on included."""
    count = 0
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:")
        except FileNotFoundError:
            pass  # closed meanwhile
    return count


class PrivateServer:
    """What the two have in common: to be started, stopped for a while, and killed."""

    program = ""
    own_sockets = 1  # of a server without clients

    @classmethod
    def exists(cls):
        return shutil.which(cls.program, path=f"{os.environ['PATH']}:/usr/sbin") is not None

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.process = None
        self.kills = 0
        self.start()

    def command(self):
        raise NotImplementedError

    def answers(self):
        raise NotImplementedError

    def start(self):
        self.process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=dies_with_its_parent)
        eventually(self.answers, f"{self.program} is up")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, request, end):
        """Over a connection of its own; nothing if that is refused or broken off."""
        try:
            with self.connect() as client:
                client.sendall(request)
                reply = b""
                while not reply.endswith(end):
                    got = client.recv(4096)
                    if not got:
                        return b""
                    reply += got
                return reply
        except ConnectionError:
            return b""

    def clients(self):
        return sockets_of(self.process.pid) - self.own_sockets

    def stop_for(self, seconds):
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def down_for(self, seconds):
        """kill -9, and up again with what is on the disk."""
        self.process.kill()
        self.process.wait()
        self.kills += 1
        time.sleep(seconds)
        self.start()

    def crowd_for(self, count, seconds):
        """So many other clients, who say nothing."""
        crowd = [self.connect() for _ in range(count)]
        time.sleep(seconds)
        for each in crowd:
            each.close()

    def end(self):
        self.process.kill()
        self.process.wait()


class Redis(PrivateServer):
    """Counts what it is asked in the key `requests`, on the disk before it replies."""

    program = "redis-server"
    # The nonce comes back, and is counted. 23 bytes: $16, the nonce.
    request = {"send": "EVAL \"redis.call('incr','requests') return ARGV[1]\" 0 {{nonce}}\r\n",
               "reply": {"bytes": 23}, "expect": {"prefix": "$16\r\n"}}
    check = {"send": "PING\r\n", "reply": {"until": "\r\n"}, "expect": {"prefix": "+PONG"}}

    def command(self):
        return [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "yes", "--appendfsync", "no", "--dir", self.directory]

    def answers(self):
        return self.ask(b"PING\r\n", b"\r\n") == b"+PONG\r\n"

    def tell(self, line):
        return self.ask(line.encode() + b"\r\n", b"\r\n").decode()

    def kill_clients(self):
        killed = int(self.tell("CLIENT KILL TYPE normal")[1:])
        assert killed > 0, "CLIENT KILL found nobody"

    def full_for(self, seconds, room):
        """maxclients is `room`, and everybody has to come again."""
        with self.connect() as manager:  # who is in already, and stays

            def tell(line):
                manager.sendall(line.encode() + b"\r\n")
                reply = b""
                while not reply.endswith(b"\r\n"):
                    reply += manager.recv(4096)
                return reply

            assert tell(f"CONFIG SET maxclients {room + 1}") == b"+OK\r\n"
            tell("CLIENT KILL TYPE normal")
            time.sleep(seconds)
            assert tell("CONFIG SET maxclients 10000") == b"+OK\r\n"

    def served(self):
        """Since it was first started."""
        reply = self.ask(b"GET requests\r\n", b"\r\n")
        while reply.count(b"\r\n") < 2:
            reply = self.ask(b"GET requests\r\n", b"\r\n")
        return int(reply.split(b"\r\n")[1])


class Nginx(PrivateServer):
    """Writes down each request that it has answered."""

    program = "nginx"
    request = {"send": "GET /{{nonce}} HTTP/1.1\r\nHost: nginx\r\n\r\n",
               "reply": {"until": "\r\n\r\n"}, "expect": {"prefix": "HTTP/1.1 204"}}
    check = {"send": "GET /check HTTP/1.1\r\nHost: nginx\r\n\r\n",
             "reply": {"until": "\r\n\r\n"}, "expect": {"prefix": "HTTP/1.1 204"}}
    most_clients = 64

    def command(self):
        own = self.directory
        temporary = "".join(f"{kind}_temp_path {own}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{own}/nginx.conf", "w", encoding="ascii") as file:
            file.write(f"""
daemon off; master_process off; pid {own}/nginx.pid;
events {{ worker_connections {self.most_clients}; }}
http {{
  {temporary}
  log_format asked '$uri'; access_log {own}/asked.log asked;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{self.port};
    location = /check {{ access_log off; return 204; }}
    location / {{ add_header Asked $uri; return 204; }}
  }}
}}""")
        program = shutil.which(self.program, path=f"{os.environ['PATH']}:/usr/sbin")
        return [program, "-e", f"{own}/errors.log", "-p", own, "-c", f"{own}/nginx.conf"]

    def answers(self):
        return self.ask(self.check["send"].encode(), b"\r\n\r\n").startswith(b"HTTP/1.1 204")

    def full_for(self, seconds, room):
        """More clients than it may have connections, but for `room` of them."""
        self.crowd_for(self.most_clients - room, seconds)

    def asked(self):
        """The nonces of all requests that it answered, in order."""
        with open(f"{self.directory}/asked.log", encoding="ascii") as file:
            return [int(line[1:], 16) for line in file]
