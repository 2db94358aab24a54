"""rows.py - the table: rows with their budgets, and what is within them.

Owns: how a figure is judged and shown. A ratio of instruction counts is exact; a time is judged by
its interval, so that "over" is said only of what is no noise.
"""
import json
import pathlib

import measure


TIMES = ("clock", "pairs", "µs")  # what another machine, or a busier one, may see otherwise


class Rows:
    def __init__(self):
        self.list, self.skipped, self.faults = [], [], []

    def as_list(self):
        """In the order of their groups, as these first came up."""
        order = list(dict.fromkeys(row["group"] for row in self.list))
        return sorted(self.list, key=lambda row: order.index(row["group"]))

    def add(self, group, name, kind, value, budget, is_within, text, note=""):
        self.list.append({"group": group, "name": name, "kind": kind, "value": value,
                          "budget": budget, "is_within": is_within, "text": text, "note": note})

    def skip(self, reason):
        self.skipped.append(reason)

    def must(self, is_true, what):
        if not is_true:
            self.faults.append(what)

    # -- kinds of rows

    def ratio(self, group, name, count, base, budget=None):
        """Of instruction counts. A budget of 1 means: no difference but the counter's noise."""
        value = count / base
        limit = 1.001 if budget == 1 else budget
        self.add(group, name, "ratio", value, budget, budget is None or value <= limit,
                 f"{value:.4f}", f"{count:,} against {base:,} instructions")

    def number(self, group, name, value, unit, budget=None, note=""):
        text = f"{value:,.2f}".rstrip("0").rstrip(".") + (f" {unit}" if unit else "")
        self.add(group, name, unit or "number", value, budget, budget is None or value <= budget,
                 text, note)

    def clock(self, group, name, microseconds, found, budget=None):
        median, low, high = found
        self.add(group, name, "clock", median, budget, budget is None or low <= budget,
                 f"{median:.3f}", f"{low:.3f} to {high:.3f}; {microseconds:.0f} µs")

    def pairs(self, group, name, pairs, has_budget):
        """Alternating runs. Noise: what one bare run differs from the next."""
        median, low, high = measure.interval([b / a for a, b in pairs])
        bare = [a for a, _ in pairs]
        _, calm, wild = measure.interval([y / x for x, y in zip(bare, bare[1:])])
        noise = max(wild - 1, 1 - calm)
        self.add(group, name, "pairs", median, 1 if has_budget else None,
                 not has_budget or low <= 1 + noise, f"{median:.3f}",
                 f"{low:.3f} to {high:.3f}; bare against bare ±{noise:.3f}")

    # -- all of them

    def ratios(self):
        return {f"{row['group']}: {row['name']}": row["value"]
                for row in self.list if row["kind"] == "ratio" and row["budget"] is not None}

    def are_within(self):
        for row in self.list:
            if not row["is_within"]:
                print(f"over: {row['group']}: {row['name']}: {row['text']}, "
                      f"budget {row['budget']} ({row['note']})")
        for fault in self.faults:
            print(f"fault: {fault}")
        return not self.faults and all(row["is_within"] for row in self.list)

    def print(self):
        group = None
        for row in self.as_list():
            if row["group"] != group:
                group = row["group"]
                print(f"\n{group}")
            budget = "" if row["budget"] is None else f"≤ {row['budget']:g}"
            verdict = "" if row["budget"] is None else "ok" if row["is_within"] else "OVER"
            print(f"  {row['name']:<42}{row['text']:>12}  {budget:<8}{verdict:<5} {row['note']}")
        for reason in self.skipped:
            print(f"SKIP: {reason}")
        budgeted = [row for row in self.list if row["budget"] is not None]
        over = sum(not row["is_within"] for row in budgeted)
        print(f"\n{len(self.list)} rows, {len(budgeted)} with a budget, {over} over, "
              f"{len(self.skipped)} skipped")
        for fault in self.faults:
            print(f"fault: {fault}")
        exact = (row for row in budgeted if row["kind"] not in TIMES)
        return all(row["is_within"] for row in exact) and not self.faults

    @staticmethod
    def print_for_readme(path):
        """Process start side by side; of all else one line a group, its worst row."""
        found = json.loads(pathlib.Path(path).read_text())
        machine = found["machine"]
        groups = {}
        for row in found["rows"]:
            groups.setdefault(row["group"], []).append(row)
        starts = [group for group in groups if group.startswith("start of")]
        print(f"OpenSSL {machine['openssl']}, glibc {machine['glibc']}, Linux {machine['kernel']}, "
              f"{machine['cpus']} CPUs ({machine['cpu']}).\n")
        print("| " + " | ".join(["× empty preload", *starts]) + " |")
        print("|---" * (1 + len(starts)) + "|")
        for row in groups[starts[0]]:
            cells = [other["text"] for group in starts for other in groups[group]
                     if other["name"] == row["name"]]
            print("| " + " | ".join([row["name"], *cells]) + " |")
        print("\nInstructions, library ÷ bare and the worst of its kind, where no unit is said:\n")
        print("| what | measured | budget |\n|---|---|---|")
        print(f"| start, as above | {worst(sum((groups[group] for group in starts), []))['text']} | "
              f"≤ 1.03 × empty preload |")
        for group, rows in groups.items():
            if group not in starts and all(row["kind"] == "ratio" for row in rows):
                kinds = f" ({len(rows)} kinds)" if len(rows) > 1 else ""
                print(f"| {group}{kinds} | {worst(rows)['text']} | {budget_text(worst(rows))} |")
            elif group not in starts:
                for row in rows:
                    note = f" ({row['note']})" if row["kind"] == "pairs" else ""
                    print(f"| {group}: {row['name']} | {row['text']}{note} | {budget_text(row)} |")
        for reason in found["skipped"]:
            print(f"| {reason} | skipped | |")
        return True


def worst(rows):
    return max((row for row in rows if row["budget"] is not None), key=lambda row: row["value"])


def budget_text(row):
    if row["budget"] is None:
        return ""
    unit = "" if row["kind"] in ("ratio", "clock", "number") else f" {row['kind']}"
    limit = "within noise" if row["kind"] == "pairs" else f"≤ {row['budget']:g}{unit}"
    return limit + ("" if row["is_within"] else ", **over**")
