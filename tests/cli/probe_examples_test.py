#!/usr/bin/python3
"""What docs/probe.md gives to other programs, as those would run it.

Usage: probe_examples_test.py CONECTA PAGE
Each example is read from the page in its own language and run before embedded servers; only hosts,
paths and the arguments of Nagios' macros are put in their places.
"""
import configparser
import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

import yaml

CONECTA, PAGE = map(os.path.abspath, sys.argv[1:])


def examples():
    """The indented blocks of the page, each by the first word of the line before it."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    found = {}
    for intro, block in re.findall(r"^(\w[^\n]*)\n\n((?:    [^\n]*\n|\n(?=    ))+)", text, re.M):
        found.setdefault(re.match(r"\w+", intro)[0], re.sub(r"^    ", "", block, flags=re.M))
    return found


EXAMPLES = examples()


@contextlib.contextmanager
def serving(kind):
    """An embedded server, which is gone afterwards: its host and port."""
    with subprocess.Popen([CONECTA, "serve", kind], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield re.search(r"127\.0\.0\.1:\d+", server.stdout.readline())[0]
        finally:
            server.terminate()
            server.stdout.read()  # what it counted


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **more)


def program_in(words):
    return [CONECTA if os.path.basename(each) == "conecta" else each for each in words]


def expect(code, ran, what):
    if ran.returncode != code:
        sys.exit(f"{what}: exit code {ran.returncode} in place of {code}\n{ran.stdout}{ran.stderr}")


def try_with_and_without(kind, what, command_at, code):
    """`command_at` of a place is run while there is a server, and then without it."""
    with serving(kind) as place:
        ready = run(command_at(place))
        expect(0, ready, what)
    gone = run(command_at(place))
    expect(code, gone, f"{what}, with nobody there")
    return ready, gone


def shell(directory):
    text = EXAMPLES["A"].replace("/run/secrets/db", f"{directory}/secret")
    with open(f"{directory}/secret", "w", encoding="ascii") as file:
        file.write("s3cret\n")
    with open(f"{directory}/server", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\necho started \"$@\"\n")
    os.chmod(f"{directory}/server", 0o755)
    with serving("postgres") as place:
        text = text.replace("@db/", f"@{place}/").replace("conecta", shlex.quote(CONECTA), 1)
        ran = run(["sh", "-c", text], cwd=directory)
    expect(0, ran, "shell")
    assert ran.stdout == "started --port 8080\n", ran.stdout


def docker():
    words = json.loads(re.search(r"CMD (\[.*\])", EXAMPLES["Docker"])[1])
    try_with_and_without("http", "Docker", lambda place: program_in(
        each.replace("127.0.0.1:8080", place) for each in words), 1)


def kubernetes():
    words = yaml.safe_load(EXAMPLES["Kubernetes"])["readinessProbe"]["exec"]["command"]
    try_with_and_without("redis", "Kubernetes", lambda place: program_in(
        each.replace("127.0.0.1", place) for each in words), 2)


def systemd():
    unit = configparser.ConfigParser()
    unit.optionxform = str
    unit.read_string(EXAMPLES["systemd"])
    line = unit["Service"]["ExecStartPre"]
    with serving("postgres") as database, serving("redis") as cache:
        line = line.replace("db.internal", database).replace("cache.internal", cache)
        expect(0, run(program_in(shlex.split(line))), "systemd")


def nagios():
    line = re.search(r"command_line\s+(.*)", EXAMPLES["Nagios"])[1]
    arguments = re.search(r"# check_command\s+\w+!(.*)", EXAMPLES["Nagios"])[1].split("!")

    def command_at(place):
        made = line
        for index, argument in enumerate(arguments):
            made = made.replace(f"$ARG{index + 1}$", argument.replace("https", "http"))
        return program_in(shlex.split(made.replace("$HOSTADDRESS$", place)))

    ready, gone = try_with_and_without("http", "Nagios", command_at, 2)
    for ran, state in ((ready, "OK"), (gone, "CRITICAL")):
        # https://nagios-plugins.org/doc/guidelines.html: 'label'=value[UOM];[warn];[crit];[min]
        assert re.fullmatch(rf"CONECTA {state} - [^|\n]+ \| ?'[^'=]+'=[0-9.]+s;[0-9.]+;[0-9.]+;0\n",
                            ran.stdout), ran.stdout


def prometheus(directory):
    with serving("http") as web, serving("redis") as cache:
        with open(f"{directory}/targets", "w", encoding="ascii") as file:
            file.write(f"# what this host needs\nhttp://{web}/\nredis://{cache}\n")
        text = EXAMPLES["Prometheus"]
        for path in ("/etc/conecta/targets", "/run/conecta.prom.new",
                     "/var/lib/node_exporter/conecta.prom"):
            text = text.replace(path, f"{directory}/{os.path.basename(path)}")
        expect(0, run(["sh", "-c", text.replace("conecta ", f"{shlex.quote(CONECTA)} ", 1)]),
               "Prometheus")
    with open(f"{directory}/conecta.prom", encoding="utf-8") as file:
        lines = file.read().splitlines()
    for target in (f"http://{web}/", f"redis://{cache}"):
        assert f'conecta_probe_success{{target="{target}"}} 1' in lines, lines


def main():
    with tempfile.TemporaryDirectory() as directory:
        shell(directory)
        docker()
        kubernetes()
        systemd()
        nagios()
        prometheus(directory)


main()
