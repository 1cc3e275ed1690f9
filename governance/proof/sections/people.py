"""What reports say of what people do: sessions, grades, and judges held against grades."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from governance.proof.sections.blocks import Block, Column, Notice, Value, facts, files, table
from governance.proof.sections.held import Paper
from governance.proof.words.printed import bounds, figure

NO_ROUND: Final = "no round was opened or closed"
SINCE: Final = "Since then"
GRADES: Final = "human_grades"
"""the role in which a calibration names the grades that it rests on"""
ENDED: Final[Mapping[str, str]] = {
    "tester": "ended by its tester",
    "turns": "the last turn it allowed was answered",
    "time": "its time was over",
    "idle": "nobody said anything for the time it allowed",
}
"""how a session ended"""


def session_spec(held: Paper) -> list[Block]:
    """What is tried in a session, and its limits."""
    body = held.body
    return [
        facts(
            ("What is tried", body["aim"]),
            ("Read by", "everybody but engineers" if body["closed"] else "everybody in the project"),
            ("System prompt", body["prompt"]["system"] or "none"),
            ("Prompt", body["prompt"]["template"]),
            ("Longest answer", f"{body['max_new_tokens']} tokens"),
            ("Turns at most", body["max_turns"]),
            ("Seconds at most", body["max_seconds"]),
            ("Seconds of silence at most", body["idle_seconds"]),
        )
    ]


def session_record(held: Paper) -> list[Block]:
    """How much was said in a session, how it ended, and the transcript's digest; reports print no word of it."""
    body = held.body
    environment = ", ".join(f"{name} {value}" for name, value in sorted(body["environment"].items()))
    return [
        facts(
            ("Messages", body["messages"]),
            ("Answers", body["answers"]),
            ("Ended", ENDED[body["ended"]]),
            ("Seconds", body["seconds"]),
            ("Tokens generated", body["tokens"]),
            ("Environment", environment or None),
        ),
        files("The transcript, one line an exchange. Reports never print it.", [body["transcript"]]),
    ]


def human_grades(held: Paper) -> list[Block]:
    """How far the people agreed, and what each arm came to by their grades."""
    body = held.body
    agreed = [
        (
            name,
            figure(found["alpha"]),
            bounds(found["low"], found["high"]),
            figure(found["same"]),
            figure(found["together"]),
            found["items"],
        )
        for name, found in sorted(body["agreement"].items())
    ]
    columns = (
        Column("Criterion", 28), Column("Krippendorff’s α", 14, "right"), Column("Bounds", 18, "right"),
        Column("Same score", 13, "right"), Column("Same side", 13, "right"), Column("Outputs", 14, "right"),
    )  # fmt: skip
    came = [
        (arm["arm"], name, f"{told['met']} of {told['n']}", bounds(told["low"], told["high"]), figure(told["mean"]))
        for arm in body["arms"]
        for name, told in sorted(arm["criteria"].items())
    ]
    arms = (
        Column("Arm", 16), Column("Criterion", 30), Column("Met", 16, "right"), Column("Bounds", 20, "right"),
        Column("Mean score", 18, "right"),
    )  # fmt: skip
    return [
        facts(
            ("Outputs graded", body["items"]),
            ("People", body["people"]),
            ("People for each output", body["asked"]["graders"]),
            ("Decided by a third person", body["adjudicated"]),
            ("Grades replaced by their authors", body["replaced"]),
        ),
        table("Agreement of those who graded first, blind to one another and to the model.", columns, agreed),
        table("What the outputs came to. Shares with one-sided 95 % bounds, by case.", arms, came),
        files("Every grade, in the order of the ledger.", [body["grades"]]),
    ]


def judge_calibration(held: Paper, since: str | None = None) -> list[Block]:
    """How the judge grades the answers that people graded, and what its shares come to once corrected.

    `since` is what people graded after it, where a report tells of that.
    """
    body = held.body
    how = body["how"]
    rows: list[tuple[Value, ...]] = [
        (
            name,
            f"{c['found_good']} of {c['good']} ({_rate(c['sensitivity'])})",
            f"{c['found_bad']} of {c['bad']} ({_rate(c['specificity'])})",
            c["unparsed"],
            figure(c["kappa"]),
            f"{figure(c['alpha'])} ({bounds(c['low'], c['high'])})",
            figure(c["people"]),
        )
        for name, c in sorted(body["criteria"].items())
    ]
    columns = (
        Column("Criterion", 14), Column("Good ones it finds", 20), Column("Bad ones it finds", 20),
        Column("Unparsed", 10, "right"), Column("Cohen’s κ", 9, "right"), Column("Krippendorff’s α", 15, "right"),
        Column("α of people", 12, "right"),
    )  # fmt: skip
    came = [
        (one["arm"], name, figure(one["called_good"]), figure(one["value"]), bounds(one["low"], one["high"]), one["n"])
        for name, c in sorted(body["criteria"].items())
        for one in c["corrected"]
    ]
    arms = (
        Column("Arm", 14), Column("Criterion", 26), Column("Called good", 16, "right"),
        Column("Corrected", 16, "right"), Column("Bounds", 18, "right"), Column("Cases", 10, "right"),
    )  # fmt: skip
    return [
        facts(
            ("Judge", body["judge"]),
            ("Model", how.get("model") or how.get("model_digest")),
            ("Where", how.get("endpoint") or "on this machine"),
            ("What it is asked", how["prompt"]),
            ("Answers that both graded", body["answers"]),
            ("Rounds closed", len(held.all_linked(GRADES))),
            ("Rounds abandoned", ", ".join(body.get("abandoned", [])) or "none"),
            *([(SINCE, since or NO_ROUND)] if since is not None else []),
        ),
        table("The judge beside people. Shares with one-sided 95 % bounds, by case.", columns, rows),
        table("What the judge called good, and what that comes to once its errors are corrected.", arms, came),
    ]


def calibration_notices(held: Paper) -> list[Notice]:
    """Warn of a judge that tells good from bad no better than chance, and of rounds that were abandoned."""
    body = held.body
    useless = [
        name
        for name, c in sorted(body["criteria"].items())
        if Decimal(c["sensitivity"]["value"]) + Decimal(c["specificity"]["value"]) <= 1
    ]
    told = f"On {', '.join(useless)} the judge “{body['judge']}” tells good from bad no better than chance."
    found = [Notice("Judge", f"{told} Its grades can decide nothing there.")] if useless else []
    if ended := body.get("abandoned", []):
        found.append(Notice("Rounds", f"Abandoned, so that no grade in them counts: {', '.join(ended)}."))
    return found


def _rate(told: Mapping[str, Any]) -> str:
    return f"{figure(told['value'])}; {bounds(told['low'], told['high'])}"
