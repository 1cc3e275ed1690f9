"""What reports say of evaluations, their results, and judgements by people's grades."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from governance.proof.charts import results as charts
from governance.proof.charts.results import ALL, OF_LABEL, Line, stage_of
from governance.proof.sections import arms
from governance.proof.sections.amounts import in_words
from governance.proof.sections.blocks import (
    Block,
    Column,
    Heading,
    KeyFigure,
    KeyFigures,
    Notice,
    Value,
    facts,
    files,
    table,
)
from governance.proof.sections.counts import over_baseline
from governance.proof.sections.held import Paper
from governance.proof.sections.slots import Drawn, Form, Labelled, Part, Shaped, Slot
from governance.proof.sections.stages import FIRST, ROLES, OfRole, Stage, by_role, by_stages
from governance.proof.words.printed import capital, figure
from governance.proof.words.vocabulary import Listed, Phrase, between, in_unit, one_of

WIDEST_MATRIX = 10
"""columns of a confusion matrix that can be read on the page; a wider one is told label by label"""
BASELINE = "baseline"
METRIC = "governance.proof.sections.amounts.in_words"
"""the phrase that names a metric, in sentences of slots"""
ABOUT = {role: f"{title}. {about}" for role, (title, about, _, _) in ROLES.items()}
"""what is said of the thresholds on slices of a role"""
VERDICTS = Listed(
    ("Verdict", "Threshold", "What was found and asked for", "Value", "Bounds", "Cases"),
    "verdicts",
    (
        Phrase(one_of("verdict")),
        Phrase(one_of("threshold"), " (", one_of("importance"), ")"),
        Phrase(one_of("reason")),
        Phrase(one_of("value", form="figure")),
        Phrase(one_of("low", "high", form="bounds")),
        Phrase(one_of("n", form="count")),
    ),
)
"""one threshold judged, as results and judgements list them"""


def evaluation_spec(held: Paper) -> list[Block]:
    """Which arm, which attempt at the plan, and what answers where no model of ours does."""
    body = held.body
    blocks: list[Block] = [
        facts(("Arm", body["arm"]), ("Attempt at this plan", body["attempt_index"]), ("Note", body["note"] or "none"))
    ]
    if endpoint := body.get("endpoint"):
        key = endpoint.get("key_from")
        blocks.append(
            facts(
                ("Answered by", f"{endpoint['model']} at {endpoint['address']}, as the endpoint says"),
                ("Key", f"from the variable {key}; it is in no document" if key else "none"),
                ("Prices", _prices(endpoint)),
            )
        )
    if recording := body.get("recording"):
        blocks.append(
            facts(
                ("Recorded from", f"{recording['system']}, on {recording['made_on']}"),
                ("Whose word that is", recording["made_by"]),
                ("Model it used", recording.get("model") or "not said"),
                ("What it could look up", recording.get("sources") or "not said"),
                ("Prices", _prices(recording)),
            )
        )
    if body.get("recorded"):
        caption = "The recorded answers. That these were graded is proven, not what gave them."
        blocks.append(files(caption, [body["recorded"]]))
    return blocks


def _prices(priced: Mapping[str, Any]) -> str:
    if priced.get("price_in") is None:
        return "not stated"
    return f"{priced['price_in']} USD for a million tokens read, {priced['price_out']} USD written"


def evaluation_result(held: Paper) -> list[Part]:
    """Verdicts with their bounds, the chart beside the baseline, all figures, and who was taken for whom."""
    body = held.body
    blocks: list[Part] = [_key_figures(body)]
    if body["verdicts"]:
        for stage in by_stages(held, body["verdicts"]):
            blocks += [*charts.verdicts(stage.name, stage.lines), verdicts(stage)]
        blocks += [about(section) for section in by_role(held, body["verdicts"])]
    compared = held.linked(BASELINE)
    before = compared.body["metrics"] if compared is not None else {}
    for name in charts.ALWAYS:
        blocks += charts.slices(name, body, body["verdicts"], before)
    blocks += [figures(body), *charts.confusion(body), confusion(body), side_by_side(held)]
    return [*blocks, circumstances(body), files("The answers, one line a case.", [body["outputs"]])]


def side_by_side(held: Paper) -> Slot:
    """The arms of the plan beside one another: there are several where the baseline was measured by the same plan."""
    heads = (
        "Arm", "Whose word that is", None, "Less the base model", "Cost per call", "Median latency", "Tokens per call",
    )  # fmt: skip
    caption = "Arms measured by the same plan before, on the same cases. Only the tuned model is judged."
    told = Shaped(caption, heads, last=arms.last(held))
    drawn = Drawn(f"{{{METRIC}}} of each arm on all cases. Each end of a bar is a one-sided 95 % bound.")
    baseline, plan = held.linked(BASELINE), held.linked("thresholds")
    other = baseline.linked("thresholds") if baseline is not None else None
    certain = plan is not None and other is not None and plan.digest == other.digest
    heading = Heading("Side by side")
    forms: tuple[tuple[Form, ...], ...] = ((heading, drawn, told), (heading, told))
    return Slot("side by side", "what other arms of the plan came to", forms if certain else (*forms, ()))


def circumstances(body: Mapping[str, Any]) -> Block:
    """Return what was asked how often, in which time and surroundings, and what is missing."""
    environment = ", ".join(f"{name} {value}" for name, value in sorted(body["environment"].items()))
    return facts(
        ("Cases", body["n"]),
        ("Seconds", body["seconds"]),
        ("Tokens generated", body["tokens"]),
        ("Answers asked for per case", body.get("repeats", 1)),
        ("Pass rate by repeat", ", ".join(figure(rate) for rate in body.get("by_repeat", [])) or "asked once"),
        ("Cases without an answer", _missing(body)),
        ("Decide nothing", _report_only(body) or "none"),
        ("Environment", environment or None),
    )


def _key_figures(body: Mapping[str, Any]) -> Block:
    """What the result comes to at a glance: the verdict that it was accepted with, and the first figure asked for."""
    hard = [v for v in body["verdicts"] if v["importance"] == "hard" and stage_of(v) == FIRST]
    passed = sum(v["verdict"] == "PASS" for v in hard)
    overall = body["metrics"].get(ALL, {})
    asked = [v["metric"] for v in body["verdicts"] if v["slice"] == ALL and v["metric"] in overall]
    first = next(iter([*asked, *sorted(overall)]), None)
    items = [KeyFigure(body["verdict"], "Verdict", f"{passed} of {len(hard)} hard thresholds passed", verdict=True)]
    if body["verdict"] is None:
        items = [KeyFigure("Measured", "No verdict", f"the {body['arm']} arm is measured, not judged")]
    if first is not None:
        one = overall[first]
        items.append(
            KeyFigure(
                in_unit(first, one["value"]),
                capital(in_words(first)),
                f"{between(first, one['low'], one['high'])}, one-sided",
            )
        )
    items.append(KeyFigure(f"{body['n']:,}", "Cases", f"{body.get('missing', 0)} without an answer"))
    items.append(KeyFigure(f"{body['tokens']:,}", "Tokens generated", f"in {body['seconds']} seconds"))
    return KeyFigures(tuple(items))


def release_figures(body: Mapping[str, Any], lines: Sequence[Line], verdict: str | None) -> KeyFigures:
    """Return what a release's result comes to at a glance, by the verdict lines that count, in large type."""
    hard = [line for line in lines if line["importance"] == "hard" and stage_of(line) == FIRST]
    passed = sum(line["verdict"] == "PASS" for line in hard)
    items = [KeyFigure(verdict or "none", "Verdict", f"{passed} of {len(hard)} hard limits passed", verdict=True)]
    overall = body["metrics"].get(ALL, {})
    if name := asked_first(body, lines):
        one = overall[name]
        told = f"{between(name, one['low'], one['high'])}, one-sided"
        items.append(KeyFigure(in_unit(name, one["value"]), capital(in_words(name)), told))
        items += over_baseline(body, name)
    items.append(KeyFigure(f"{body['n']:,}", "Cases", f"{body.get('missing', 0)} without an answer"))
    return KeyFigures(tuple(items))


