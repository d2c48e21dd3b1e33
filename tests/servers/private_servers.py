"""Servers of one's own: on loopback, in a private directory, gone with this process.

Their ports are below those that the kernel gives to clients: while a server is down, nobody else
can be found there, and no client can connect to itself.
"""
import ctypes
import glob
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
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


def children_of(pid):
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                number, rest = file.read().split(" (", 1)
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        if int(rest.rsplit(") ", 1)[1].split()[1]) == pid:
            found.append(int(number))
    return found


def directories_for(kinds):
    """For each of them that is installed: the kind, and a directory that is gone afterwards. The
    others are skipped by name."""
    for kind in kinds:
        if not kind.exists():
            print(f"skipped: {kind.program} is not installed")
            continue
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)  # some run as nobody
            yield kind, directory


class PrivateServer:
    """What the two have in common: to be started, stopped for a while, and killed."""

    program = ""
    own_sockets = 1  # of a server without clients
    check = {}

    path = f"{os.environ['PATH']}:/usr/sbin"

    @classmethod
    def exists(cls):
        return shutil.which(cls.program, path=cls.path) is not None

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

    def launch(self):
        self.process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=dies_with_its_parent)

    def start(self):
        self.launch()

        def is_up():
            if self.process.poll() is not None:  # what is left of one that was killed is in its way
                self.launch()
            return self.answers()

        eventually(is_up, f"{self.program} is up")

    def endpoint(self):
        """As a scenario has it."""
        return {"url": f"tcp://127.0.0.1:{self.port}", "check": self.check}

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

    def make_table(self):
        """Of what it was asked, where it keeps none by itself."""

    def processes(self):
        return [self.process.pid]

    def send(self, number):
        for each in self.processes():
            try:
                os.kill(each, number)
            except ProcessLookupError:
                pass  # ended meanwhile

    def pause(self):
        """Until it is killed. All its threads have stopped when this returns."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def stop_for(self, seconds):
        self.send(signal.SIGSTOP)
        time.sleep(seconds)
        self.send(signal.SIGCONT)

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


class SlowRedis(Redis):
    """Can be started so that it is seen loading: with a pause for each key, as Redis' tests have it."""

    slow = False

    def command(self):
        return [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                "--dir", self.directory, "--dbfilename", "slow.rdb"] + (
                    ["--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024"]
                    if self.slow else [])

    def answers(self):
        return self.ask(b"PING\r\n", b"\r\n").startswith(b"-LOADING" if self.slow else b"+PONG")

    def begin_loading(self):
        with self.connect() as client:
            client.sendall(b"".join(b"SET k%d %s\r\n" % (i, b"v" * 100) for i in range(2000)))
            received = 0
            while received < 2000 * 5:
                received += len(client.recv(65536))
            client.sendall(b"SAVE\r\n")
            client.recv(100)
        self.slow = True
        self.down_for(0)


