"""What reports say of the documents about evaluation."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from evals.engine.case_changes import compare
from evals.engine.fields import ALL
from evals.engine.metric_names import in_words
from evals.engine.metric_names import metric as known_metric
from evals.engine.session import ENDED
from evals.engine.stages import FIRST, Stage, stage_of
from evals.engine.words import Demand, required, subject
from evals.selectors import arms, cases, coverage, deciding, presets, quality, spent
from governance.errors import Invalid
from governance.models import Document
from governance.reports.model import ChartRow, Interval, IntervalChart
from governance.reports.parts import Block, Column, Heading, Notice, Value, facts, files, table
from governance.selectors import documents as docs

WIDEST_MATRIX = 10
"""columns of a confusion matrix that can be read on the page; a wider one is told label by label"""
BASELINE = "baseline"
OF_LABEL = "f1:"


def evaluation_set(document: Document, body: dict[str, Any]) -> list[Block]:
    """What the cases are: purpose, slices, labels, files."""
    return [
        facts(
            ("Purpose", f"{body['purpose']}, {body['task']}"),
            ("Description", body["description"]),
            ("Cases", body["cases"]),
            ("Labels", body["labels"]),
        ),
        table(
            "Slices, by which results are told apart.",
            (Column("Slice", 24), Column("What it holds", 76)),
            sorted(body["slices"].items()),
            "No slices.",
        ),
        files("Files of cases. Reports never print a case.", body["files"]),
        *_became(document),
    ]


def _became(document: Document) -> list[Block]:
    """What became of the cases since the version before: counts and ids, never a case."""
    before = cases.before(document)
    if before is None:
        return []
    try:
        found = compare(cases.stored(before), cases.stored(document))
    except Invalid:  # the bytes were disposed of, or are not what they were; the evidence says so
        return [facts((f"Cases since version {before.number}", "not compared: the files are not there as frozen"))]

    def ids(names: Sequence[str]) -> str:
        return f"{len(names)}: {_examples(list(names))}" if names else "0"

    return [
        facts(
            (f"Added since version {before.number}", ids([case.id for case in found.added])),
            ("Removed", ids([case.id for case in found.removed])),
            ("Changed", ids([change.id for change in found.changed])),
            ("Moved between slices", ids([change.id for change in found.moved])),
        )
    ]


def rubric(_document: Document, body: dict[str, Any]) -> list[Block]:
    """How answers are asked for and graded."""
    decoding = ", ".join(
        f"{name.replace('_', ' ')} {_said(value)}"
        for name, value in sorted(body["decoding"].items())
        if value not in (None, [])
    )
    rows = [
        (
            c["name"],
            c["grader"],
            c["weight"],
            c["description"],
            "; ".join(f"{a['score']}: {a['description']}" for a in c["anchors"]),
        )
        for c in body["criteria"]
    ]
    columns = (
        Column("Criterion", 15), Column("Grader", 12), Column("Weight", 8, "right"), Column("What it asks", 33),
        Column("Scores", 32),
    )  # fmt: skip
    judges = [
        (name, judge.get("model") or judge.get("model_digest"), judge.get("endpoint") or "on this machine",
         judge["prompt"])
        for name, judge in sorted(body.get("judges", {}).items())
    ]  # fmt: skip
    asked = (Column("Judge", 14), Column("Model", 26), Column("Where", 20), Column("What it is asked", 40))
    return [
        table("Criteria; a case’s score is the sum of the weights of those it meets.", columns, rows),
        *([table("Models that grade. None of them grades its own answers.", asked, judges)] if judges else []),
        facts(
            ("Pass mark", body["pass_mark"]),
            ("Unparsed answers", body["unparsed"]),
            ("Answer", f"{body['output']['format'].upper()}, label in “{body['output']['label_field']}”"),
            ("System prompt", body["prompt"]["system"] or "none"),
            ("Prompt", body["prompt"]["template"]),
            ("Decoding", decoding),
        ),
    ]


def thresholds(document: Document, body: dict[str, Any]) -> list[Block]:
    """Each threshold as it was signed, and whether the set can decide it."""
    rows = [
        (
            t["id"],
            f"{t['importance']}, {t.get('stage', 'release')}",
            subject(Demand.of(t)),
            asked(t),
            t["alpha"],
            t["n_min"],
        )
        for t in body["thresholds"]
    ]
    columns = (
        Column("Threshold", 22), Column("Weight", 9), Column("Measured", 26), Column("Asked for", 25),
        Column("α, one-sided", 10, "right"), Column("Cases", 8, "right"),
    )  # fmt: skip
    shown = [(one.threshold.id, one.words) for one in deciding.foretold(document)]
    return [
        table(
            "A hard threshold of the release stage releases only on PASS. Missing and unreadable answers are failures.",
            columns,
            rows,
        ),
        table(
            "What each can show with the cases there are, reckoned before anything was measured.",
            (Column("Threshold", 22), Column("What it can show", 78)),
            shown,
            "The cases are not here any more.",
        ),
    ]


def threshold_notices(document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of thresholds that the signed cases cannot decide, and of attacks and regression not looked for."""
    found = deciding.undecidable(document)
    told = "; ".join(f"{name}: {why}" for name, why in sorted(found.items()))
    warned = [Notice("Undecidable", f"Thresholds of “{body['title']}” that its cases cannot decide: {told}.")]
    excepted = [
        Notice("Signed though undecidable", f"{one.threshold.id}: {one.found.reason}. Reason given: {one.exception}")
        for one in deciding.foretold(document)
        if not one.decidable and one.exception is not None
    ]
    unseen = "; ".join(why for _, why in sorted(coverage.uncovered(document).items()))
    left_out = [Notice("Not looked for", f"“{body['title']}” leaves out {unseen}.")] if unseen else []
    made = presets.made(document)
    looser = [Notice("Looser than its preset", made.words)] if made.departures else []
    return [*(warned if found else []), *excepted, *left_out, *looser]


