#!/usr/bin/python3
"""What `conecta bench` tells continuous integration, read by parsers that are not ours.

Usage: ci_test.py CONECTA DOCS/ci.md
JUnit XML goes through xml.etree; annotations through the grammar that GitHub's runner uses.
"""
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

import yaml

BREACHES = []
# From actions/runner: Runner.Common/ActionCommand.cs, TryParseV2.
COMMAND = re.compile(r"^\s*::(?P<command>[^ :]+)(?: (?P<properties>.*?))?::(?P<message>.*)$")
ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


def expect(held, what):
    if not held:
        BREACHES.append(what)


def unescaped(text):
    for escape, letter in ESCAPES:
        text = text.replace(escape, letter)
    return text


def annotations_in(text):
    found = []
    for line in text.splitlines():
        if match := COMMAND.match(line):
            pairs = [each.split("=", 1) for each in (match["properties"] or "").split(",") if each]
            found.append((match["command"], {key: unescaped(value) for key, value in pairs},
                          unescaped(match["message"])))
    return found


def verdicts_in(text):
    """The kinds of annotation, but what a busy or slow machine adds about its figures."""
    return [command for command, properties, _ in annotations_in(text)
            if not properties["title"].startswith("the figures")]


def scenario(thresholds, name="a \"test\" <of> 100 % & more"):
    return {"version": 1, "name": name,
            "endpoints": [{"id": "echo", "target": {"kind": "tcp-echo"}}],
            "workload": {"workers": 2,
                         "requests": [{"send": "x\n", "reply": {"echo": True}}]},
            "stages": [{"name": "s", "duration": "100ms"}],
            "thresholds": thresholds}


KEPT = {"metric": "requests.failed", "equals": 0}
BROKEN = {"metric": "total.p99", "max": "1ns", "stage": "s"}


