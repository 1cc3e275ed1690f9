"""The figures on the pages of a release dossier, held against those that `reckoned` finds in the stored answers.

Each function yields what is printed otherwise, beside what it should be.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from governance.proof.pages.compare import head_of, rows_of
from governance.proof.reading.text import Pages
from tests.training.reports import reckoned
from tests.training.reports.reckoned import ALL, Answers

Arm = Mapping[str, Answers]
"""the answers of an arm by slice"""
MEASURED = ("Slice", "Metric", "Value", "Bounds", "Cases", "Method")
DIFFERS = ("Metric", "Slice", "How", "Value", "Bounds", "Cases", "What that tells")
CONFUSED = ("Target", "Cases", "Right", "F1", "Answered instead")
MISSED = ("Slice", "answer", "form", "label")
REGRESSED = ("Slice", "Still right", "Newly right", "Newly wrong", "Still wrong")
VERDICTS = ("Verdict", "Threshold", "What was found and asked for", "Value", "Bounds", "Cases")
COST = ("What", "Seconds", "Tokens", "Money")
SMALLEST = 0.001
"""what the last printed digit may differ by"""


def tables(pages: Pages, head: Sequence[str]) -> Iterator[list[list[str]]]:
    """Yield the tables that have this head, as texts."""
    for table in pages.root.all("Table"):
        if head_of(table) == [*head]:
            yield [[cell.text for cell in row] for row in rows_of(table)[1:]]


def one_table(pages: Pages, head: Sequence[str]) -> list[list[str]]:
    """Return the rows of the one table that has this head."""
    [found] = tables(pages, head)
    return found


def counts(pages: Pages, caption: str) -> dict[str, list[int]]:
    """Return the four counts that a chart writes beside each row, by what the row is called."""
    [drawn] = [one for one in pages.root.all("Figure") if one.alt.startswith(caption)]
    found = re.findall(r"(all cases|common|failure-prone|high-value|red-team) ((?:\d+ ?){4})", drawn.text)
    return {name: [int(one) for one in said.split()] for name, said in found}


def says(text: str, *wanted: float, within: float = 0.0) -> bool:
    """Return whether a cell prints these figures, as closely as pages print them; shares and points as parts of one."""
    part = 100 if "%" in text or "points" in text else 1
    found = [
        float(one.replace("\N{MINUS SIGN}", "-").replace(",", "")) / part
        for one in re.findall(r"[\N{MINUS SIGN}-]?\d[\d,]*(?:\.\d+)?", text)
    ]
    pairs = zip(found, wanted, strict=False)
    return len(found) == len(wanted) and all(abs(one - other) <= SMALLEST + within for one, other in pairs)


def measured(pages: Pages, tuned: Arm) -> Iterator[Any]:
    """Every figure of the tuned model, by slice."""
    for piece, metric, value, bounds, n, _ in one_table(pages, MEASURED):
        of = tuned[ALL if piece == "all" else piece]
        found, ends, within = reckoned.figure(of, metric)
        bounded = says(bounds, *ends, within=within) if ends else bounds == "no bounds"
        if not (says(value, found) and bounded and int(n) == of.n):
            yield piece, metric, value, bounds, found, ends


def differences(pages: Pages, tuned: Arm, base: Arm) -> Iterator[Any]:
    """Every difference of shares, with what it is said to tell."""
    for metric, piece, how, value, bounds, n, said in one_table(pages, DIFFERS):
        if how != "difference":
            continue
        moved, ends, within = reckoned.difference(tuned[piece], base[piece], metric)
        tells = "better" if ends[0] > 0 else "worse" if ends[1] < 0 else "not told apart"
        right = says(value, moved) and says(bounds, *ends, within=within)
        if not right or (said, int(n)) != (tells, tuned[piece].n):
            yield metric, piece, value, bounds, said, moved, ends


def confusion(pages: Pages, tuned: Arm) -> Iterator[Any]:
    """Who was taken for whom."""
    for row, wanted in zip(one_table(pages, CONFUSED), reckoned.confused(tuned[ALL]), strict=True):
        label, n, right, f1, instead = wanted
        listed = [] if row[4] == "nothing else" else [one.rpartition(" ") for one in row[4].split(", ")]
        answered = {name: int(count) for name, _, count in listed}
        if row[:3] != [label, str(n), str(right)] or not says(row[3], f1) or answered != instead:
            yield row, wanted


def failures(pages: Pages, tuned: Arm, base: Arm) -> Iterator[Any]:
    """What became of the answers, what they missed, and what was right before: in charts and in tables."""
    became, moved = (counts(pages, said) for said in ("What became of the answers", "The same answers held"))
    missed, again = ({row[0]: row[1:] for row in one_table(pages, head)} for head in (MISSED, REGRESSED))
    for piece, of in tuned.items():
        right, gone = int(of.right.sum()), int(of.missing.sum())
        unread, before = int((~of.read).sum()) - gone, base[piece].right
        four = [int(one.sum()) for one in (before & of.right, ~before & of.right, before & ~of.right)]
        four.append(of.n - sum(four))
        wrong, unformed = f"{of.n - right} of {of.n}", f"{unread + gone} of {of.n}"
        wanted = [
            [right, of.n - right - unread - gone, unread, gone], four, [wrong, unformed, wrong], [*map(str, four)],
        ]  # fmt: skip
        if (found := [became[piece], moved[piece], missed[piece], again[piece]]) != wanted:
            yield piece, found, wanted


def verdicts(pages: Pages, tuned: Arm, base: Arm) -> Iterator[Any]:
    """What each threshold came to: by the bounds that are reckoned here, against its limit."""
    judged = {row[1]: row for table in tables(pages, VERDICTS) for row in table}
    for name, found, ends, verdict in reckoned.verdicts(tuned, base):
        row = judged[name]
        if row[0] != verdict or not (says(row[3], found) and says(row[4], *ends, within=0.012)):
            yield row, found, ends, verdict


def cost(pages: Pages, tuned: Arm, base: Arm) -> Iterator[Any]:
    """What the answers took."""
    spent = {row[0].split()[4]: row[2:] for row in one_table(pages, COST) if row[0].startswith("Evaluation: ")}
    for name, of in (("base", base), ("tuned", tuned)):
        lines = [line for line in of[ALL].lines if line is not None]
        priced = any(line["cost"] is not None for line in lines)
        wanted = [str(sum(line["tokens"] for line in lines)), "priced" if priced else "not recorded"]
        if spent[name] != wanted:
            yield name, spent[name], wanted
