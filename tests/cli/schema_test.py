#!/usr/bin/python3
"""The schema of a scenario says of every value what the command says of it.

Usage: schema_test.py CONECTA SCENARIO_DIR
Each shipped scenario is valid to both, and so is each change of one in `good`; each in `bad` is a
mistake to both.
"""
import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

TCP = ["endpoints", 0]
good = [
    (["name"], ""),
    (["seed"], 0),
    (["pool", "max_size"], 1 << 24),
    (["pool", "idle_timeout"], None),
    (["pool", "acquire_timeout"], "1.5ms"),
    (["pool", "acquire_timeout"], "${NOT_SET:-2s}"),
    (["pool", "order"], "${NOT_SET:-fifo}"),
    (["pool", "max_idle"], None),
    (["workload", "requests", 0, "send"], {"hex": "0a"}),
    (["workload", "requests", 0, "send"], {"random": "1KiB"}),
    (TCP + ["weight"], 0.5),
    (TCP + ["target", "frame"], {"bytes": 64}),
    (["stages", 0, "workers"], 0),
    (["workload", "think"], "1ms"),
    (["thresholds"], [{"metric": "wait.p99", "max": "5ms"}]),
    (["thresholds"], [{"metric": "requests.failed", "equals": 0}]),
]
bad = [
    (["version"], 2),
    (["version"], "1"),
    (["seed"], -1),
    (["seed"], 1 << 53),
    (["surprise"], 1),
    (["pool", "max_size"], 0),
    (["pool", "max_size"], 1.5),
    (["pool", "max_size"], "4"),
    (["pool", "max_size"], None),
    (["pool", "lifetime_jitter"], 1.5),
    (["pool", "acquire_timeout"], 5),
    (["pool", "acquire_timeout"], "5"),
    (["pool", "acquire_timeout"], "-5ms"),
    (["pool", "acquire_timeout"], "5 ms"),
    (["pool", "order"], "random"),
    (["pool", "backoff"], []),
    (["pool", "reset_on_return"], True),
    (["endpoints"], []),
    (["endpoints"], {}),
    (TCP + ["url"], "tcp://127.0.0.1:1"),
    (TCP + ["target", "kind"], "http-echo"),
    (TCP + ["target", "kind"], "udp-echo", ["target", "close_after"], 3),
    (TCP + ["id"], ""),
    (["workload", "requests", 0, "send"], 5),
    (["workload", "requests", 0, "send"], {}),
    (["workload", "requests", 0, "send"], {"hex": "0a", "random": 5}),
    (["workload", "requests", 0, "reply"], {"echo": False}),
    (["workload", "requests", 0, "reply"], {"echo": True, "close": True}),
    (["workload", "requests"], []),
    (["workload", "rate"], "5/s"),
    (["workload", "model"], "open"),
    (["faults", 0, "type"], "earthquake"),
    (["faults", 0, "at"], "3s"),
    (["faults", 0, "for"], None),
    (["thresholds"], [{"metric": "wait.p99"}]),
    (["thresholds"], [{"metric": "wait.p99", "max": 1, "min": 1}]),
    (["thresholds"], [{"max": 1}]),
]


# Changes of an open workload, which the schema tells from a closed one by its model.
OPEN = {"model": "open", "rate": "5/s", "requests": [{"send": "x\n", "reply": {"echo": True}}]}
good_open = [
    (["workload", "rate"], "0.5/s"),
    (["workload", "max_in_flight"], 1),
    (["workload", "on_overload"], "drop"),
    (["stages", 0, "rate"], "0/s"),
    (["stages", 0], {"name": "s", "duration": "1s", "from": "1/s", "to": "2/s"}),
]
bad_open = [
    (["workload", "rate"], "5"),
    (["workload", "rate"], "-5/s"),
    (["workload", "rate"], 5),
    (["workload", "workers"], 5),
    (["workload", "think"], "1s"),
    (["workload", "on_overload"], "panic"),
    (["workload", "model"], "closed"),
    (["workload", "model"], "ajar"),
]


def changed(scenario, path, value, path_of_more=None, more=None):
    made = copy.deepcopy(scenario)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    if path_of_more:
        return changed(made, path[:2] + path_of_more, more)
    return made


def accepts(program, scenario):
    ran = subprocess.run([program, "check", "-"], input=json.dumps(scenario), text=True,
                         capture_output=True, check=False)
    return ran.returncode == 0, ran.stderr


def main(program, directory):
    printed = subprocess.run([program, "schema", "scenario"], text=True, capture_output=True, check=True)
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    breaches = []

    for path in sorted(pathlib.Path(directory).rglob("*.json")):
        resolved = subprocess.run([program, "check", path], text=True, capture_output=True, check=True)
        for error in validator.iter_errors(json.loads(resolved.stdout)):
            breaches.append(f"{path}: the schema refuses {error.json_path}: {error.message[:100]}")

    resolved = subprocess.run([program, "check", f"{directory}/quickstart.json"], text=True,
                              capture_output=True, check=True)
    base = json.loads(resolved.stdout)
    opened = {"version": 1, "endpoints": [{"id": "a", "target": {"kind": "tcp-echo"}}],
              "workload": OPEN, "stages": [{"name": "s", "duration": "1s"}]}
    for start, edits, wanted in ((base, good, True), (base, bad, False),
                                 (opened, good_open, True), (opened, bad_open, False)):
        for edit in edits:
            scenario = changed(start, *edit)
            by_program, reason = accepts(program, scenario)
            by_schema = validator.is_valid(scenario)
            if by_program != wanted or by_schema != wanted:
                breaches.append(f"{edit}: the command says {by_program}, the schema {by_schema}; "
                                f"wanted {wanted}. {reason}")

    count = len(good) + len(good_open), len(bad) + len(bad_open)
    print("\n".join(breaches) or f"{count[0]} good and {count[1]} bad changes, all told apart")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
