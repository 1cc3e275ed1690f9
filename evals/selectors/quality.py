"""Reading quality reports: every place behind a finding, from the file beside the report."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.engine.results import REPRESENTATIVE, QualityReportBody
from governance import store
from governance.errors import Invalid, NotFound
from governance.models import Document
from governance.selectors import documents as docs

KIND = "evals.quality_report"
COLUMNS = ("check", "at", "row", "case")


@dataclass(frozen=True)
class Told:
    """The findings of a report as people read them: the checks of the data, and how like production the cases are."""

    checks: Sequence[Mapping[str, Any]]
    representative: Sequence[Mapping[str, Any]]
    representative_words: str


def told(report: Mapping[str, Any]) -> Told:
    """Return the findings of a report's body, sorted into what they are about."""
    findings = report["findings"]
    about = [f for f in findings if f["check"] in REPRESENTATIVE]
    if report.get("observed"):
        counts = f"{report['cases']:,} cases held against {report['observed']:,} rows of the sample"
        words = f"How like production the cases are: {counts}."
    else:
        words = "How like production the cases are: nobody knows; no production sample was named."
    return Told([f for f in findings if f["check"] not in REPRESENTATIVE], about, words)


def body(document: Document) -> QualityReportBody:
    """Return what a quality report says. NotFound when the document is none."""
    if document.kind != KIND:
        raise NotFound("there is no such quality report")
    found: QualityReportBody = docs.model_body(document, QualityReportBody)
    return found


def places(document: Document, check: str = "") -> Iterator[Mapping[str, str]]:
    """Yield the places of all findings (or of one check): check, place in words, ids of row and case or "".

    A report from before there was a file yields the places that it shows.

    Raises:
        NotFound: the document is no quality report.
        Invalid: the file is gone or altered.
    """
    told = body(document)
    if told.listed is None:
        shown = ((f.check, example) for f in told.findings for example in f.examples)
        lines: Iterable[dict[str, str]] = ({"check": name, "at": example} for name, example in shown)
    else:
        try:
            store.check(told.listed.sha256)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            raise Invalid("listed", f"{told.listed.path}: {problem}") from None
        with store.path_of(told.listed.sha256).open(encoding="utf-8") as file:
            lines = map(json.loads, file.readlines())
    for line in lines:
        if not check or line["check"] == check:
            yield {column: line.get(column, "") for column in COLUMNS}