def asked_first(body: Mapping[str, Any], lines: Iterable[Line]) -> str:
    """Return the metric over all cases that is told first: of the first limit, or any measured; "" where none is."""
    overall = body["metrics"].get(ALL, {})
    asked = [line["metric"] for line in lines if line["slice"] == ALL and line["metric"] in overall]
    return next(iter([*asked, *sorted(overall)]), "")


def _missing(body: Mapping[str, Any]) -> str:
    """How many cases have no answer, and on which slices."""
    pieces = ", ".join(f"{name} {count}" for name, count in body.get("missing_in", {}).items())
    return f"{body.get('missing', 0)}" + (f" ({pieces})" if pieces else "")


def _report_only(body: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in body.get("report_only", {}).items())


def result_notices(held: Paper) -> list[Notice]:
    """Warn of a verdict other than PASS and name the thresholds behind it; other stages are told apart."""
    body = held.body
    if body["verdict"] is None:
        return []
    missed = [v for v in body["verdicts"] if v["verdict"] != "PASS"]
    now = _named(v for v in missed if stage_of(v) == FIRST)
    later = _named(v for v in missed if stage_of(v) != FIRST)
    told = [Notice("Other stages", f"No release waits for these: {later}.")] if later else []
    if body["verdict"] != "PASS":
        return [Notice("Verdict", f"The evaluation came out {body['verdict']}: {now}."), *told]
    soft = [Notice("Soft thresholds", f"The verdict is PASS; not passed, without blocking: {now}.")] if now else []
    return [*soft, *told]


