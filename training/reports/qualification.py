"""The qualification report: what is installed, how it is set, and how the tests of each requirement went here."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from governance import store
from governance.errors import Invalid
from governance.models import Report
from governance.proof.checks import qualification
from governance.proof.checks.qualification import Pairs, Part, Qualification
from governance.proof.formats.canonical import Digest, is_digest
from governance.proof.formats.fields import Strict
from governance.proof.sections.blocks import Block, Column, DataTable, Fact, FactsTable, Notice, Paragraph
from governance.registry import ReportKind, Wanted
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told

WIDTHS = {
    ("Setting", "Value"): (45, 55),
    ("No.", "Requirement", "State", "Passed", "Failed", "Skipped", "Tests, below tests/"): (4, 24, 9, 7, 6, 8, 42),
    ("Package", "Pinned", "Installed"): (40, 30, 30),
}
"""how wide the columns of tables are, by their heads"""
NUMBERS = ("Passed", "Failed", "Skipped")


class Asked(Strict):
    """The digest of what `manage.py qualify` found."""

    findings: Annotated[
        Digest, Field(title="Findings", description="The digest that manage.py qualify printed: it asks by itself.")
    ]


def _stored(report: Report) -> str:
    """Return the findings as they are stored. Raises ValueError or OSError: there are none, or they are none."""
    text = store.read(Asked.model_validate_json(report.parameters).findings).decode()
    qualification.read(text)
    return text


def _findings(report: Report) -> str:
    try:
        return _stored(report)
    except (store.BytesMissing, OSError, ValueError) as error:
        raise Unreportable(f"the findings are not stored any more: {error}") from error


def _found(report: Report) -> Qualification:
    return qualification.read(_findings(report))


def _check(report: Report) -> None:
    try:
        _stored(report)
    except (store.BytesMissing, OSError, ValueError) as error:
        raise Invalid("findings", "found no findings of that digest; run manage.py qualify") from error


def _want(report: Report) -> Wanted:
    """The entries that tell of the newest backup: they are proved, whatever the findings say."""
    return Wanted(entries=frozenset(_found(report).backup))


def _pages(found: Gathered) -> Told:
    said, digest = _found(found.report), str(found.report.asked["findings"])
    told = qualification.sections(said, found.leaves)
    return Told(
        title="Installation and operation, as found here",
        about="Qualification of this installation",
        proves=(
            "These findings were made, and named by the digest on page one, before this report was asked for.",
            "Nobody changed the findings since: they are attached, and the ledger named their digest.",
            *((qualification.BACKED_UP,) if said.backup else ()),
        ),
        does_not_prove=(
            "That the findings are true: the server made them of itself. To know, run the tests yourself.",
            "That the software suits your purpose. That is a judgement of people.",
            "Anything after the findings were made, such as another setting or version.",
        ),
        lead=_facts(qualification.lead(said, digest)),
        first=(
            Section(qualification.INSTALLATION, _blocks(told[qualification.INSTALLATION])),
            Section(qualification.OPERATION, _blocks(told[qualification.OPERATION])),
            Section(qualification.REQUIREMENTS, _blocks(told[qualification.REQUIREMENTS])),
            Section(qualification.PACKAGES, _blocks(told[qualification.PACKAGES])),
        ),
        own_exceptions=tuple(Notice(label, text) for label, text in qualification.exceptions(said, found.leaves)),
        plain=True,
    )


def _facts(rows: Mapping[str, str]) -> tuple[Fact, ...]:
    return tuple(Fact(label, value, code=is_digest(value)) for label, value in rows.items())


def _blocks(parts: tuple[Part, ...]) -> tuple[Block, ...]:
    return tuple(_block(part) for part in parts)


def _block(part: Part) -> Block:
    if isinstance(part, str):
        return Paragraph(part)
    if isinstance(part, Pairs):
        return FactsTable(_facts(dict(part.rows)))
    widths = WIDTHS.get(part.heads, (100,) * len(part.heads))
    columns = tuple(
        Column(head, width, "right" if head in NUMBERS else "left")
        for head, width in zip(part.heads, widths, strict=True)
    )
    return DataTable(part.caption, columns, part.rows, part.empty)


KIND = ReportKind(
    name=qualification.KIND,
    label="Qualification",
    about="What is installed here, how it is set, and how the tests of each requirement went.",
    asks=Asked,
    of=frozenset({"organisation"}),
    want=_want,
    pages=_pages,
    findings=_findings,
    action="ledger.report",
    offered=False,
    check=_check,
)
