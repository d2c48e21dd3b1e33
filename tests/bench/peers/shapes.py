"""The shapes of the benchmark, in groups; their text form is described in ../pool_shape.hpp."""

HOLDS = ("0", "1us", "20us")
CLIENTS = (2, 4, 8, 64)


def shapes():
    """(group, shape): `pair`, `more`, `equal`, `fewer`, `handoff`, `size`."""
    yield "pair", "1/16/0/0"
    for group, slots in (("more", lambda n: 2 * n), ("equal", lambda n: n),
                         ("fewer", lambda n: n // 2)):
        for hold in HOLDS:
            for clients in CLIENTS:
                yield group, f"{clients}/{slots(clients)}/0/{hold}"
    for clients in CLIENTS:
        yield "handoff", f"{clients}/{clients // 2}/0/yield"
    for slots in (10_000, 100_000):
        yield "size", f"1/{slots}/{slots * 99 // 100}/0"


TITLES = {
    "pair": "One client, 16 slots",
    "more": "Twice as many slots as clients",
    "equal": "As many slots as clients",
    "fewer": "Half as many slots as clients",
    "handoff": "Half as many, and each holder lets others run: every acquire is a hand-off",
    "size": "One client, 99 % of the slots leased",
}


def label(shape: str) -> str:
    clients, slots, _, hold = shape.split("/")
    held = {"0": "no hold", "yield": "yields"}.get(hold, f"holds {hold[:-2]} us")
    plural = "client" if clients == "1" else "clients"
    return f"{clients} {plural}, {int(slots):,} slot{'s' if slots != '1' else ''}, {held}"