def run(program, what, *more):
    ran = subprocess.run([program, "bench", "-", *more], input=json.dumps(what), text=True,
                         capture_output=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def cases_of(text):
    tree = ElementTree.fromstring(text)
    suite = tree.find("testsuite")
    for counted in (tree, suite):
        for attribute, path in (("tests", "testcase"), ("failures", "testcase/failure"),
                                ("errors", "testcase/error"), ("skipped", "testcase/skipped")):
            expect(int(counted.get(attribute)) == len(suite.findall(path)),
                   f"{counted.tag}: {attribute} does not count them")
    return suite, {case.get("name"): case for case in suite.findall("testcase")}


def broken_and_kept(program):
    code, out, _ = run(program, scenario([KEPT, BROKEN]), "--junit", "-")
    expect(code == 1, f"a broken threshold is {code}")
    suite, cases = cases_of(out)
    expect(suite.get("name") == "a \"test\" <of> 100 % & more", suite.get("name"))
    kept = cases["requests.failed == 0"]
    expect(kept.find("failure") is None and kept.findtext("system-out") == "observed 0",
           "the kept threshold is no pass with what was observed")
    failure = cases["total.p99 <= 1 ns, stage s"].find("failure")
    expect(re.fullmatch(r"observed \d\S* \ws", failure.get("message")), failure.get("message"))

    code, out, _ = run(program, scenario([KEPT, BROKEN]), "--github", "--quiet")
    expect(code == 1, f"with annotations it is {code}")
    told = annotations_in(out)
    errors = [message for command, _, message in told if command == "error"]
    expect(len(errors) == 1 and errors[0].startswith("total.p99 <= 1 ns, stage s, observed "), told)
    expect(told[0][1]["title"] == "threshold broken (a \"test\" <of> 100 % & more)", told)


def passed(program):
    code, out, _ = run(program, scenario([KEPT]), "--junit", "-")
    expect(code == 0, f"a pass is {code}")
    _, cases = cases_of(out)
    expect(len(cases) == 2 and not any(case.find("failure") for case in cases.values()), out)
    code, out, err = run(program, scenario([KEPT]), "--github", "--json", "-")
    expect(code == 0 and json.loads(out)["verdict"] == "pass", "the JSON is not alone")
    expect(verdicts_in(err) == ["notice"], err)
    with tempfile.NamedTemporaryFile() as file:
        code, out, _ = run(program, scenario([KEPT]), "--junit", file.name)
        expect("PASS" in out, "a file takes the summary away")
        cases_of(file.read())


def hostile(program):
    name = "\x1b[2J\u202e\ufffe]]>\u20ac<!--"
    code, out, _ = run(program, scenario([KEPT], name), "--junit", "-")
    expect(code == 0, f"a hostile name is {code}")
    suite, _ = cases_of(out)
    expect(suite.get("name") == "\\x1b[2J\\u{202e}\ufffd]]>\u20ac<!--", suite.get("name"))


def unreachable(program):
    what = scenario([KEPT])
    what["endpoints"] = [{"id": "echo", "url": "tcp://127.0.0.1:1"}]
    code, out, _ = run(program, what, "--junit", "-")
    expect(code == 69, f"nothing reached is {code}")
    _, cases = cases_of(out)
    errors = [case.find("error") for case in cases.values()]
    expect(any(each is not None and each.get("type") == "nothing reached" for each in errors), out)


def interrupted(program):
    of_the_window = {"metric": "requests.failed", "fault": "slow", "equals": 0}
    recovery = {"metric": "recovered_after", "fault": "slow", "max": "1h"}
    what = scenario([KEPT, of_the_window, recovery])
    what["stages"][0]["duration"] = "1h"
    what["faults"] = [{"id": "slow", "endpoint": "echo", "type": "latency", "delay": "1ms",
                       "at": "s+0s", "for": "30m"}]
    with subprocess.Popen([program, "bench", "-", "--junit", "-", "--github"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdin.write(json.dumps(what))
        process.stdin.close()
        process.stdin = None
        used = 0  # it runs, with its signals taken over, once it has used a processor for a while
        give_up = time.monotonic() + 60
        while used < 20 and time.monotonic() < give_up:
            time.sleep(0.01)
            with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
                used = int(fields[11]) + int(fields[12])
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    expect(process.returncode == 143, f"interrupted is {process.returncode}")
    _, cases = cases_of(out)
    run_case = cases["the run is complete and reaches an endpoint"]
    expect(run_case.find("error").get("type") == "interrupted", out)
    thresholds = [case for name, case in cases.items() if case is not run_case]
    expect(len(thresholds) == 3, list(cases))
    for case in thresholds:
        expect(case.find("skipped") is not None, f"{case.get('name')} was judged")
    expect(verdicts_in(err) == ["error", "warning", "warning", "warning"], err)


def refused(program):
    for arguments in (["--junit", "-", "--json", "-"], ["--junit", "x", "--check"],
                      ["--github", "--check"]):
        code, _, _ = run(program, scenario([]), *arguments)
        expect(code == 64, f"{arguments} is {code}")
    for path in ("/nonexistent/x.xml", "/dev/full"):
        code, _, err = run(program, scenario([]), "--junit", path)
        expect(code == 73 and path in err, f"{code} {err}")
    # A broken threshold is told all the same, but what was asked for is not there.
    code, out, _ = run(program, scenario([BROKEN]), "--junit", "/dev/full")
    expect(code == 73 and "FAIL" in out, f"{code} {out}")


def the_page(program, page):
    """Its YAML is YAML, and its commands run."""
    with open(page, encoding="utf-8") as file:
        blocks = re.findall(r"```yaml\n(.*?)```", file.read(), re.DOTALL)
    commands = []
    for block in blocks:
        yaml.safe_load(block)
        commands += re.findall(r"build/conecta bench \S+ (.*)", block)
    expect(len(blocks) == 2 and len(commands) == 2, f"{page} has {len(commands)} commands")
    with tempfile.TemporaryDirectory() as directory:
        for command in commands:
            ran = subprocess.run([program, "bench", "-", *command.split()], text=True, cwd=directory,
                                 input=json.dumps(scenario([KEPT])), capture_output=True, check=False)
            expect(ran.returncode == 0, f"{command}: {ran.returncode} {ran.stderr}")
            ElementTree.parse(f"{directory}/bench.xml")
            with open(f"{directory}/bench.json", encoding="utf-8") as result:
                expect(json.load(result)["verdict"] == "pass", command)


def main(program, page):
    for check in (broken_and_kept, passed, hostile, unreachable, interrupted, refused):
        check(program)
    the_page(program, page)
    print("\n".join(map(str, BREACHES)) or "all as it should be")
    return 1 if BREACHES else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
