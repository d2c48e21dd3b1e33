"""From the rounds to medians, paired ratios, ranks and the bars."""

from statistics import median

from contestants import OURS


def rate(answer):
    return answer["pairs"] / answer["elapsed_ns"] * 1e9


def summary(answers):
    """Of one contestant's rounds of one shape."""
    unsupported = [a["unsupported"] for a in answers if "unsupported" in a]
    if unsupported or not answers:
        return {"unsupported": unsupported[0] if unsupported else "ended early"}
    rates = [rate(a) for a in answers]
    result = {"pairs_per_s": rates, "ns_per_pair": 1e9 / median(rates) if median(rates) else None}
    if "p50_ns" in answers[0]:
        result.update({f"wait_{name}_ns": median(a[f"{name}_ns"] for a in answers)
                       for name in ("p50", "p99")})
        result["wait_max_ns"] = max(a["max_ns"] for a in answers)
    return result


def ratios(of, over):
    """How many times the pairs of `over` did `of` do, round by round."""
    pairs = [a / b for a, b in zip(of["pairs_per_s"], over["pairs_per_s"]) if b > 0]
    return {"median": median(pairs), "low": min(pairs), "high": max(pairs)} if pairs else None


def ranked(one, group):
    """Whether it is compared: waiters only with waiters served in order."""
    if one["order"] == "yardstick" or one["name"].startswith("conecta"):
        return False
    return group not in ("fewer", "handoff") or one["order"] == "fifo"


def analyse(shape, group, answers, who):
    """answers: by name, a list by round."""
    results = {name: summary(rounds) for name, rounds in answers.items()}
    for name, result in results.items():
        result["ranked"] = ranked(who[name], group)
        if "unsupported" in result:
            continue
        result["conecta_over_it"] = {
            ours: ratios(results[ours], result)
            for ours in OURS.values()
            if "pairs_per_s" in results.get(ours, {}) and ours != name}
    return {"shape": shape, "group": group, "results": results}


def compared(entry, who, ours):
    """(median ratio, name) of each ranked peer that `ours` is compared with; waiters: own kind."""
    found = []
    for name, result in entry["results"].items():
        over = (result.get("conecta_over_it") or {}).get(ours)
        same_kind = who[name]["kind"] == who[ours]["kind"]
        if result["ranked"] and over and (same_kind or entry["group"] not in ("fewer", "handoff")):
            found.append((over["median"], name))
    return sorted(found)


def bars(entries, who):
    """What was promised, and what was measured: {bar, limit, measured, met, detail}."""
    by_shape = {entry["shape"]: entry for entry in entries}
    found = []

    def judge(bar, limit, measured, met, detail=""):
        found.append({"bar": bar, "limit": limit, "measured": measured, "met": met,
                      "detail": detail})

    def over(shape, name, ours="conecta"):
        result = by_shape.get(shape, {}).get("results", {}).get(name, {})
        return ((result.get("conecta_over_it") or {}).get(ours) or {}).get("median")

    pair = "1/16/0/0"
    if (to_cas := over(pair, "cas")) is not None:
        judge("pair, beside two compare-and-swaps: times its cost", "<= 2", 1 / to_cas,
              to_cas >= 0.5)
    if pair in by_shape and (peers := compared(by_shape[pair], who, "conecta")):
        judge("pair, times the pairs of the fastest peer", ">= 3", peers[0][0], peers[0][0] >= 3,
              peers[0][1])
    for group, text in (("more", "more slots than clients, slowest shape, times the best peer"),
                        ("handoff", "hand-off, slowest shape, times the best FIFO peer"),
                        ("fewer", "fewer slots, slowest shape, times the best FIFO peer")):
        for ours in OURS.values() if group != "more" else ("conecta",):
            worst = min(((*peers[0], entry["shape"]) for entry in entries
                         if entry["group"] == group and (peers := compared(entry, who, ours))),
                        default=None)
            if worst:
                judge(f"{text} ({who[ours]['kind']})", "> 1", worst[0], worst[0] > 1,
                      f"{worst[1]} at {worst[2]}")
    for ours in OURS.values():
        waits = [(r["wait_p99_ns"] / max(1, r["wait_p50_ns"]), e["shape"]) for e in entries
                 if e["group"] == "handoff" and "wait_p50_ns" in (r := e["results"].get(ours, {}))]
        if waits:
            judge(f"hand-off, p99 wait over the median ({who[ours]['kind']})", "<= 3",
                  max(waits)[0], max(waits)[0] <= 3, max(waits)[1])
    small = by_shape.get(pair, {}).get("results", {}).get("conecta", {})
    for entry in entries:
        own = entry["results"].get("conecta", {})
        if entry["group"] == "size" and "pairs_per_s" in own and "pairs_per_s" in small:
            cost = own["ns_per_pair"] / small["ns_per_pair"]
            judge(f"{entry['shape'].split('/')[1]} slots, times the cost at 16", "<= 1.5", cost,
                  cost <= 1.5)
    return found
