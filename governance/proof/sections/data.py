"""What reports say of data: quality, samples of production, measures from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from governance.proof.sections.amounts import check
from governance.proof.sections.blocks import Block, Column, Notice, Value, facts, files, table
from governance.proof.sections.held import Paper
from governance.proof.words.printed import bounds, figure

REPRESENTATIVE: Final = frozenset({"representative.slices", "representative.lengths", "representative.texts"})
"""What no report may leave out that was asked to hold the cases against a production sample."""


@dataclass(frozen=True)
class Findings:
    """The findings of a quality report: the checks of the data, and how like production the cases are."""

    checks: Sequence[Mapping[str, Any]]
    representative: Sequence[Mapping[str, Any]]


def findings(report: Mapping[str, Any]) -> Findings:
    """Return the findings of a report's body, sorted into what they are about."""
    found = [_without_cases(finding) for finding in report["findings"]]
    about = [f for f in found if f["check"] in REPRESENTATIVE]
    return Findings([f for f in found if f["check"] not in REPRESENTATIVE], about)


def likeness(report: Mapping[str, Any]) -> str:
    """Return how it is known how like production the cases are."""
    if report.get("observed"):
        return f"{report['cases']:,} cases held against {report['observed']:,} rows of the sample"
    return "nobody knows; no production sample was named"


def _without_cases(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a finding without the cases that reports named before they were kept from them."""
    rows = dict.fromkeys(str(example).partition(" / case ")[0] for example in finding["examples"])
    return {**finding, "examples": list(rows)} if str(finding["check"]).startswith("leakage.") else finding


def quality_report(held: Paper) -> list[Block]:
    """What each check found in the data, and how like production the cases are."""
    body = held.body
    columns = (
        Column("Status", 9), Column("Check", 22), Column("Found", 26), Column("Expected", 23), Column("Where", 20),
    )  # fmt: skip
    caption = f"{body['rows']:,} rows against {body['cases']:,} cases; rows and cases are named, never printed."
    settings = sorted((name.replace("_", " "), value) for name, value in body["settings"].items())
    told = findings(body)
    found = f"How like production the cases are: {likeness(body)}."
    return [
        table(caption, columns, [_found(f) for f in told.checks]),
        table(found, columns, [_found(f) for f in told.representative], "Not looked at."),
        facts(*settings),
    ]


def _found(finding: Mapping[str, Any]) -> tuple[Value, ...]:
    return (
        finding["status"].upper(), check(finding["check"]), finding["found"], finding["expected"], _places(finding),
    )  # fmt: skip


def production_sample(held: Paper) -> list[Block]:
    """Where the prompts were recorded, when, and how they were drawn; reports print none of them."""
    body = held.body
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


def quality_spec(held: Paper) -> list[Block]:
    """What was to be checked; the references say against what."""
    body = held.body
    return [facts(("Asked for", body["title"]))]


def quality_notices(held: Paper) -> list[Notice]:
    """Warn of checks that failed."""
    body = held.body
    failed = [f["check"] for f in body["findings"] if f["status"] == "fail"]
    return [Notice("Data quality", f"“{body['title']}” found failures in: {', '.join(failed)}.")] if failed else []


def measures(held: Paper) -> list[Block]:
    """Each imported figure with the source it was taken from."""
    body = held.body
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


def _measured(measure: Mapping[str, Any]) -> str:
    layer = measure.get("layer")
    return f"{measure['name']} ({layer.replace('_', ' ')})" if layer else str(measure["name"])


def _bounds_of(measure: Mapping[str, Any]) -> str:
    if measure["complete"]:
        return "complete count"
    return bounds(measure["low"], measure["high"])


def _places(finding: Mapping[str, Any]) -> str:
    """The first places of a finding, and how many more the file beside the report names."""
    names: list[str] = finding["examples"]
    shown = ", ".join(names[:3])
    more = (finding.get("places") or len(names)) - len(names[:3])
    return f"{shown} and {more} more" if more > 0 else shown