class Nginx(PrivateServer):
    """Writes down each request that it has answered."""

    program = "nginx"
    request = {"send": "GET /{{nonce}} HTTP/1.1\r\nHost: nginx\r\n\r\n",
               "reply": {"until": "\r\n\r\n"}, "expect": {"prefix": "HTTP/1.1 204"}}
    check = {"send": "GET /check HTTP/1.1\r\nHost: nginx\r\n\r\n",
             "reply": {"until": "\r\n\r\n"}, "expect": {"prefix": "HTTP/1.1 204"}}
    most_clients = 64

    def locations(self):
        """More of them, in nginx's words."""
        return ""

    def servers(self):
        return ""

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
    {self.locations()}
  }}
  {self.servers()}
}}""")
        program = shutil.which(self.program, path=self.path)
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


class Memcached(PrivateServer):
    program = "memcached"

    def command(self):
        return [self.program, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-m", "16",
                "-u", "nobody"]

    def answers(self):
        return self.ask(b"version\r\n", b"\r\n").startswith(b"VERSION")


class Mosquitto(PrivateServer):
    """Lets in `anna` with `s3cret`, and nobody else."""

    program = "mosquitto"

    def command(self):
        passwords = f"{self.directory}/passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "anna", "s3cret"], check=True,
                       capture_output=True)
        with open(f"{self.directory}/mosquitto.conf", "w", encoding="ascii") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous false\n"
                       f"password_file {passwords}\nuser root\n")
        return [shutil.which(self.program, path=self.path), "-c", f"{self.directory}/mosquitto.conf"]

    def answers(self):
        try:
            self.connect().close()
            return True
        except ConnectionError:
            return False


class Nats(PrivateServer):
    """Lets in `anna` with `s3cret`, and three clients at once."""

    program = "nats-server"

    def command(self):
        with open(f"{self.directory}/nats.conf", "w", encoding="ascii") as file:
            file.write(f"listen: 127.0.0.1:{self.port}\nmax_connections: 3\n"
                       "authorization { user: anna, password: s3cret }\n")
        return [shutil.which(self.program, path=self.path), "-c", f"{self.directory}/nats.conf"]

    def answers(self):
        try:
            with self.connect() as client:
                return client.recv(4).startswith(b"INFO")
        except ConnectionError:
            return False


class Dnsmasq(PrivateServer):
    """Knows `here.test`, and a text at `long.test` that does not fit into a datagram."""

    program = "dnsmasq"

    def command(self):
        texts = [f"--txt-record=long.test,{letter * 250}" for letter in "abcdef"]
        return [shutil.which(self.program, path=self.path), "--no-daemon", f"--port={self.port}",
                "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts",
                "--conf-file=/dev/null", "--user=root", "--pid-file",
                "--local=/here.test/", "--address=/here.test/192.0.2.1"] + texts

    def answers(self):
        try:
            self.connect().close()  # it serves TCP, too
            return True
        except ConnectionError:
            return False


class Ferretdb(PrivateServer):
    """Speaks MongoDB's protocol, before SQLite; `.ci/setup servers` builds it where there is Go."""

    program = "ferretdb"
    path = os.path.normpath(f"{os.path.dirname(__file__)}/../../build/go")

    def command(self):
        return [shutil.which(self.program, path=self.path), f"--listen-addr=127.0.0.1:{self.port}",
                "--handler=sqlite", f"--sqlite-url=file:{self.directory}/", "--state-dir=-",
                "--debug-addr=-", "--telemetry=disable"]

    def answers(self):
        try:
            self.connect().close()
            return True
        except ConnectionError:
            return False


class Unprivileged(PrivateServer):
    """Refuses to run as root, and so runs as nobody."""

    def as_nobody(self, command):
        return (["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command
                if os.geteuid() == 0 else command)

    def prepare(self, command):
        if os.geteuid() == 0:
            os.chown(self.directory, 65534, 65534)
        subprocess.run(self.as_nobody(command), check=True, capture_output=True,
                       cwd=self.directory)


class Rabbitmq(Unprivileged):
    """Lets in `guest`. Its node finds others by an epmd of its own."""

    program = "rabbitmq-server"
    path = "/usr/lib/rabbitmq/bin"

    def __init__(self, directory):
        self.names = free_port()
        self.epmd = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            self.as_nobody(["epmd", "-address", "127.0.0.1", "-port", str(self.names)]),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=dies_with_its_parent)
        super().__init__(directory)

    def command(self):
        with open(f"{self.directory}/plugins", "w", encoding="ascii") as file:
            file.write("[].\n")
        self.prepare(["true"])
        own = {"HOME": self.directory, "ERL_EPMD_PORT": self.names,
               "RABBITMQ_ALLOW_INPUT": "yes",  # becomes the node, in place of waiting for it
               "RABBITMQ_SERVER_START_ARGS": "-noinput",
               "RABBITMQ_CONF_ENV_FILE": "/dev/null",
               "RABBITMQ_CONFIG_FILE": f"{self.directory}/none",
               "RABBITMQ_DIST_PORT": free_port(),
               "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.directory}/plugins",
               "RABBITMQ_LOG_BASE": self.directory,
               "RABBITMQ_MNESIA_BASE": self.directory,
               "RABBITMQ_NODENAME": "conecta@localhost",
               "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
               "RABBITMQ_NODE_PORT": self.port,
               "RABBITMQ_PID_FILE": f"{self.directory}/pid"}
        return self.as_nobody(["env", *(f"{key}={value}" for key, value in own.items()),
                               shutil.which(self.program, path=self.path)])

    def answers(self):
        return self.ask(b"AMQP\0\0\x09\x01", b"\xce").startswith(b"\1\0\0")

    def end(self):
        super().end()
        self.epmd.kill()
        self.epmd.wait()


