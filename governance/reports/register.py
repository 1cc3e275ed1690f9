"""The sealed register: every run, attempt, release and refused act of a period, with the entries it is counted from."""

from collections.abc import Iterable

from governance.errors import Invalid
from governance.models import LedgerSubject, Report
from governance.proof.checks.evidence import RegisterClaim
from governance.proof.checks.periods import span_words, title
from governance.proof.history import register
from governance.proof.history.register import Register, Row
from governance.proof.pages.period_words import of_register
from governance.proof.pages.register import heads, printed
from governance.proof.sections.blocks import Column, DataTable, Fact, Notice
from governance.proof.words import vocabulary
from governance.registry import ReportKind, Wanted
from governance.reports import words
from governance.reports.days_asked import DaysAsked
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told
from governance.reports.whole import Whole
from governance.selectors import ledger
from governance.selectors import register as select

WIDTHS = {
    "No.": 5, "Entry": 6, "When": 11, "What": 11, "Identifier": 19, "Rests on": 24, "State": 11, "Last entry": 7,
    "Digest": 40, "Act": 16, "About": 44, "Checks": 22,
}  # fmt: skip
CODE = ("Identifier", "Rests on", "Digest", "About")
COUNTED = {
    "runs": ("run", "runs"),
    "runs begun before": ("run begun before", "runs begun before"),
    "attempts": ("attempt", "attempts"),
    "releases": ("release", "releases"),
    "refused acts": ("refused act", "refused acts"),
}


def _asked(report: Report) -> DaysAsked:
    return DaysAsked.model_validate_json(report.parameters)


def _want(report: Report) -> Wanted:
    """Want the period whole and, of runs and releases that began before and go on in it, their earlier entries."""
    span = _asked(report).span(report.ledger_size)
    if not span:
        raise Unreportable("no ledger entry lies in the period, so there is nothing to count")
    if not span.start:
        return Wanted(period=span)
    subjects = register.carried(Whole(span, _project(report)).values())
    rows = LedgerSubject.objects.filter(
        subject__in=sorted(subjects), entry_id__lt=span.start, entry__index__event__in=register.TELLING
    )
    if report.project_id:
        rows = rows.filter(entry__index__project=report.project_id)
    return Wanted(period=span, around=frozenset(rows.values_list("entry_id", flat=True)))


def _check(report: Report) -> None:
    asked = _asked(report)
    asked.check()
    if not asked.span(ledger.size()):
        raise Invalid("first", "no ledger entry lies in this period")


def _project(report: Report) -> str | None:
    return str(report.project_id) if report.project_id else None


def made(found: Gathered) -> Register:
    """Return the register that the gathered entries tell of."""
    span = found.whole.span
    return register.make(
        list(found.whole.values()),
        first=span.start,
        stop=span.stop,
        project=_project(found.report),
        kinds=select.kinds(),
        before=[*found.leaves.values(), *found.around.values()],
        hidden=list(found.whole.hidden),
    )


def claim(found: Gathered) -> RegisterClaim:
    """Return what the pages say, for the evidence."""
    told = made(found)
    return RegisterClaim(kinds=list(told.kinds), counts=told.counts, digest=told.digest)


def _pages(found: Gathered) -> Told:
    asked, told, span = _asked(found.report), made(found), found.whole.span
    hidden = found.whole.hidden
    complete = (
        f"All {words.count(len(span))} entries of the period are in the evidence, and counted again from them the "
        "register is the same: no run, attempt, release or refused act that they record is left out."
    )
    not_proved = [
        "That something happened which was never recorded: reconcile with what serving and schedulers know.",
        "Runs that began before the period and of which nothing happened in it.",
        "That a training machine did what it reported.",
    ]
    if span.start:
        not_proved.insert(
            0, "That no more happened before the period to what goes on in it than its earlier entries here say."
        )
    if hidden:
        which = f"{words.plural(len(hidden), 'entry', 'entries')} of other projects"
        complete = f"All entries of the period are in the evidence, {which} as hashes; it is counted from the others."
        not_proved.insert(0, f"That the {which} are not of this project: the organisation’s register has them all.")
    counted = ", ".join(
        words.plural(number, *COUNTED[what]) for what, number in told.counts.items() if number or what == "runs"
    )
    return Told(
        title=title("register", asked.days, found.time),
        about="Register of runs, attempts and releases",
        proves=("Every row is counted from entries that are in the ledger at the checkpoint on every page.", complete),
        does_not_prove=tuple(not_proved),
        lead=(
            Fact("Period", asked.words(found.time)),
            Fact("Entries", span_words(span)),
            Fact("Counted", counted),
            Fact("Releases are", ", ".join(_labels(told.kinds)) or "no kind of document"),
            Fact("Digest of the register", told.digest, code=True),
        ),
        first=(
            Section("Runs and attempts", (_table(register.RUNS, register.RUN_COLUMNS, told.runs),)),
            Section("Releases", (_table(register.RELEASES, register.RELEASE_COLUMNS, told.releases),)),
            Section("Refused acts", (_table(register.REFUSED, register.REFUSAL_COLUMNS, told.refused),)),
        ),
        own_exceptions=tuple(Notice(*one) for one in of_register(told)),
        plain=True,
    )


def _labels(kinds: Iterable[str]) -> list[str]:
    known = vocabulary.kinds()
    return [f"documents of the kind {known[one].label}" if one in known else one for one in kinds]


def _table(caption: str, titles: tuple[str, ...], rows: tuple[Row, ...]) -> DataTable:
    columns = tuple(
        Column(head, WIDTHS[title], "right" if title in ("Entry", "Last entry") else "left", code=title in CODE)
        for title, head in zip(titles, heads(titles), strict=True)
    )
    told = tuple(tuple(printed(titles, row)) for row in rows)
    return DataTable(caption, columns, told, "None in this period.")


KIND = ReportKind(
    name="register",
    label="Register of runs and releases",
    about="Every run, attempt, release and refused act of a period, counted from the ledger: proved complete.",
    asks=DaysAsked,
    of=frozenset({"project", "organisation"}),
    want=_want,
    pages=_pages,
    action="ledger.report",
    check=_check,
    claim=claim,
)
