#!/usr/bin/python3
"""What the client library of a database makes of a server that lies.

Usage: lying_databases_test.py CONECTA [--any-memory]
`probe` with a user hands the connection to libpq, libmariadb or libmongoc. Each server here says
what no honest one says; the answer must have its exit code and reason, come by the deadline and
take no more memory than MOST_KIB, of which a program under a sanitizer takes more by itself.
"""
import itertools
import os
import socket
import struct
import subprocess
import sys
import threading
import time

CONECTA = os.path.abspath(sys.argv[1])
ANY_MEMORY = "--any-memory" in sys.argv[2:]
MOST_KIB = 32 << 10
TIMEOUT_S = 1.0
WRONG = []


def endless(client, piece):
    while True:
        client.sendall(piece)


def silent_after(words):
    def say(client):
        client.sendall(words)
        while client.recv(4096):
            pass
    return say


def gone_after(words):
    def say(client):
        client.recv(4096)
        client.sendall(words)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):  # who hangs up with bytes unread takes its words back
            pass
    return say


# PostgreSQL: a letter, a length that counts itself, a body.

def message(kind, body):
    return kind + struct.pack(">I", len(body) + 4) + body


def let_into_postgres(client):
    """And asked something."""
    if client.recv(4096)[4:8] == struct.pack(">I", 80877103):  # SSLRequest
        client.sendall(b"N")
        client.recv(4096)
    client.sendall(message(b"R", bytes(4)) + message(b"Z", b"I"))
    client.recv(4096)
    client.sendall(message(b"T", struct.pack(">H", 1) + b"a\0" +
                           struct.pack(">IHIhih", 0, 0, 25, -1, -1, 0)))


def giant_row(client):
    let_into_postgres(client)
    client.sendall(b"D" + struct.pack(">IHI", 1 << 30, 1, (1 << 30) - 10))
    endless(client, bytes(1 << 20))


def rows_for_ever(client):
    let_into_postgres(client)
    endless(client, message(b"D", struct.pack(">HI", 1, 1000) + bytes(1000)) * 100)


def giant_refusal(client):
    client.recv(4096)
    client.sendall(b"N")
    client.recv(4096)
    client.sendall(b"E" + struct.pack(">I", 1 << 30))
    endless(client, bytes(1 << 20))


# MySQL: a length of three bytes, a number, a body.

PROTOCOL_41, SECURE, PLUGINS, TLS = 0x0200, 0x8000, 0x80000, 0x0800
FINE = b"\0\0\0\2\0\0\0"


def packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number & 255]) + body


def greet(client, more=0):
    can = PROTOCOL_41 | SECURE | PLUGINS | more
    client.sendall(packet(0, b"\x0a8.0.36\0" + bytes(4) + b"12345678\0" +
                          struct.pack("<HBHHB", can & 0xffff, 33, 2, can >> 16, 21) + bytes(10) +
                          b"123456789012\0mysql_native_password\0"))


def let_into_mysql(client):
    greet(client)
    client.recv(4096)
    client.sendall(packet(2, FINE))


def giant_packets(client):
    let_into_mysql(client)
    client.recv(4096)
    for number in itertools.count(1):
        client.sendall(b"\xff\xff\xff" + bytes([number & 255]))
        for _ in range(255):
            client.sendall(b"\1" * 65_793)


def mysql_rows_for_ever(client):
    let_into_mysql(client)
    while b"SELECT" not in client.recv(4096):
        client.sendall(packet(1, FINE))
    column = b"\3def\0\0\0\1a\0\x0c\x21\0\xff\xff\0\0\xfd" + bytes(5)
    client.sendall(packet(1, b"\1") + packet(2, column) + packet(3, b"\xfe\0\0\2\0"))
    for number in itertools.count(4, 256):
        client.sendall(b"".join(packet(number + i, b"\xfc\xe8\3" + bytes(1000))
                                for i in range(256)))


