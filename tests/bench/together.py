"""What the benchmarks that start other programs have in common."""

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
