"""The tables of an access report: exactly the rows that the proven entries give when they are reckoned again.

What projects are called is in no ledger entry, and what the software lets each role do neither: these are left.
"""

from collections.abc import Callable, Mapping, Sequence

from governance.proof.checks import periods
from governance.proof.checks.facts import Facts
from governance.proof.formats.fields import base64_bytes
from governance.proof.pages import access_rows
from governance.proof.pages.access_rows import Access, Row
from governance.proof.pages.compare import Comparison, Expected, alike, head_of, rows_of, shown, tables_of
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.words.printed import count

KIND = "access"
ORGANISATION = "the organisation"
WHERE = "Where"
SOFTWARE = "What each role may"


def place(project: str, name: str) -> str:
    """Return what a project is called: by its name, unless that reads as if it were the organisation."""
    return project if _organisation(name) else name


def reckoned(facts: Facts) -> Access:
    """Return who may and who did, as the evidence tells.

    Raises:
        ValueError: the days asked for, or a time in the evidence, cannot be read.
    """
    evidence, known = facts.evidence, {**facts.around, **facts.leaves}
    days = periods.days_asked(evidence.report.parameters)
    span = periods.span_of(evidence.period, days, known)
    return Access(
        facts.leaves,
        [facts.leaves[seq] for seq in span if _seen(facts, seq)],
        span.stop,
        access_rows.end_of(days, known[max(known)]),
        evidence.report.project,
        facts.who,
    )


def _seen(facts: Facts, seq: int) -> bool:
    """Return whether an entry of the period is given as such, not as a hash alone."""
    period = facts.evidence.period
    return period is not None and bool(base64_bytes(period.leaves[seq - period.first]))


def counts(report: Report) -> Mapping[str, str]:
    """Return what page one must say of how many may and did, by its labels; nothing of another report."""
    return reckoned(report.facts).counts() if report.facts.evidence.report.kind == KIND else {}


def may(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare who holds which role."""
    made = reckoned(facts)
    projects = [one.project for one in made.held]
    _compare(section, access_rows.MAY, made.may(_place), projects, found, "the table of who may")


def for_whom(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare who may sign for whom."""
    made = reckoned(facts)
    projects = [one.project for one in made.delegated]
    _compare(
        section, access_rows.FOR_WHOM, made.for_whom(_place), projects, found, "the table of who may sign for whom"
    )


def did(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare who did what, how often."""
    _compare(section, access_rows.DID, reckoned(facts).did(), (), found, "the table of who did")


def given(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the roles and delegations given and ended."""
    _compare(section, access_rows.GIVEN, reckoned(facts).given(), (), found, "the table of what was given and taken")


def refused(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare what was refused."""
    _compare(section, access_rows.REFUSED, reckoned(facts).refused(), (), found, "the table of what was refused")


def software(_: Facts, section: Element, found: Comparison) -> None:
    """Name the table of access: what the software lets each role do is in no ledger entry."""
    found.known.update(id(table) for table in tables_of(section))
    found.leave(SOFTWARE, "all of it, as it is in no ledger entry")


def _compare(
    section: Element,
    head: Sequence[str],
    rows: Sequence[Row],
    projects: Sequence[str | None],
    found: Comparison,
    what: str,
) -> None:
    expected: list[list[Expected]] = [[count(x) if isinstance(x, int) else x for x in row] for row in rows]
    if WHERE in head:
        column = head.index(WHERE)
        for row, project, said in zip(expected, projects, _column(section, head, column), strict=False):
            if project is not None and not _organisation(said):
                row[column] = None
    found.table(section, head, expected, what)
    _same_place(section, projects, _column(section, head, head.index(WHERE)) if WHERE in head else [], found, what)
    if others := [table for table in tables_of(section) if id(table) not in found.known]:
        found.wrong(others[0].page, f"beside {what} there is one of {', '.join(head_of(others[0]))}")


def _same_place(
    section: Element, projects: Sequence[str | None], said: Sequence[str], found: Comparison, what: str
) -> None:
    """A project is called the same in every row; what, the evidence does not tell."""
    called: dict[str, str] = {}
    for project, name in zip(projects, said, strict=False):
        if project is not None and not alike(called.setdefault(project, name), name):
            found.wrong(section.page, f"{what} calls the project {project} {called[project]!r}, and {name!r}")


def _column(section: Element, head: Sequence[str], column: int) -> list[str]:
    tables = [table for table in tables_of(section) if head_of(table) == list(head)]
    return [row[column].text if len(row) > column else "" for table in tables for row in rows_of(table)[1:]]


def _place(project: str | None) -> str:
    return ORGANISATION if project is None else f"the project {project}"


def _organisation(name: str) -> bool:
    return alike(shown(name), ORGANISATION)


SECTIONS: dict[str, Callable[[Facts, Element, Comparison], None]] = {
    "Who may": may,
    "Who may sign for whom": for_whom,
    "Who did": did,
    "Given and taken": given,
    "Refused": refused,
    SOFTWARE: software,
}
