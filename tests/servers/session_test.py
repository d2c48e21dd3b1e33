#!/usr/bin/python3
"""`conecta bench` with Redis and nginx over every kind of connection, and behind a relay with faults.

Usage: session_test.py CONECTA
Prints a row for each case. A server that is not installed is skipped by name; 77 if none is there.
"""
import os
import sys

sys.dont_write_bytecode = True
from bench_case import WORKERS, Case, verdict
from certificates import Certificates
from private_servers import Nginx, Redis, directories_for, free_port

STAGES = [{"name": "before", "duration": "300ms"}, {"name": "during", "duration": "500ms"},
          {"name": "after", "duration": "300ms"}]


def with_fault(kind, **keys):
    """From one stage's beginning to its end."""
    return {"stages": STAGES, "faults": [{"id": "it strikes", "endpoint": "it", "type": kind,
                                          "at": "during+0ms", "for": "500ms", **keys}]}


def is_late(case, least, most):
    """By as much as was asked, while it was asked."""
    case.all_succeed()
    inside = case.fault()["latency"]["service"]
    case.holds(least <= inside["p50_ns"] / 1e6 <= most, f"{inside['p50_ns'] / 1e6} ms inside")
    before, after = (case.found["stages"][i]["latency"]["service"]["p50_ns"] / 1e6 for i in (0, 2))
    case.holds(max(before, after) < least / 2, f"{before} ms before, {after} ms after")
    case.holds(case.fault()["injected"] > 0, "it is counted")


def is_cut(case):
    """Errors inside, and none outside."""
    errors = {(each["phase"], each["kind"]) for each in case.found["errors"]}
    gone = case.found["pool"]["closed_by"]["broken"] + case.found["pool"]["closed_by"]["stale"]
    case.holds(gone >= WORKERS and errors <= {
        ("receive", "reset"), ("send", "reset"), ("open", "reset"), ("open", "tls"),
        ("open", "closed"), ("acquire", "timeout")}, f"resets: {errors}")
    begun_before = case.found["stages"][0]["requests"]["failed"]
    # Those under way, and more where the client's thread comes to the next stage late.
    case.holds(begun_before <= 10 * WORKERS, f"{begun_before} that began before")
    case.holds(case.found["stages"][2]["requests"]["succeeded"] > 0, "some after")


def counts_agree(case, served):
    sent = case.found["wire"]["requests_sent"]
    case.holds(case.found["requests"]["failed"] == 0 and served == sent, f"{served} served")


def over_any(name, url, request, environment=None):
    """The faults that its relay does, wherever the bytes go to."""
    more = {"environment": environment}
    is_late(Case(f"{name}: late", url, request, **with_fault("latency", delay="20ms"), **more),
            20, 28)
    is_cut(Case(f"{name}: cut off", url, request, **with_fault("reset"), **more,
                pool={"backoff": {"initial": "10ms", "limit": "50ms"}}))
    Case(f"{name}: in slices", url, request,
         **with_fault("slicer", size="3B", gap="100us"), **more).all_succeed()


class RedisOnSocket(Redis):
    def command(self):
        return super().command() + ["--unixsocket", f"{self.directory}/a socket"]


def redis(directory):
    server = RedisOnSocket(directory)
    command = {"redis": ["EVAL", "redis.call('incr','requests') return ARGV[1]", "0", "{{nonce}}"]}
    urls = {"redis": f"redis://127.0.0.1:{server.port}",
            "redis+unix": f"redis+unix://{directory}/a%20socket"}
    for name, url in urls.items():
        before = server.served() if name == "redis+unix" else 0
        ready = Case(f"{name}: ready", url, command)
        ready.all_succeed()
        ready.invariant("own_reply")
        counts_agree(ready, server.served() - before)
        over_any(name, url, command)
    over_any("unix", f"unix://{directory}/a%20socket",
             {"send": "PING\r\n", "reply": {"until": "\r\n"}, "expect": {"prefix": "+PONG"}})
    server.end()


def http(directory):
    certificates = Certificates(directory)
    secure = free_port()

    class Doors(Nginx):
        def locations(self):
            return """location /chunks { ssi on; ssi_types *; root %s; }
                      location /refused { return 503; }
                      location /last { keepalive_timeout 0; return 200 "done"; }""" % self.directory

        def servers(self):
            return f"""server {{ listen 127.0.0.1:{secure} ssl;
                ssl_certificate {directory}/good.pem; ssl_certificate_key {directory}/good.key;
                location / {{ return 200 "$request_method $uri"; }} }}"""

    os.mkdir(f"{directory}/chunks")
    with open(f"{directory}/chunks/page", "w", encoding="ascii") as file:
        file.write("x" * 100_000 + "<!--# echo var='request_uri' -->\n")
    server = Doors(directory)
    url = f"http://127.0.0.1:{server.port}"
    posts = Case("http: POST", url,
                 {"http": {"method": "POST", "path": "/{{nonce}}", "body": "{{seq}} of them"}})
    posts.all_succeed()
    nonces = server.asked()
    posts.holds(len(nonces) == len(set(nonces)), "no request was sent twice")
    counts_agree(posts, len(nonces))
    posts.holds(posts.found["pool"]["opened"] == 4, "connections are kept alive")
    Case("http: chunks", url,
         {"http": {"path": "/chunks/page?{{nonce}}"},
          "expect": {"regex": "/chunks/page\\?[0-9a-f]{16}"}}).all_succeed()
    Case("http: HEAD", url, {"http": {"method": "HEAD", "path": "/chunks/page"}}).all_succeed()
    Case("http: 503", url, {"http": {"path": "/refused"}}).all_fail("expect", "mismatch", "503")
    last = Case("http: the server closes after each", url, {"http": {"path": "/last"}})
    last.all_succeed()
    last.holds(last.found["pool"]["opened"] >= last.found["requests"]["succeeded"],
               "a connection each")
    over_any("http", url, {"http": {"path": "/{{nonce}}"}})
    trusted = {**os.environ, "SSL_CERT_FILE": certificates.authority}
    over_any("https", f"https://localhost:{secure}",
             {"http": {"path": "/{{nonce}}"}, "expect": {"regex": "GET /[0-9a-f]{16}"}}, trusted)
    distrusted = Case("https: an authority that nobody knows", f"https://localhost:{secure}",
                      {"http": {}}, 69, pool={"when_down": "fail_fast"})
    distrusted.all_fail("open", "tls", "")
    server.end()


def main():
    tried = 0
    cases_of = {Redis: redis, Nginx: http}
    for kind, directory in directories_for(cases_of):
        tried += 1
        cases_of[kind](directory)
    return verdict() if tried else 77


if __name__ == "__main__":
    sys.exit(main())