def _named(lines: Iterable[Mapping[str, Any]]) -> str:
    def words(line: Mapping[str, Any]) -> str:
        stage = "" if stage_of(line) == FIRST else f"{stage_of(line)}, "
        return f"{line['threshold']} {line['verdict']} ({stage}{line['importance']})"

    return ", ".join(map(words, lines))


def judgement(held: Paper) -> list[Part]:
    """The verdicts once people had graded, the how many-th they are, and which rounds came to nothing."""
    rows = [(label, None) for label in ("Judgement", "Rounds closed", "Rounds abandoned", "Rounds open")]
    rounds = Slot("rounds", "which of several judgements it is, and rounds of grading", ((Labelled(tuple(rows)),),))
    return [rounds, *(verdicts(stage) for stage in by_stages(held, held.body["verdicts"]))]


def about(section: OfRole) -> Block:
    """Say what the thresholds on slices of one role came to."""
    rows = [
        (
            v["verdict"],
            f"{v['threshold']} ({v['importance']})",
            v["reason"],
            in_unit(v["metric"], v["value"], v["kind"]),
        )
        for v in section.lines
    ]
    columns = (
        Column("Verdict", 16), Column("Threshold", 20), Column("What was found and asked for", 54),
        Column("Value", 10, "right"),
    )  # fmt: skip
    return table(ABOUT[section.role], columns, rows, f"{section.title}: this plan judges none of it.")


def verdicts(stage: Stage) -> Block:
    """Return the verdicts of one stage with what was found, and what they come to."""
    rows = [[cell(v) for cell in VERDICTS.cells if cell] for v in stage.lines]
    widths = (16, 16, 35, 10, 16, 7)
    columns = [
        Column(title, width, "left" if place < 3 else "right")
        for place, (title, width) in enumerate(zip(VERDICTS.columns, widths, strict=True))
    ]
    words = f"{stage.verdict or 'nothing decided'}. Each threshold judged by its one-sided bound."
    return table(f"Stage {stage.name}, {stage.decides}: {words}", columns, rows)


def figures(body: Mapping[str, Any]) -> Block:
    """Every metric but the F1 of single labels, which the confusion tells beside its counts."""
    rows: list[tuple[Value, ...]] = [
        (
            piece,
            in_words(name),
            in_unit(name, m["value"]),
            between(name, m["low"], m["high"]),
            m["n"],
            m["method"].partition(",")[0],
        )
        for piece in sorted(body["metrics"], key=lambda piece: (piece != ALL, piece))
        for name, m in sorted(body["metrics"][piece].items())
        if piece != ALL or not name.startswith(OF_LABEL)
    ]
    columns = (
        Column("Slice", 15), Column("Metric", 24), Column("Value", 11, "right"), Column("Bounds", 19, "right"),
        Column("Cases", 7, "right"), Column("Method", 24),
    )  # fmt: skip
    return table(f"Figures measured.{_worst(body)}", columns, rows)


def _worst(body: Mapping[str, Any]) -> str:
    """Say what figures make of answers that are missing, where there are such."""
    if not body.get("missing"):
        return ""
    return (
        " A missing answer counts as the worst: as wrong, and as slower than every other; "
        "what lies among those has no figure."
    )


def confusion(body: Mapping[str, Any]) -> Block:
    """Return who was taken for whom as a table: a matrix where it can be read, else target by target."""
    found, overall = body["confusion"], body["metrics"].get(ALL, {})
    labels, answers, rows = found["labels"], found["columns"], found["rows"]
    used = [j for j in range(len(answers)) if any(row[j] for row in rows)]

    def f1(label: str) -> str:
        measured = overall.get(f"{OF_LABEL}{label}")
        return in_unit(OF_LABEL, measured["value"]) if measured else ""

    lost = " F1 counts a missing answer as a wrong one of each label." if body.get("missing") else ""
    if max(len(labels), len(used)) <= WIDEST_MATRIX:
        share = 66 / max(len(used), 1)
        columns = [Column("Target", 22), *(Column(answers[j], share, "right") for j in used), Column("F1", 12, "right")]
        counts = [[label, *(row[j] for j in used), f1(label)] for label, row in zip(labels, rows, strict=True)]
        return table(f"Confusion matrix: targets down, answers across.{lost}", columns, counts, "No case has a label.")
    told = []
    for label, row in zip(labels, rows, strict=True):
        wrong = sorted(
            ((row[j], answers[j]) for j in used if answers[j] != label and row[j]), key=lambda w: (-w[0], w[1])
        )
        right = sum(row[j] for j in used if answers[j] == label)
        instead = ", ".join(f"{name} {count}" for count, name in wrong) or "nothing else"
        told.append((label, sum(row), right, f1(label), instead))
    columns = [
        Column("Target", 22), Column("Cases", 8, "right"), Column("Right", 8, "right"), Column("F1", 8, "right"),
        Column("Answered instead", 54),
    ]  # fmt: skip
    return table(f"Confusion, target by target: what was answered in its place, and how often.{lost}", columns, told)