class Postgres(Unprivileged):
    """Wants a password of `anna`, trusts all others, and takes three clients at once."""

    program = "postgres"
    path = ":".join(sorted(glob.glob("/usr/lib/postgresql/*/bin")))
    most_clients = 3
    kept_for_owner = 0  # of these
    request = {"sql": "INSERT INTO asked VALUES ('{{nonce}}') RETURNING nonce"}
    standby = False

    def __init__(self, directory):
        self.data = f"{directory}/pg"
        super().__init__(directory)

    def command(self):
        if not os.path.exists(self.data):
            self.prepare([shutil.which("initdb", path=self.path), "-D", self.data, "-A", "trust",
                          "-U", "conecta", "-N", "--locale=C"])
        with open(f"{self.data}/pg_hba.conf", "w", encoding="ascii") as file:
            file.write("host all anna 127.0.0.1/32 scram-sha-256\n"
                       "host all all 127.0.0.1/32 trust\n")
        options = ["listen_addresses=127.0.0.1", f"max_connections={self.most_clients}",
                   f"superuser_reserved_connections={self.kept_for_owner}", "max_wal_senders=0"]
        if self.standby:  # it waits for a primary that never comes, and lets nobody in meanwhile
            options += ["hot_standby=off", "restore_command=false"]
        program = shutil.which(self.program, path=self.path)
        return self.as_nobody([program, "-D", self.data, "-k", self.directory, "-p", str(self.port),
                               "-F"] + [part for each in options for part in ("-c", each)])

    def startup(self, user="conecta"):
        body = b"\0\3\0\0user\0" + user.encode() + b"\0database\0postgres\0\0"
        return (len(body) + 4).to_bytes(4, "big") + body

    def tell(self, statement):
        """What it answers, a line for each row."""
        return subprocess.run(
            [shutil.which("psql", path=self.path), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             f"postgresql://conecta@127.0.0.1:{self.port}/postgres", "-c", statement],
            check=True, capture_output=True, text=True).stdout.split()

    def processes(self):
        return [self.process.pid] + children_of(self.process.pid)

    def session(self, user="conecta"):
        """Of a user that is trusted; ConnectionError if it is not let in."""
        client = self.connect()
        client.sendall(self.startup(user))
        if client.recv(1) != b"R":
            client.close()
            raise ConnectionError
        return client

    def fill(self):
        """As many others as it takes: they leave when they are closed."""
        crowd = []

        def is_full():  # those who were here before may still be leaving
            try:
                crowd.append(self.session())
            except ConnectionError:
                pass
            return len(crowd) == self.most_clients

        eventually(is_full, f"{self.program} is full")
        return crowd

    # What a bench does with it: as the user `bench`, who may do all but what is kept for the owner.

    def url_of(self, user):
        return f"postgres://{user}@127.0.0.1:{self.port}/postgres"

    def endpoint(self):
        return {"url": self.url_of("bench")}

    def make_table(self):
        self.tell("CREATE ROLE bench LOGIN; CREATE ROLE crowd LOGIN; CREATE TABLE asked (nonce text);"
                  "GRANT ALL ON asked TO bench")

    def clients(self):
        return int(self.tell("SELECT count(*) FROM pg_stat_activity WHERE usename = 'bench'")[0])

    def kill_clients(self):
        self.tell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bench'")

    def full_for(self, seconds, room):
        crowd = []
        while len(crowd) < self.most_clients - self.kept_for_owner - room:
            try:
                crowd.append(self.session("crowd"))
            except ConnectionError:
                self.kill_clients()
        time.sleep(seconds)
        for each in crowd:
            each.close()

    def asked(self):
        """The nonces of all requests that it answered."""
        return [int(each, 16) for each in self.tell("SELECT nonce FROM asked")]

    def answers(self):
        try:
            with self.connect() as client:
                client.sendall(self.startup())
                answer = client.recv(4096)
                return answer[:1] == b"R" or (self.standby and b"57P03" in answer)
        except ConnectionError:
            return False