def dripping_tls(client):
    greet(client, TLS)
    client.recv(4096)
    for byte in b"\x16\x03\x03\x40\0\2\0\x3f\xfc\3\3" + bytes(1000):
        client.sendall(bytes([byte]))
        time.sleep(0.05)


def trickled_greeting(client):
    for byte in packet(0, b"\x0a8.0.36\0" + bytes(60)):
        client.sendall(bytes([byte]))
        time.sleep(0.05)


# MongoDB: a length, four bytes each of number, answered number and kind, a body.

def giant_document(client):
    client.recv(4096)
    client.sendall(struct.pack("<IIII", 40_000_000, 1, 0, 2013))
    endless(client, bytes(1 << 20))


HTTP = gone_after(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
NATS = silent_after(b'INFO {"server_id":"x","version":"2.9.0"}\r\n')
SMTP = silent_after(b"220 mail.example.org ESMTP\r\n")
AMQP = gone_after(b"AMQP\0\0\x09\x01")
OLD_REDIS = gone_after(b"-ERR unknown command\r\n")


def serving(lie):
    listener = socket.create_server(("127.0.0.1", 0))

    def take():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=tell, args=(client,), daemon=True).start()

    def tell(client):
        with client:
            try:
                lie(client)
            except OSError:
                pass  # it has heard enough

    threading.Thread(target=take, daemon=True).start()
    return listener


def judge(what, scheme, lie, code, reason, *options):
    listener = serving(lie)
    url = f"{scheme}://anna:sesame@127.0.0.1:{listener.getsockname()[1]}"
    began = time.monotonic()
    with subprocess.Popen([CONECTA, "probe", url, "--timeout", f"{int(TIMEOUT_S * 1000)}ms",
                           *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as ran:
        said = ran.stdout.read().decode()
        _, status, used = os.wait4(ran.pid, 0)
        ran.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    listener.close()
    if ran.returncode != code or reason not in said:
        WRONG.append(f"{what}: {ran.returncode} in place of {code}, {reason}:\n{said}")
    if took > TIMEOUT_S + 1:
        WRONG.append(f"{what}: took {took:.1f} s")
    if not ANY_MEMORY and used.ru_maxrss > MOST_KIB:
        WRONG.append(f"{what}: took {used.ru_maxrss} KiB")


for each in (
        ("postgres: a row of 1 GiB", "postgres", giant_row, 1, "oversized"),
        ("postgres: rows without an end", "postgres", rows_for_ever, 2, "timeout"),
        ("postgres: a refusal of 1 GiB", "postgres", giant_refusal, 1, "closed"),
        ("postgres: HTTP", "postgres", HTTP, 5, "protocol"),
        ("postgres: NATS", "postgres", NATS, 5, "protocol"),
        ("postgres: SMTP", "postgres", SMTP, 5, "protocol"),
        ("postgres: AMQP", "postgres", AMQP, 5, "protocol"),
        ("postgres: Redis", "postgres", OLD_REDIS, 5, "protocol"),
        ("mysql: packets of 16 MiB", "mysql", giant_packets, 1, "reset"),
        ("mysql: rows without an end", "mysql", mysql_rows_for_ever, 2, "timeout"),
        ("mysql: a byte of TLS at a time", "mysql", dripping_tls, 2, "timeout", "--insecure"),
        ("mysql: a byte of the greeting at a time", "mysql", trickled_greeting, 2, "timeout"),
        ("mysql: NATS", "mysql", NATS, 5, "protocol"),
        ("mysql: SMTP", "mysql", SMTP, 5, "protocol"),
        ("mongodb: a document of 40 MB", "mongodb", giant_document, 1, "oversized"),
        ("mongodb: HTTP", "mongodb", HTTP, 5, "protocol"),
        ("mongodb: NATS", "mongodb", NATS, 5, "protocol"),
        ("mongodb: AMQP", "mongodb", AMQP, 5, "protocol")):
    judge(*each)
sys.exit("\n".join(WRONG) or 0)
