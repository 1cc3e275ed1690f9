"""What reports say of plans: evaluation sets, rubrics, thresholds, presets."""

from collections.abc import Mapping
from typing import Any, Final

from governance.proof.charts import counts as charts
from governance.proof.sections import presets
from governance.proof.sections.amounts import Demand, required, subject
from governance.proof.sections.blocks import Block, Column, Notice, facts, files, table
from governance.proof.sections.held import Paper
from governance.proof.sections.slots import Drawn, Labelled, Part, Shaped, Slot
from governance.proof.sections.stages import uncovered
from governance.proof.words.vocabulary import Listed, Phrase, one_of

COUNTED: Final = (
    "Slices, by which results are told apart. Cases of one cluster depend on one another; repeats ask word for word "
    "what another case asks."
)
GONE: Final = "not compared: the files are not there as frozen"
FORETOLD: Final = "What each can show with the cases there are, reckoned before anything was measured."
NO_CASES: Final = "The cases are not here any more."
CANNOT: Final = "It cannot decide: "
"""how it begins what a threshold can show that its cases cannot decide; the reason follows, and a full stop"""
CAVEATS: Final = ("A judge grades", "People grade")
"""how it begins what stands behind that because of who grades"""
REGIONS: Final = "What a measured share would come to, threshold by threshold, reckoned before anything was measured."


def said(value: object) -> str:
    """A value of a criterion's parameters as people say it."""
    return "no" if value is False else "yes" if value is True else str(value)


def evaluation_set(held: Paper) -> list[Part]:
    """What the cases are: purpose, slices, labels, files."""
    body = held.body
    return [
        facts(
            ("Purpose", f"{body['purpose']}, {body['task']}"),
            ("Description", body["description"]),
            ("Cases", body["cases"]),
            ("Labels", body["labels"]),
        ),
        *_slices(body),
        files("Files of cases. Reports never print a case that is kept from anybody.", body["files"]),
        *([] if held.first else [_became(held)]),
    ]


def _slices(body: Mapping[str, Any]) -> list[Part]:
    """What each slice holds and how many cases: counts, never a case, and the server's word if the set tells none.

    Then nothing is told of them where the files are not as they were frozen.
    """
    slices, sizes = sorted(body["slices"].items()), body.get("sizes")
    if not sizes:
        columns = [Column("Slice", 24), Column("What it holds", 76)]
        counted = Slot("sizes", "how many cases a slice has", ((Drawn(charts.SIZES),), ()))
        return [table("Slices, by which results are told apart.", columns, slices, "No slices."), counted]
    columns = [
        Column("Slice", 20), Column("What it holds", 40), Column("Cases", 10, "right"), Column("Clusters", 10, "right"),
        Column("Of high risk", 10, "right"), Column("Repeats", 10, "right"),
    ]  # fmt: skip
    rows = [
        (name, words, *counts(sizes[name]), sizes[name]["repeats"]) for name, words in [("all", "every case"), *slices]
    ]
    return [table(COUNTED, columns, rows), *charts.sizes(body)]


def counts(size: Mapping[str, int]) -> tuple[int, int, int]:
    """Return how many cases a slice has, how many clusters, and how many cases of high risk."""
    return size["cases"], size["clusters"], size["high_risk"]


def _became(held: Paper) -> Slot:
    """What became of the cases since the version before: counts and ids, never a case."""
    number = held.number - 1
    gone = facts((f"Cases since version {number}", GONE))
    labels = (f"Added since version {number}", "Removed", "Changed", "Moved between slices")
    told = Labelled(tuple((label, None) for label in labels))
    return Slot("became", "what became of the cases since the version before", ((gone,), (told,)))


def rubric(held: Paper) -> list[Block]:
    """How answers are asked for and graded."""
    body = held.body
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
        (name, judge.get("model") or judge.get("model_digest"), _where(judge), judge["prompt"])
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


def _where(judge: Mapping[str, Any]) -> str:
    """Return where a judge is asked, and what its tokens cost there."""
    place = str(judge.get("endpoint") or "on this machine")
    if judge.get("price_in") is None:
        return place
    return f"{place}; a million tokens cost {judge['price_in']} US dollars read and {judge['price_out']} written"


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
    return ("", "", subject(Demand.of(threshold)), required(Demand.of(threshold)), "", "", "")


def thresholds(held: Paper) -> list[Part]:
    """Each threshold as it was signed, and whether the set can decide it."""
    body = held.body
    rows = [
        [cell(t) if cell else words for cell, words in zip(THRESHOLDS.cells, _in_words(t), strict=True)]
        for t in body["thresholds"]
    ]
    widths = (19, 9, 22, 22, 9, 10, 9)
    columns = [
        Column(title, width, "left" if place < 4 else "right")
        for place, (title, width) in enumerate(zip(THRESHOLDS.columns, widths, strict=True))
    ]
    heads = ("Threshold", "What it can show")
    told = Shaped(FORETOLD, heads, tuple((t["id"], None) for t in body["thresholds"]))
    gone = Shaped(FORETOLD, heads, (), NO_CASES)
    forms = ((Drawn(REGIONS), told), (told,), (gone,))
    return [
        table(
            "A hard threshold of the release stage releases only on PASS. Missing and unreadable answers are failures.",
            columns,
            rows,
        ),
        Slot("foretold", "what each threshold can show", forms),
    ]


def threshold_notices(held: Paper) -> list[Notice]:
    """Warn of attacks and regression not looked for, and of a plan looser than its preset."""
    unseen = "; ".join(lack for _, lack in sorted(uncovered(held)))
    left_out = [Notice("Not looked for", f"“{held.body['title']}” leaves out {unseen}.")] if unseen else []
    looser = presets.looser(held)
    return [*left_out, *([Notice("Looser than its preset", looser)] if looser else [])]


def preset(held: Paper) -> list[Block]:
    """What a preset fills in."""
    body = held.body
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
