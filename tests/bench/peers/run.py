#!/usr/bin/env python3
"""The pool's hot path beside its peers, in one run: build, start, take turns, compare.

Each contestant is a process that answers requests of one line (../pool_bench.cpp). For each shape
and each round every contestant plays once, in an order that rotates; a first round is not counted.
A contestant that cannot be built or that fails is skipped by name.
"""

import argparse
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from analysis import analyse, bars  # noqa: E402
from contestants import HERE, OURS, Worker, build_one, contestants, prepare, versions  # noqa: E402
from plot import as_svg  # noqa: E402
from shapes import label, shapes  # noqa: E402
from tables import as_markdown, as_text  # noqa: E402
from together import machine, say  # noqa: E402

ROOT = HERE.parents[2]
BEGIN, END = "<!-- figures: run.py --docs writes from here -->", "<!-- to here -->"


def arguments():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench-pool")
    asked.add_argument("--worker", help="Conecta's worker, conecta_bench_pool")
    asked.add_argument("--rounds", type=int, default=11)
    asked.add_argument("--seconds", type=float, default=1.0, help="of each round of each shape")
    asked.add_argument("--only", metavar="NAMES", help="these contestants, separated by commas;"
                       " Conecta's own always take part")
    asked.add_argument("--shapes", metavar="REGEX,...", default="",
                       help="groups or shapes that match one: pair,handoff or ^64/ or /20us")
    asked.add_argument("--list", action="store_true", help="print the shapes and end")
    for name, text in (("text", "the table"), ("markdown", "the tables of docs/benchmarks.md"),
                       ("svg", "its plot")):
        asked.add_argument(f"--{name}", action="store_true",
                           help=f"print {text} from the last result and end")
    asked.add_argument("--docs", type=pathlib.Path, metavar="FOLDER",
                       help="write tables and plot of the last result there and end")
    given = asked.parse_args()
    given.shapes = given.shapes.replace(",", "|")
    given.chosen = [(group, shape) for group, shape in shapes()
                    if re.search(given.shapes, group) or re.search(given.shapes, shape)]
    if not given.chosen:
        asked.error(f"no shape matches {given.shapes}; --list prints them")
    if given.rounds < 1 or given.seconds < 0.01:
        asked.error("at least 1 round of at least 0.01 seconds")
    return given


def start_all(given, skipped):
    prepare(given.build)
    worker = given.worker or str(given.build / "conecta/tests/conecta_bench_pool")
    only = given.only.split(",") if given.only else None
    workers = []
    for one in contestants(given.build, worker):
        if only and one.name not in only and one.name not in OURS.values():
            continue
        say(f"building {one.name}")
        reason = build_one(one)
        if reason:
            say(f"skipped: {one.name}: {reason}")
            skipped.append({"name": one.name, "reason": reason})
        else:
            workers.append(Worker(one))
    return workers


def play_shape(shape, workers, given, skipped):
    """By name, the answers of the counted rounds. A worker that fails leaves `workers`."""
    milliseconds = round(given.seconds * 1000)
    answers = {worker.contestant.name: [] for worker in workers}
    unsupported = set()
    for turn in range(given.rounds + 1 if workers else 0):
        first = turn % len(workers)
        for worker in workers[first:] + workers[:first]:
            name = worker.contestant.name
            if name in unsupported:
                continue
            try:
                answer = worker.play(shape, milliseconds)
            except (RuntimeError, ValueError) as failed:
                say(f"skipped from here: {name}: {shape}: {failed}")
                skipped.append({"name": name, "reason": f"at {shape}: {failed}"})
                workers.remove(worker)
                answers[name] = []
                continue
            if "unsupported" in answer:
                unsupported.add(name)
            if turn > 0 or "unsupported" in answer:
                answers[name].append(answer)
    return answers


def measure(given):
    skipped = []
    workers = start_all(given, skipped)
    who = {worker.contestant.name: worker.contestant for worker in workers}
    described = [{"name": one.name, "kind": one.kind, "order": one.order, "what": one.what,
                  "version": versions(one)} for one in who.values()]
    facts = {one["name"]: one for one in described}
    entries = []
    for done, (group, shape) in enumerate(given.chosen):
        say(f"{done + 1}/{len(given.chosen)} {group}: {label(shape)}")
        answers = {name: [] for name in facts}
        answers.update(play_shape(shape, workers, given, skipped))
        entries.append(analyse(shape, group, answers, facts))
    for worker in workers:
        worker.end()
    return {"schema": "conecta.bench-pool/1", "machine": machine(), "rounds": given.rounds,
            "seconds": given.seconds, "contestants": described, "skipped": skipped,
            "shapes": entries, "bars": bars(entries, facts)}


def write_docs(result, folder):
    page = folder / "benchmarks.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{as_markdown(result)}\n\n{END}{after}")
    (folder / "benchmarks.svg").write_text(as_svg(result))


def main():
    given = arguments()
    if given.list:
        print("\n".join(f"{group:8} {shape:20} {label(shape)}" for group, shape in shapes()))
        return 0
    path = given.build / "result.json"
    shown = [show for asked, show in ((given.text, as_text), (given.markdown, as_markdown),
                                      (given.svg, as_svg)) if asked]
    if shown or given.docs:
        result = json.loads(path.read_text())
        for show in shown:
            print(show(result))
        if given.docs:
            write_docs(result, given.docs)
        return 0
    result = measure(given)
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(as_text(result))
    say(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
