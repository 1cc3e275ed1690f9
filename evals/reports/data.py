"""What reports say of data: quality, samples of production, measures from outside."""

from collections.abc import Mapping
from typing import Any

from evals.engine.words import check
from evals.reports.words import bounds, figure
from evals.selectors import quality
from governance.models import Document
from governance.reports.parts import Block, Column, Notice, Value, facts, files, table


def quality_report(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What each check found in the data, and how like production the cases are."""
    columns = (
        Column("Status", 9), Column("Check", 22), Column("Found", 26), Column("Expected", 23), Column("Where", 20),
    )  # fmt: skip
    caption = f"{body['rows']:,} rows against {body['cases']:,} cases; rows and cases are named, never printed."
    settings = sorted((name.replace("_", " "), value) for name, value in body["settings"].items())
    told = quality.told(body)
    likeness = f"How like production the cases are: {told.representative_words}."
    return [
        table(caption, columns, [_found(f) for f in told.checks]),
        table(likeness, columns, [_found(f) for f in told.representative], "Not looked at."),
        facts(*settings),
    ]


def _found(finding: Mapping[str, Any]) -> tuple[Value, ...]:
    return (
        finding["status"].upper(), check(finding["check"]), finding["found"], finding["expected"], _places(finding),
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
