"""From the result to tables, and those to text of 80 columns or to Markdown."""

import textwrap
from dataclasses import dataclass
from functools import partial

from contestants import OURS
from shapes import TITLES

WAITING = ("fewer", "handoff")


@dataclass
class Table:
    title: str
    columns: list
    rows: list  # of (name, cells)


def reference(who, group, name):
    """Which of ours a contestant is compared with: those that wait, with their own kind."""
    return "conecta-asio" if group in WAITING and who[name]["kind"] == "tasks" else "conecta"


def short(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g}{unit}" if nanoseconds < 1000 * size else \
                f"{nanoseconds / size:.0f}{unit}"
    return f"{nanoseconds:.0f}ns"


def cost_cell(result, ours):
    if "pairs_per_s" not in result:
        return "-"
    ratio = (result.get("conecta_over_it") or {}).get(ours)
    cost = short(result["ns_per_pair"]) if result["ns_per_pair"] else "none"
    return f"{cost} {ratio['median']:.2f}x" if ratio else cost


def shorter(nanoseconds):
    """At most four characters and no space: three of them fit a column."""
    for unit, size in (("s", 1e9), ("m", 1e6), ("u", 1e3)):
        if nanoseconds >= 0.9995 * size:
            value = nanoseconds / size
            return f"{value:.0f}{unit}" if value >= 9.95 else f"{value:.1f}{unit}"
    return f"{nanoseconds:.0f}n"


def wait_cell(result):
    if "wait_p50_ns" not in result:
        return "-"
    return " ".join(shorter(result[f"wait_{name}_ns"]) for name in ("p50", "p99", "max"))


def tables(result):
    who = {one["name"]: one for one in result["contestants"]}
    for title, columns, entries in sections(result["shapes"]):
        group = entries[0]["group"]
        yield Table(title, columns, [
            (mark(who[name], entries),
             [cost_cell(entry["results"][name], reference(who, group, name)) for entry in entries])
            for name in entries[0]["results"]])
        if group in WAITING:
            yield Table("  waits: median, 99 %, longest (n, u, m: ns, us, ms)", columns, [
                (name, [wait_cell(entry["results"][name]) for entry in entries])
                for name in entries[0]["results"]
                if any("wait_p50_ns" in entry["results"][name] for entry in entries)])


def mark(one, entries):
    unranked = one["order"] != "yardstick" and one["name"] not in OURS.values() and \
        not entries[0]["results"][one["name"]]["ranked"]
    return f"({one['name']})" if unranked else one["name"]


def sections(entries):
    """(title, columns, entries): shapes that differ only in their clients, or only in their slots,
    side by side."""
    single = [e for e in entries if e["group"] in ("pair", "size")]
    if single:
        yield ("One client; 99 % of 10,000 and of 100,000 slots leased",
               [f"{int(e['shape'].split('/')[1]):,} slots" for e in single], single)
    for group, title in TITLES.items():
        if group in ("pair", "size"):
            continue
        for hold in dict.fromkeys(e["shape"].split("/")[3] for e in entries
                                  if e["group"] == group):
            row = [e for e in entries if e["group"] == group and
                   e["shape"].split("/")[3] == hold]
            held = {"0": "; no hold", "yield": ""}.get(hold, f"; holds {hold[:-2]} us")
            yield title + held, [f"{e['shape'].split('/')[0]} clients" for e in row], row


def bar_lines(result):
    for bar in result["bars"]:
        met = "met " if bar["met"] else "MISS"
        detail = f" ({bar['detail']})" if bar["detail"] else ""
        yield met, f"{bar['bar']}: {bar['measured']:.3g}, bar {bar['limit']}{detail}"


def as_text(result):
    lines = [f"{result['rounds']} rounds of {result['seconds']:g} s; {result['machine']}"]
    for table in tables(result):
        lines += ["", table.title,
                  f"{'':20}" + "".join(f"{column:>15}" for column in table.columns)]
        lines += [f"{name:20}" + "".join(f"{cell:>15}" for cell in cells)
                  for name, cells in table.rows]
    lines += ["", "Ratio: pairs of Conecta for each pair of the peer, above 1 it is ahead;"
              " where", "clients wait, it is between contestants of one kind. (name):"
              " unranked.", ""]
    wrap = partial(textwrap.wrap, width=80, subsequent_indent="     ")
    for met, text in bar_lines(result):
        lines += wrap(f"{met} {text}")
    for one in result["skipped"]:
        lines += wrap(f"skipped: {one['name']}: {one['reason']}")
    return "\n".join(lines)


def as_markdown(result):
    lines = [f"Measured in {result['rounds']} rounds of {result['seconds']:g} s on"
             f" {result['machine']}.", "",
             "| contestant | version | kind | who waits is served |", "|---|---|---|---|"]
    lines += [f"| {one['name']} | {one['version']} | {one['what']} | {one['order']} |"
              for one in result["contestants"]]
    lines += [f"| {one['name']} | skipped: {one['reason']} | | |" for one in result["skipped"]]
    lines += ["", "| bar | | measured | |", "|---|---|---|---|"]
    lines += [f"| {bar['bar']} | {bar['limit'].replace('<=', 'at most').replace('>=', 'at least')}"
              f" | {bar['measured']:.3g} | {'met' if bar['met'] else '**missed**'}"
              f"{': ' + bar['detail'] if bar['detail'] else ''} |" for bar in result["bars"]]
    for table in tables(result):
        lines += ["", f"**{table.title.strip()}**", "",
                  "| |" + "|".join(f" {column} " for column in table.columns) + "|",
                  "|---|" + "---:|" * len(table.columns)]
        lines += [f"| {name} |" + "|".join(f" {cell} " for cell in cells) + "|"
                  for name, cells in table.rows]
    return "\n".join(lines)