def threshold_tells(document: Document, _body: dict[str, Any]) -> list[Notice]:
    """Say of each threshold what it can show with the cases it is signed for, and what is left of a holdout."""
    shown = [Notice(one.threshold.id, one.words) for one in deciding.foretold(document)]
    left = spent.spent(document) if shown else None
    return [
        *shown,
        Notice("Preset", presets.made(document).words),
        *([Notice("What is left of the holdout", f"{left.words}.")] if left else []),
    ]


def preset(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What a preset fills in."""
    return [
        facts(
            ("Preset", body["preset"]),
            ("α, one-sided", body["alpha"]),
            ("Power", body["power"]),
            ("Fewest cases", body["n_min"]),
            ("Cases of one cluster", "depend on one another" if body["cluster_key"] == "cluster" else "independent"),
            ("A case without an answer", body["missing_policy"].replace("_", " ")),
            ("Groups of people", "compared, or a reason why not" if body["subgroups"] else "not asked"),
        )
    ]


def quality_report(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What each check found in the data, and how like production the cases are."""
    columns = (
        Column("Status", 9), Column("Check", 22), Column("Found", 26), Column("Expected", 23), Column("Where", 20),
    )  # fmt: skip
    caption = f"{body['rows']:,} rows against {body['cases']:,} cases; rows and cases are named, never printed."
    settings = sorted((name.replace("_", " "), value) for name, value in body["settings"].items())
    told = quality.told(body)
    return [
        table(caption, columns, [_found(f) for f in told.checks]),
        table(told.representative_words, columns, [_found(f) for f in told.representative], "Not looked at."),
        facts(*settings),
    ]


def _found(finding: Mapping[str, Any]) -> tuple[Value, ...]:
    return (
        finding["status"].upper(), finding["check"], finding["found"], finding["expected"], _places(finding),
    )  # fmt: skip


def production_sample(_document: Document, body: dict[str, Any]) -> list[Block]:
    """Where the prompts were recorded, when, and how they were drawn; reports print none of them."""
    return [
        facts(
            ("Rows", body["rows"]),
            ("Recorded in", body["source"]),
            ("Drawn", body["drawn"]),
            ("From", body["first_day"]),
            ("To", body["last_day"]),
            ("Description", body.get("description") or "none"),
        ),
        files("Files of prompts. Reports never print one.", body["files"]),
    ]


def quality_spec(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What was to be checked; the references say against what."""
    return [facts(("Asked for", body["title"]))]


def quality_notices(_document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of checks that failed."""
    failed = [f["check"] for f in body["findings"] if f["status"] == "fail"]
    return [Notice("Data quality", f"“{body['title']}” found failures in: {', '.join(failed)}.")] if failed else []


def measures(_document: Document, body: dict[str, Any]) -> list[Block]:
    """Each imported figure with the source it was taken from."""
    rows: list[tuple[Value, ...]] = [
        (
            _measured(m),
            m["slice"],
            f"{figure(m['value'])} {m['unit']}",
            _bounds_of(m),
            m["n"],
            m["source"],
            m["observed"],
        )
        for m in body["measures"]
    ]
    columns = (
        Column("Measure", 16), Column("Slice", 10), Column("Value", 14, "right"), Column("Bounds", 16, "right"),
        Column("n", 8, "right"), Column("Source", 20), Column("Observed", 16),
    )  # fmt: skip
    shown = [m["evidence"] for m in body["measures"] if m.get("evidence")]
    return [
        table("Measured outside; nothing here was recomputed.", columns, rows),
        *([files("Files that show them.", shown)] if shown else []),
    ]


def evaluation_spec(_document: Document, body: dict[str, Any]) -> list[Block]:
    """Which arm, which attempt at the plan, and what answers where no model of ours does."""
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


def evaluation_result(document: Document, body: dict[str, Any]) -> list[Block]:
    """Verdicts with their bounds, the chart beside the baseline, all figures, and who was taken for whom."""
    blocks: list[Block] = []
    if body["verdicts"]:
        blocks += [_verdicts(stage) for stage in coverage.by_stages(document, body["verdicts"])]
        blocks += [_about(section) for section in coverage.sections(document, body["verdicts"])]
    compared = docs.linked_one(document, BASELINE)
    before = docs.envelope(compared).body["metrics"] if compared is not None else {}
    blocks += [chart for name in ("exact_match", "valid_format") if (chart := _chart(name, body, before)) is not None]
    blocks += [_figures(body), _confusion(body), *_beside(document)]
    environment = ", ".join(f"{name} {value}" for name, value in sorted(body["environment"].items()))
    blocks.append(
        facts(
            ("Cases", body["n"]),
            ("Seconds", body["seconds"]),
            ("Tokens generated", body["tokens"]),
            ("Answers asked for per case", body.get("repeats", 1)),
            ("Pass rate by repeat", ", ".join(figure(rate) for rate in body.get("by_repeat", [])) or "asked once"),
            ("Cases without an answer", _missing(body)),
            ("Decide nothing", _report_only(body) or "none"),
            ("Environment", environment or None),
        )
    )
    blocks.append(files("The answers, one line a case.", [body["outputs"]]))
    return blocks


def _missing(body: Mapping[str, Any]) -> str:
    """How many cases have no answer, and on which slices."""
    pieces = ", ".join(f"{name} {count}" for name, count in body.get("missing_in", {}).items())
    return f"{body.get('missing', 0)}" + (f" ({pieces})" if pieces else "")


def _report_only(body: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in body.get("report_only", {}).items())


def _beside(document: Document) -> list[Block]:
    """The arms of the plan as they stood when this result was accepted: later ones change no report."""
    thresholds = docs.linked_one(document, "thresholds")
    found = arms.of_plan(thresholds, document.seq + 1) if thresholds is not None else None
    chosen = found.chosen() if found is not None else []
    if found is None or len(chosen) < 2:
        return []
    overall = [name for piece, name in arms.metrics(chosen, found.demands) if piece == ALL]
    asked_first = next((t.metric for t in found.demands.thresholds if t.metric in overall), overall[0])
    rows: list[tuple[Value, ...]] = [
        (
            f"{arm.name}: {arm.answered}",
            arm.proof,
            _came_to(arm, asked_first),
            difference,
            *(_came_to(arm, name, alone=True) for name in ("cost_mean", "latency_p50", "tokens_mean")),
        )
        for arm, difference in zip(chosen, _less(found, chosen, asked_first), strict=True)
    ]
    columns = (
        Column("Arm", 22), Column("Whose word that is", 17), Column(metric(asked_first).capitalize(), 14, "right"),
        Column("Less the base model", 17, "right"), Column("Cost per call", 11, "right"),
        Column("Median latency", 10, "right"), Column("Tokens", 9, "right"),
    )  # fmt: skip
    caption = "Arms measured by the same plan before, on the same cases. Only the tuned model is judged."
    return [Heading("Side by side"), *_arms_chart(found, chosen, asked_first), table(caption, columns, rows)]


def _arms_chart(found: arms.Arms, chosen: Sequence[arms.Arm], name: str) -> list[Block]:
    asked_for = (name, ALL, "absolute")
    limits = [Decimal(t.limit) for t in found.demands.thresholds if (t.metric, t.slice, t.kind) == asked_for]
    drawn = [
        ChartRow(f"{arm.name}: {arm.answered}", None, measured, limits[0] if limits else None)
        for arm in chosen
        if (measured := _interval(_told(arm, name))) is not None
    ]
    if not drawn or not known_metric(name).bounded:
        return []
    caption = f"{metric(name).capitalize()} of each arm on all cases. Each end of a bar is a one-sided 95 % bound."
    return [IntervalChart(caption, tuple(drawn), ("", "measured"))]


def _less(found: arms.Arms, chosen: Sequence[arms.Arm], name: str) -> list[str]:
    """How each arm differs from the base model, paired, in words."""
    reference = found.reference(chosen)
    if reference is None:
        return ["no base model here"] * len(chosen)
    try:
        told = arms.differences(found, chosen, reference).arms
    except Invalid:  # the bytes were disposed of, or are not what they were; the evidence says so
        return ["not compared: the outputs cannot be read as frozen"] * len(chosen)
    differs = [told.get(arm.result.digest, {}).get(ALL, {}).get(name) for arm in chosen]
    return [
        "the base model"
        if arm is reference
        else ""
        if one is None
        else f"{figure(one.value)} ({bounds(one.low, one.high)})"
        for arm, one in zip(chosen, differs, strict=True)
    ]


def _told(arm: arms.Arm, name: str) -> dict[str, Any] | None:
    found = arm.body.metrics.get(ALL, {}).get(name)
    return None if found is None else found.model_dump()


def _came_to(arm: arms.Arm, name: str, *, alone: bool = False) -> str:
    found = _told(arm, name)
    if found is None:
        return "not measured"
    value = f"{Decimal(found['value']).normalize():f}" if name == "cost_mean" else figure(found["value"])
    unit = f" {known_metric(name).unit}" if known_metric(name).unit not in ("", "tokens") else ""
    return f"{value}{unit}" if alone else f"{value}{unit} ({bounds(found['low'], found['high'])})"


def result_notices(_document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of a verdict other than PASS and name the thresholds behind it; other stages are told apart."""
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


def session_spec(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What is tried in a session, and its limits."""
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


def session_record(_document: Document, body: dict[str, Any]) -> list[Block]:
    """How much was said in a session, how it ended, and the transcript's digest; reports print no word of it."""
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


def _about(section: coverage.Section) -> Block:
    """Say what the thresholds on slices of one role came to."""
    rows = [
        (v["verdict"], f"{v['threshold']} ({v['importance']})", v["reason"], figure(v["value"])) for v in section.lines
    ]
    columns = (
        Column("Verdict", 16), Column("Threshold", 20), Column("What was found and asked for", 54),
        Column("Value", 10, "right"),
    )  # fmt: skip
    return table(f"{section.title}. {section.about}", columns, rows, f"{section.title}: this plan judges none of it.")


def human_grades(_document: Document, body: dict[str, Any]) -> list[Block]:
    """How far the people agreed, and what each arm came to by their grades."""
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


def judgement(document: Document, body: dict[str, Any]) -> list[Block]:
    """The verdicts once people had graded."""
    return [_verdicts(stage) for stage in coverage.by_stages(document, body["verdicts"])]


def judge_calibration(_document: Document, body: dict[str, Any]) -> list[Block]:
    """How the judge grades the answers that people graded, and what its shares come to once corrected."""
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
        ),
        table("The judge beside people. Shares with one-sided 95 % bounds, by case.", columns, rows),
        table("What the judge called good, and what that comes to once its errors are corrected.", arms, came),
    ]


def calibration_notices(_document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of a judge that tells good from bad no better than chance."""
    useless = [
        name
        for name, c in sorted(body["criteria"].items())
        if Decimal(c["sensitivity"]["value"]) + Decimal(c["specificity"]["value"]) <= 1
    ]
    told = f"On {', '.join(useless)} the judge “{body['judge']}” tells good from bad no better than chance."
    return [Notice("Judge", f"{told} Its grades can decide nothing there.")] if useless else []


def calibration_tells(_document: Document, body: dict[str, Any]) -> list[Notice]:
    """Say in words how the judge errs, before it is signed for deciding."""
    return [
        Notice(
            name,
            f"Of answers that people call good the judge finds {figure(c['sensitivity']['value'])}, of bad ones "
            f"{figure(c['specificity']['value'])}, on {c['good'] + c['bad']} answers. What it measures is corrected by "
            "these two figures, and their uncertainty widens every bound.",
        )
        for name, c in sorted(body["criteria"].items())
    ]


def _rate(told: Mapping[str, Any]) -> str:
    return f"{figure(told['value'])}; {bounds(told['low'], told['high'])}"


def _verdicts(stage: Stage) -> Block:
    rows = [
        (
            v["verdict"],
            f"{v['threshold']} ({v['importance']})",
            v["reason"],
            figure(v["value"]),
            bounds(v["low"], v["high"]),
            v["n"],
        )
        for v in stage.lines
    ]
    columns = (
        Column("Verdict", 16), Column("Threshold", 18), Column("What was found and asked for", 40),
        Column("Value", 9, "right"), Column("Bounds", 12, "right"), Column("n", 5, "right"),
    )  # fmt: skip
    words = f"{stage.verdict or 'nothing decided'}. Each threshold judged by its one-sided bound."
    return table(f"Stage {stage.name}, {stage.decides}: {words}", columns, rows)


def _chart(name: str, body: Mapping[str, Any], before: Mapping[str, Any]) -> IntervalChart | None:
    limits = {
        v["slice"]: Decimal(v["limit"]) for v in body["verdicts"] if (v["metric"], v["kind"]) == (name, "absolute")
    }
    rows = []
    for piece in sorted(body["metrics"], key=lambda piece: (piece != ALL, piece)):
        now = _interval(body["metrics"][piece].get(name))
        if now is None:
            continue
        label = "all cases" if piece == ALL else piece
        if body["arm"] == "base":
            rows.append(ChartRow(label, now, None, limits.get(piece)))
        else:
            rows.append(ChartRow(label, _interval(before.get(piece, {}).get(name)), now, limits.get(piece)))
    caption = f"{metric(name).capitalize()} by slice. Each end of a bar is a one-sided 95 % bound."
    return IntervalChart(caption, tuple(rows)) if rows else None


def _interval(measure: Mapping[str, Any] | None) -> Interval | None:
    if measure is None or measure["low"] is None or measure["high"] is None:
        return None
    return Interval(Decimal(measure["value"]), Decimal(measure["low"]), Decimal(measure["high"]))


def _figures(body: Mapping[str, Any]) -> Block:
    """Every metric but the F1 of single labels, which the confusion tells beside its counts."""
    rows: list[tuple[Value, ...]] = [
        (piece, metric(name), figure(m["value"]), bounds(m["low"], m["high"]), m["n"], m["method"].partition(",")[0])
        for piece in sorted(body["metrics"], key=lambda piece: (piece != ALL, piece))
        for name, m in sorted(body["metrics"][piece].items())
        if piece != ALL or not name.startswith(OF_LABEL)
    ]
    columns = (
        Column("Slice", 18), Column("Metric", 20), Column("Value", 10, "right"), Column("Bounds", 18, "right"),
        Column("Cases", 8, "right"), Column("Method", 26),
    )  # fmt: skip
    return table("Figures measured.", columns, rows)


def _confusion(body: Mapping[str, Any]) -> Block:
    found, overall = body["confusion"], body["metrics"].get(ALL, {})
    labels, answers, rows = found["labels"], found["columns"], found["rows"]
    used = [j for j in range(len(answers)) if any(row[j] for row in rows)]

    def f1(label: str) -> str:
        measured = overall.get(f"{OF_LABEL}{label}")
        return figure(measured["value"]) if measured else ""

    if max(len(labels), len(used)) <= WIDEST_MATRIX:
        share = 66 / max(len(used), 1)
        columns = [Column("Target", 22), *(Column(answers[j], share, "right") for j in used), Column("F1", 12, "right")]
        counts = [[label, *(row[j] for j in used), f1(label)] for label, row in zip(labels, rows, strict=True)]
        return table("Confusion matrix: targets down, answers across.", columns, counts, "No case has a label.")
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
    return table("Confusion, target by target: what was answered in its place, and how often.", columns, told)


def metric(name: str) -> str:
    """A metric's name in words."""
    return in_words(name)


def asked(threshold: Mapping[str, Any]) -> str:
    """What a threshold asks for, in words."""
    return required(Demand.of(threshold))


def figure(value: str | None) -> str:
    """A decimal in at most three places; documents keep all of them."""
    return "not measured" if value is None else f"{Decimal(value):.3f}".rstrip("0").rstrip(".") or "0"


def bounds(low: str | None, high: str | None) -> str:
    """Two one-sided bounds, or that there are none."""
    return "none" if low is None or high is None else f"{figure(low)} to {figure(high)}"


def _measured(measure: Mapping[str, Any]) -> str:
    layer = measure.get("layer")
    return f"{measure['name']} ({layer.replace('_', ' ')})" if layer else str(measure["name"])


def _bounds_of(measure: Mapping[str, Any]) -> str:
    if measure["complete"]:
        return "complete count"
    return bounds(measure["low"], measure["high"])


def _examples(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _places(finding: Mapping[str, Any]) -> str:
    """The first places of a finding, and how many more the file beside the report names."""
    names: list[str] = finding["examples"]
    shown = ", ".join(names[:3])
    more = (finding.get("places") or len(names)) - len(names[:3])
    return f"{shown} and {more} more" if more > 0 else shown


def _said(value: object) -> str:
    return "no" if value is False else "yes" if value is True else str(value)
