"""The access report: who may do what, since when and by whom; who did what in a period; what was given and taken.

Who holds a role is reckoned from the ledger's entries alone, by the rule that the offline verifier uses.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from governance import access
from governance.models import LedgerEvent, Project, Report
from governance.proof.checks.periods import span_words, title
from governance.proof.formats.leaf import Leaf
from governance.proof.history import roles as role_history
from governance.proof.pages import access as page_access
from governance.proof.pages.access_rows import DID, FOR_WHOM, GIVEN, MAY, REFUSED, Access, Place, end_of
from governance.proof.sections.blocks import Column, DataTable, Fact, Notice, Paragraph
from governance.registry import ReportKind, Wanted
from governance.reports import words
from governance.reports.days_asked import DaysAsked
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told
from governance.reports.whole import Whole

NUMBERS = ("Entry", "Times", "Acts")


def _asked(report: Report) -> DaysAsked:
    return DaysAsked.model_validate_json(report.parameters)


def _want(report: Report) -> Wanted:
    """The period whole, and every entry ever that gave or took a right here."""
    span = _asked(report).span(report.ledger_size)
    rows = LedgerEvent.objects.filter(event__in=role_history.EVENTS, entry_id__lt=span.stop)
    if report.project_id is not None:
        rows = rows.filter(project__in=[report.project_id]) | rows.filter(project=None)
    return Wanted(entries=frozenset(rows.values_list("entry_id", flat=True)), period=span)


def _pages(found: Gathered) -> Told:
    asked, told = _asked(found.report), _reckoned(found)
    place = _places([*(one.project for one in told.held), *(one.project for one in told.delegated)])
    return Told(
        title=title("access", asked.days, found.time),
        about="Access",
        proves=(_roles_proved(found.whole), _acts_proved(found.whole)),
        does_not_prove=(
            *_not_proved(found.whole),
            "What people can do outside this service: on the database, the machines or the keys.",
            "Who sat at the keyboard. Reading is noted in the access log, which is not on the ledger.",
            "That the software lets each role do only what the table says: that is the server’s word.",
        ),
        lead=(
            Fact("Period", asked.words(found.time)),
            Fact("Entries", span_words(found.whole.span)),
            *(Fact(label, said) for label, said in told.counts().items()),
        ),
        first=(
            _may(told, place),
            _for_whom(told, place),
            _did(told),
            _given(told),
            _refused(told),
            _table(),
        ),
        own_exceptions=tuple(Notice(label, said) for label, said in told.warnings(len(found.whole.hidden))),
        plain=True,
    )


def _roles_proved(whole: Whole) -> str:
    if whole.span.start:
        return "Each role listed was given by the ledger entry named, and not taken back in the period."
    return "The roles listed are those that all entries up to the end of the period gave and did not take back."


def _acts_proved(whole: Whole) -> str:
    count, hidden = words.count(len(whole.span)), len(whole.hidden)
    if hidden:
        return f"The period’s {count} entries are all there, {words.count(hidden)} of them as hashes."
    return f"The period’s {count} entries are all there: no act in it is missing."


def _not_proved(whole: Whole) -> Iterator[str]:
    if whole.span.start:
        yield "That no role was given or taken back before the period unlisted: ask from the first entry on."
    if whole.hidden:
        yield "That the entries given as hashes are not of this project: the organisation’s report has them all."


def _reckoned(found: Gathered) -> Access:
    """Return who may and who did, by the rule that the verifier has."""
    last = max(chain(found.around, found.leaves, found.whole))
    return Access(
        leaves=found.leaves,
        period=found.whole.values(),
        stop=found.whole.span.stop,
        end=end_of(_asked(found.report).days, _proven(found, last)),
        project=str(found.report.project_id) if found.report.project_id else None,
        who=found.who,
    )


def _proven(found: Gathered, seq: int) -> Leaf:
    return found.leaves.get(seq) or found.around.get(seq) or found.whole[seq]


def _places(projects: Iterable[str | None]) -> Place:
    """Return what places are called, by project; None is the organisation."""
    named = Project.objects.filter(pk__in={project for project in projects if project})
    called = {str(project.pk): page_access.place(str(project.pk), project.name) for project in named}
    return lambda project: page_access.ORGANISATION if project is None else called.get(project, project)


def _may(told: Access, place: Place) -> Section:
    caption = "Roles in force at the end of the period. A role in the organisation counts in every project."
    columns = _columns(MAY, 20, 17, 20, 20, 15, 8)
    return Section("Who may", (DataTable(caption, columns, tuple(told.may(place)), "Nobody holds a role."),))


def _for_whom(told: Access, place: Place) -> Section:
    caption = "Delegations in force, or to come, at the end of the period."
    columns, rows = _columns(FOR_WHOM, 20, 20, 18, 18, 24), tuple(told.for_whom(place))
    return Section("Who may sign for whom", (DataTable(caption, columns, rows, "Nobody signs for anybody."),))


def _did(told: Access) -> Section:
    columns = _columns(DID, 30, 58, 12)
    return Section(
        "Who did", (DataTable("Acts in the period, by person.", columns, tuple(told.did()), "Nobody acted."),)
    )


def _given(told: Access) -> Section:
    caption = "Roles and delegations given and ended in the period."
    columns = _columns(GIVEN, 8, 20, 20, 32, 20)
    return Section("Given and taken", (DataTable(caption, columns, tuple(told.given()), "None in this period."),))


def _refused(told: Access) -> Section:
    caption = "Refused because a right or a proof of identity was missing."
    columns = _columns(REFUSED, 8, 22, 25, 45)
    return Section("Refused", (DataTable(caption, columns, tuple(told.refused()), "None in this period."),))


def _columns(heads: Sequence[str], *widths: int) -> tuple[Column, ...]:
    return tuple(
        Column(head, width, "right" if head in NUMBERS else "left") for head, width in zip(heads, widths, strict=True)
    )


def _table() -> Section:
    rows = tuple(
        (action.label, ", ".join(access.ROLES[role] for role in access.ROLES if role in action.roles))
        for action in sorted(access.ACTIONS.values(), key=lambda action: action.name)
        if not action.own
    )
    intro = Paragraph(
        "What the software lets each role do, as the version that made this report has it. This is the server’s word; "
        "it is in no ledger entry."
    )
    columns = (Column("To", 50), Column("One of these roles", 50))
    return Section("What each role may", (intro, DataTable("The table of access.", columns, rows)))


KIND = ReportKind(
    name="access",
    label="Access report",
    about="Who may do what, since when and by whom; and who did what in a period.",
    asks=DaysAsked,
    of=frozenset({"project", "organisation"}),
    want=_want,
    pages=_pages,
    action="ledger.report",
    check=lambda report: _asked(report).check(),
)
