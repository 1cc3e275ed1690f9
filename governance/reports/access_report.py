"""The access report: who may do what, since when and by whom; who did what in a period; what was given and taken.

Who holds a role is reckoned from the ledger's entries alone, by the rule that the offline verifier uses.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from governance import access, events
from governance.models import LedgerEvent, Project, Report
from governance.proof import role_history
from governance.proof.fields import moment
from governance.proof.leaf import Leaf
from governance.proof.period_checks import span_words, title
from governance.registry import ReportKind, Wanted
from governance.reports import words
from governance.reports.days_asked import DaysAsked
from governance.reports.gathered import Gathered
from governance.reports.ledger_facts import is_person
from governance.reports.model import Column, DataTable, Fact, Notice, Paragraph, Section, Told
from governance.reports.record import at
from governance.reports.whole import Whole

APART = (
    {access.ENGINEER, access.COMPLIANCE_OFFICER},
    {access.AUDITOR, access.ENGINEER},
    {access.AUDITOR, access.OWNER},
)
"""roles that a reader would not want in one hand"""


@dataclass(frozen=True)
class Held:
    """A role in force at the end of the period, with the entry that gave it."""

    person: str
    role: str
    project: str | None
    leaf: Leaf


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
    asked, held = _asked(found.report), _held(found)
    acted = _acted(found)
    holders = {one.person for one in held}
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
            Fact("Who may", words.plural(len(holders), "person holds a role", "people hold roles")),
            Fact("Who did", words.plural(len(acted), "person acted", "people acted")),
        ),
        first=(
            _may(found, held, acted),
            _for_whom(found),
            _did(found, acted),
            _given(found),
            _refused(found),
            _table(),
        ),
        own_exceptions=tuple(_exceptions(found, held, acted)),
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


def _roles(found: Gathered) -> role_history.Roles:
    """Return what the entries up to the end of the period tell of roles and delegations."""
    return role_history.read(leaf for leaf in found.leaves.values() if leaf.seq < found.whole.span.stop)


def _here(found: Gathered, project: str | None) -> bool:
    return found.report.project_id is None or project in (None, str(found.report.project_id))


def _held(found: Gathered) -> list[Held]:
    """Return the roles in force after the period's last entry, by person."""
    standing = [
        Held(one.person, one.said.role, one.said.project, found.leaves[one.seq])
        for one in _roles(found).grants.values()
        if one.until is None and _here(found, one.said.project)
    ]
    return sorted(standing, key=lambda one: (found.who(one.person), one.project or "", one.role))


def _acted(found: Gathered) -> Mapping[str, Counter[str]]:
    """Return what each person did in the period, counted by event."""
    acted: dict[str, Counter[str]] = defaultdict(Counter)
    for leaf in found.whole.values():
        if is_person(leaf.actor):
            acted[leaf.actor][leaf.event] += 1
    return dict(sorted(acted.items(), key=lambda item: found.who(item[0])))


def _exceptions(found: Gathered, held: list[Held], acted: Mapping[str, Counter[str]]) -> Iterator[Notice]:
    together: dict[str, set[str]] = defaultdict(set)
    for one in held:
        together[one.person].add(one.role)
    for person, roles in together.items():
        for pair in APART:
            if pair <= roles:
                both = " and ".join(sorted(access.ROLES[role] for role in pair))
                yield Notice("Roles together", f"{found.who(person)} is {both}.")
    if idle := [found.who(person) for person in sorted(together, key=found.who) if person not in acted]:
        yield Notice("Unused", f"{words.plural(len(idle), 'person', 'people')} with a role did nothing: {_few(idle)}.")
    gone = [found.who(person) for person in acted if person not in together]
    if gone:
        yield Notice("No role now", f"{_few(gone)} acted in the period and hold no role at its end.")
    if found.whole.hidden:
        count = words.plural(len(found.whole.hidden), "entry is", "entries are")
        yield Notice("Hidden", f"{count} of other projects, and in the evidence as a hash.")


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _places(projects: Iterable[str | None]) -> dict[str | None, str]:
    """Return what places are called, by project; None is the organisation."""
    named = Project.objects.filter(pk__in={project for project in projects if project})
    return {None: "the organisation", **{str(project.pk): project.name for project in named}}


