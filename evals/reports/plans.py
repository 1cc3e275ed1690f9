"""What reports say of plans: evaluation sets, rubrics, thresholds, presets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evals.engine.case_changes import compare
from evals.engine.words import Demand, subject
from evals.reports import pictures
from evals.reports.words import asked, examples, said
from evals.selectors import cases, coverage, deciding, presets, spent
from governance.errors import Invalid
from governance.models import Document
from governance.proof.charts.figures import StackChart
from governance.proof.vocabulary import Listed, Phrase, one_of
from governance.reports.parts import Block, Column, Notice, facts, files, table


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
        *_sizes(document, body),
        files("Files of cases. Reports never print a case that is kept from anybody.", body["files"]),
        *_became(document),
    ]


def _sizes(document: Document, body: dict[str, Any]) -> list[Block]:
    """How many cases each slice has: counts, never a case."""
    try:
        held = cases.stored(document)
    except Invalid:  # the bytes were disposed of, or are not what they were; the evidence says so
        return []
    counts = Counter(name for case in held for name in case.slices)
    rows = [("all cases", (len(held),)), *((name, (counts[name],)) for name in sorted(body["slices"]))]
    return [StackChart("How many cases there are in each slice; a case may be in several.", ("cases",), tuple(rows))]


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
        return f"{len(names)}: {examples(list(names))}" if names else "0"

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
        f"{name.replace('_', ' ')} {said(value)}"
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


THRESHOLDS = Listed(
    ("Threshold", "Weight", "Measured", "Asked for", "Limit", "α, one-sided", "Cases"),
    "thresholds",
    (
        Phrase(one_of("id")),
        Phrase(one_of("importance"), ", ", one_of("stage", otherwise="release")),
        None,
        None,
        Phrase(one_of("limit")),
        Phrase(one_of("alpha")),
        Phrase(one_of("n_min", form="count")),
    ),
)
"""one threshold as it was signed; what it measures and asks for is told in words besides"""


def _in_words(threshold: Mapping[str, Any]) -> tuple[str, ...]:
    return ("", "", subject(Demand.of(threshold)), asked(threshold), "", "", "")


def thresholds(document: Document, body: dict[str, Any]) -> list[Block]:
    """Each threshold as it was signed, and whether the set can decide it."""
    rows = [
        [cell(t) if cell else words for cell, words in zip(THRESHOLDS.cells, _in_words(t), strict=True)]
        for t in body["thresholds"]
    ]
    widths = (19, 9, 22, 22, 9, 10, 9)
    columns = [
        Column(title, width, "left" if place < 4 else "right")
        for place, (title, width) in enumerate(zip(THRESHOLDS.columns, widths, strict=True))
    ]
    foretold = deciding.foretold(document)
    shown, drawn = [(one.threshold.id, one.words) for one in foretold], pictures.regions(foretold)
    return [
        table(
            "A hard threshold of the release stage releases only on PASS. Missing and unreadable answers are failures.",
            columns,
            rows,
        ),
        *([drawn] if drawn else []),
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
    unseen = "; ".join(lack for _, lack in sorted(coverage.uncovered(document).items()))
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
