"""What the benchmarks that start other programs have in common."""

import json
import pathlib
import platform
import re
import sys


def say(text):
    print(text, file=sys.stderr, flush=True)


def machine():
    try:
        cpus = re.findall(r"model name\s*: (.+)", pathlib.Path("/proc/cpuinfo").read_text())
    except OSError:
        cpus = []
    return f"{len(cpus) or '?'} x {cpus[0] if cpus else platform.machine()}, " \
           f"{platform.system()} {platform.release().split('-')[0]}"


def in_columns(rows, left):
    """Lines; the first `left` columns begin where the others end."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(widths[i]) if i < left else cell.rjust(widths[i])
                      for i, cell in enumerate(row)).rstrip() for row in rows]


def publish(given, result, text, bars):
    """Writes and prints what was measured; returns what to exit with."""
    given.build.mkdir(parents=True, exist_ok=True)
    path = given.build / "result.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(text)
    say(f"written: {path}")
    if not given.check:
        return 0
    return 77 if result["skipped"] else 0 if all(bar["met"] for bar in bars) else 1
