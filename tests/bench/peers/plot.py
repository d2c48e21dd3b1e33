"""The plot of docs/benchmarks.md: one row a shape, one dot a contestant, on a logarithmic axis."""

from math import log10

from shapes import label

COLOURS = {"conecta": "#c1121f", "conecta-asio": "#f77f00",
           "conecta-barging": "#e5989b", "cas": "#999999", "mutex": "#555555",
           "puddle": "#00b4d8", "go-conecta": "#0077b6", "deadpool": "#9d4edd", "bb8": "#e0aaff",
           "hikaricp": "#2d6a4f", "commons-pool2": "#74c69d", "commons-pool2-fair": "#b5e48c",
           "generic-pool": "#bc6c25"}
LEFT, WIDTH, ROW, TOP = 210, 560, 26, 70


def shown(entry):
    hold = entry["shape"].split("/")[3]
    return entry["group"] in ("pair", "handoff", "size") or \
        (entry["group"] == "more" and hold == "0")


def as_svg(result):
    entries = [entry for entry in result["shapes"] if shown(entry)]
    costs = {(row, name): found["ns_per_pair"] for row, entry in enumerate(entries)
             for name, found in entry["results"].items() if found.get("ns_per_pair")}
    low = int(log10(min(costs.values())) // 1)
    high = int(-(-log10(max(costs.values())) // 1))
    bottom = TOP + ROW * len(entries)

    def x(cost):
        return LEFT + WIDTH * (log10(cost) - low) / max(1, high - low)

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {bottom + 50}"'
             ' font-family="sans-serif" font-size="11">',
             '<rect width="100%" height="100%" fill="white"/>',
             f'<text x="10" y="18" font-size="13">Nanoseconds for a pair of acquire and give back'
             f' ({result["rounds"]} rounds of {result["seconds"]:g} s; left is better)</text>']
    for i, one in enumerate(result["contestants"]):
        at, line = 10 + i % 6 * 130, 34 + i // 6 * 16
        lines.append(f'<circle cx="{at + 5}" cy="{line - 4}" r="4" fill="{COLOURS[one["name"]]}"/>'
                     f'<text x="{at + 13}" y="{line}">{one["name"]}</text>')
    for power in range(low, high + 1):
        lines.append(f'<path d="M{x(10 ** power):.1f} {TOP}V{bottom}" stroke="#ddd"/>'
                     f'<text x="{x(10 ** power):.1f}" y="{bottom + 16}"'
                     f' text-anchor="middle">{10 ** power:,} ns</text>')
    for row, entry in enumerate(entries):
        lines.append(f'<text x="{LEFT - 8}" y="{TOP + ROW * row + 17}"'
                     f' text-anchor="end">{label(entry["shape"])}</text>')
    for (row, name), cost in costs.items():
        lines.append(f'<circle cx="{x(cost):.1f}" cy="{TOP + ROW * row + 13}" r="4.5"'
                     f' fill="{COLOURS[name]}" fill-opacity="0.85"><title>{name}: {cost:.0f} ns'
                     '</title></circle>')
    return "\n".join([*lines, "</svg>", ""])