class Mariadb(Unprivileged):
    """Lets in nobody over TCP but who knows a password; ten clients at once."""

    program = "mariadbd"
    most_clients = 10
    password = "s3cret"
    request = {"sql": "INSERT INTO asked VALUES ('{{nonce}}') RETURNING nonce"}

    def __init__(self, directory):
        self.data = f"{directory}/my"
        super().__init__(directory)

    def command(self):
        if not os.path.exists(self.data):
            self.prepare([shutil.which("mariadb-install-db"), "--no-defaults",
                          f"--datadir={self.data}", f"--tmpdir={self.directory}",
                          "--auth-root-authentication-method=normal",
                          "--skip-test-db"])
        program = shutil.which(self.program, path=self.path)
        return self.as_nobody([program, "--no-defaults", f"--datadir={self.data}",
                               f"--socket={self.directory}/my.sock", "--bind-address=127.0.0.1",
                               f"--port={self.port}", f"--max-connections={self.most_clients}",
                               f"--pid-file={self.directory}/my.pid", f"--tmpdir={self.directory}",
                               "--innodb-flush-log-at-trx-commit=2"])

    def tell(self, statements, delimiter=";"):
        """What it answers, a line for each row. Root has one place more than there are, but who is
        about to be turned away may be in it for a moment."""
        asked = ["mariadb", "--no-defaults", f"--socket={self.directory}/my.sock", "-u", "root",
                 "-N", "-B", f"--delimiter={delimiter}", "-e", statements]
        ran = None

        def is_let_in():
            nonlocal ran
            ran = subprocess.run(asked, check=False, capture_output=True, text=True)
            return "Too many connections" not in ran.stderr

        eventually(is_let_in, "root is let in")
        ran.check_returncode()
        return ran.stdout.split()

    def fill(self):
        crowd = [self.connect() for _ in range(self.most_clients + 1)]
        for each in crowd:
            each.recv(5)
        return crowd

    # What a bench does with it: as the user `bench`.

    def url_of(self, user):
        return f"mysql://{user}@127.0.0.1:{self.port}/bench"

    def endpoint(self):
        return {"url": self.url_of(f"bench:{self.password}")}

    def make_table(self):
        self.tell("CREATE DATABASE bench; CREATE TABLE bench.asked (nonce CHAR(16)); "
                  f"GRANT ALL ON bench.* TO bench@'%' IDENTIFIED BY '{self.password}'")

    def clients(self):
        return int(self.tell("SELECT count(*) FROM information_schema.processlist "
                             "WHERE user IN ('bench', 'unauthenticated user')")[0])

    def kill_clients(self):
        self.tell("KILL USER bench")

    def full_for(self, seconds, room):
        """It takes no fewer than ten; root has one more place."""
        self.tell(f"SET GLOBAL max_connections = {max(room, 10)}; KILL USER bench")
        time.sleep(seconds)
        self.tell(f"SET GLOBAL max_connections = {self.most_clients}")

    def asked(self):
        """The nonces of all requests that it answered."""
        return [int(each, 16) for each in self.tell("SELECT nonce FROM bench.asked")]

    def answers(self):
        try:
            with self.connect() as client:
                return client.recv(5)[4:5] == b"\x0a"
        except ConnectionError:
            return False