def _may(found: Gathered, held: list[Held], acted: Mapping[str, Counter[str]]) -> Section:
    places = _places(one.project for one in held)
    rows = tuple(
        (
            found.who(one.person),
            access.ROLES.get(one.role, one.role),
            places.get(one.project, str(one.project)),
            f"{at(one.leaf)}, entry {one.leaf.seq}",
            found.who(one.leaf.actor),
            sum(acted.get(one.person, Counter()).values()),
        )
        for one in held
    )
    columns = (
        Column("Who", 20), Column("Role", 17), Column("Where", 20), Column("Since (UTC)", 20), Column("Given by", 15),
        Column("Acts", 8, "right"),
    )  # fmt: skip
    caption = "Roles in force at the end of the period. A role in the organisation counts in every project."
    return Section("Who may", (DataTable(caption, columns, rows, "Nobody holds a role."),))


def _for_whom(found: Gathered) -> Section:
    """Who can sign for whom: delegations that were not over at the end of the period, by those who hold the role."""
    roles, end = _roles(found), found.whole.span.stop
    until = _asked(found.report).days.until
    time = min(until, found.time) if until is not None else found.time
    given = [
        one
        for one in roles.delegations.values()
        if one.until is None
        and moment(one.said.ends) > time
        and _here(found, one.said.project)
        and roles.held(one.by, {one.said.role}, one.said.project, end)
    ]
    places = _places(one.said.project for one in given)
    rows = tuple(
        (
            found.who(one.said.to),
            found.who(one.by),
            access.ROLES.get(one.said.role, one.said.role),
            places.get(one.said.project, str(one.said.project)),
            f"{moment(one.said.starts):%Y-%m-%d %H:%M} to {moment(one.said.ends):%Y-%m-%d %H:%M}, entry {one.seq}",
        )
        for one in sorted(given, key=lambda one: one.seq)
    )
    columns = (
        Column("Who", 20), Column("Signs for", 20), Column("As", 18), Column("Where", 18), Column("When (UTC)", 24),
    )  # fmt: skip
    caption = "Delegations in force, or to come, at the end of the period."
    return Section("Who may sign for whom", (DataTable(caption, columns, rows, "Nobody signs for anybody."),))


def _did(found: Gathered, acted: Mapping[str, Counter[str]]) -> Section:
    rows = tuple(
        (found.who(person), events.WORDS.get(event, event), count)
        for person, counted in acted.items()
        for event, count in counted.most_common()
    )
    columns = (Column("Who", 30), Column("Did", 58), Column("Times", 12, "right"))
    return Section("Who did", (DataTable("Acts in the period, by person.", columns, rows, "Nobody acted."),))


def _given(found: Gathered) -> Section:
    rows = tuple(
        (leaf.seq, at(leaf), events.WORDS[leaf.event], _whom(found, leaf), found.who(leaf.actor))
        for leaf in found.whole.values()
        if leaf.event in role_history.EVENTS
    )
    columns = (
        Column("Entry", 8, "right"), Column("Time (UTC)", 20), Column("What", 20), Column("Whom", 32), Column("By", 20),
    )  # fmt: skip
    caption = "Roles and delegations given and ended in the period."
    return Section("Given and taken", (DataTable(caption, columns, rows, "None in this period."),))


def _whom(found: Gathered, leaf: Leaf) -> str:
    people = [str(leaf.data["to"])] if "to" in leaf.data else [s.removeprefix("user:") for s in leaf.subjects]
    role = str(leaf.data.get("role", ""))
    until = f", until {moment(str(leaf.data['ends'])):%Y-%m-%d}" if "ends" in leaf.data else ""
    names = [*(found.who(person) for person in people), *([access.ROLES.get(role, role)] if role else [])]
    return ", ".join(names) + until


def _refused(found: Gathered) -> Section:
    refusals = (events.REFUSAL_ACCESS, events.REFUSAL_IDENTITY)
    rows = tuple(
        (leaf.seq, at(leaf), found.who(leaf.actor), _act(leaf))
        for leaf in found.whole.values()
        if leaf.event in refusals
    )
    columns = (Column("Entry", 8, "right"), Column("Time (UTC)", 22), Column("Who", 25), Column("Act", 45))
    caption = "Refused because a right or a proof of identity was missing."
    return Section("Refused", (DataTable(caption, columns, rows, "None in this period."),))


def _act(leaf: Leaf) -> str:
    name = str(leaf.data.get("action", ""))
    return access.ACTIONS[name].label if name in access.ACTIONS else name


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
