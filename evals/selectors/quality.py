"""Reading quality reports: every place behind a finding, from the file beside the report.

Where a row is like a case, whoever the cases are kept from is told of the row alone, and of rows that stand inside a
case nothing but that there are some: from the answers to guesses a question could be put together word by word.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.engine.results import LEAKAGE, PART, QualityReportBody
from governance import store
from governance.errors import Invalid, NotFound
from governance.models import Document, User
from governance.proof.sections import data
from governance.selectors import documents as docs
from governance.selectors.samples import hidden

KIND = "evals.quality_report"
COLUMNS = ("check", "at", "row", "case")
NAMED = 10
"""leaked cases of one finding that a page names"""
CONTAINED = "leakage.contained"
BETWEEN = " / case "


@dataclass(frozen=True)
class Told:
    """The findings of a report as people read them: the checks of the data, and how like production the cases are."""

    checks: Sequence[Mapping[str, Any]]
    representative: Sequence[Mapping[str, Any]]
    representative_words: str


def told(report: Mapping[str, Any]) -> Told:
    """Return the findings of a report's body, sorted into what they are about."""
    found = data.findings(report)
    return Told(found.checks, found.representative, data.likeness(report))


def body(document: Document) -> QualityReportBody:
    """Return what a quality report says. NotFound when the document is none."""
    if document.kind != KIND:
        raise NotFound("there is no such quality report")
    found: QualityReportBody = docs.model_body(document, QualityReportBody)
    return found


def places(user: User, document: Document, check: str = "") -> Iterator[Mapping[str, str]]:
    """Yield the places of all findings (or of one check): check, place in words, ids of row and case or "".

    To whoever the cases are kept from, a place that names a case is its row, once for each check. A report from before
    there was a file yields the places that it shows.

    Raises:
        NotFound: the document is no quality report.
        Invalid: the file is gone or altered.
    """
    report = body(document)
    lines = [line for line in _lines(report) if not check or line["check"] == check]
    if _kept_from(user, document):
        told = PART in {finding.check for finding in report.findings}
        lines = [line for line in lines if line["check"] != PART and (told or line["check"] != CONTAINED)]
        lines = list({tuple(line.items()): line for line in map(_row_alone, lines)}.values())
    yield from lines


def leaked(user: User, document: Document) -> Mapping[str, Sequence[str]]:
    """Return the first cases that each finding of a report names; none where they are kept from the reader.

    Raises:
        NotFound: the document is no quality report.
        Invalid: the file is gone or altered.
    """
    found: dict[str, set[str]] = {}
    names_some = any(f.check in LEAKAGE and f.status != "ok" for f in body(document).findings)
    for place in places(user, document) if names_some and not _kept_from(user, document) else ():
        if place["case"]:
            found.setdefault(place["check"], set()).add(place["case"])
    return {check: sorted(cases)[:NAMED] for check, cases in found.items()}


def _kept_from(user: User, document: Document) -> bool:
    evaluation_set = docs.linked_one(document, "evaluation_set")
    return evaluation_set is None or bool(hidden(user, evaluation_set))


def _lines(report: QualityReportBody) -> list[dict[str, str]]:
    if report.listed is None:
        shown = ((finding.check, example) for finding in report.findings for example in finding.examples)
        return [_line({"check": name, "at": example, **_ids(example)}) for name, example in shown]
    try:
        store.check(report.listed.sha256)
    except (store.BytesMissing, store.BytesCorrupt) as problem:
        raise Invalid("listed", f"{report.listed.path}: {problem}") from None
    with store.path_of(report.listed.sha256).open(encoding="utf-8") as file:
        return [_line(json.loads(line)) for line in file]


def _line(found: Mapping[str, str]) -> dict[str, str]:
    return {column: found.get(column, "") for column in COLUMNS}


def _ids(example: str) -> dict[str, str]:
    """Return the ids in a place of a report from before there was a file, where it names a case."""
    row, between, case = example.partition(BETWEEN)
    return {"row": row.removeprefix("row "), "case": case} if between else {}


def _row_alone(line: Mapping[str, str]) -> dict[str, str]:
    return {**line, "at": f"row {line['row']}", "case": ""} if line["case"] else dict(line)
