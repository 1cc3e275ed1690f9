"""Who may and who did, reckoned from ledger entries alone: the rows of an access report.

The server prints them and the offline verifier reckons them again, by this one rule. Rows have roles, events and acts
in words, and people by the names that they were enrolled under.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from governance.proof.checks.periods import Days
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import REFUSAL_ACCESS, REFUSAL_IDENTITY, Leaf
from governance.proof.history import roles as role_history
from governance.proof.words.printed import plural, second
from governance.proof.words.vocabulary import ROLES, acts, events

MAY = ("Who", "Role", "Where", "Since (UTC)", "Given by", "Acts")
FOR_WHOM = ("Who", "Signs for", "As", "Where", "When (UTC)")
DID = ("Who", "Did", "Times")
GIVEN = ("Entry", "Time (UTC)", "What", "Whom", "By")
REFUSED = ("Entry", "Time (UTC)", "Who", "Act")
TOGETHER, UNUSED, GONE, HIDDEN = "Roles together", "Unused", "No role now", "Hidden"
"""what page one warns of"""
APART = ({"engineer", "compliance_officer"}, {"auditor", "engineer"}, {"auditor", "owner"})
"""roles that a reader would not want in one hand"""
Row = tuple[str | int, ...]
Place = Callable[[str | None], str]
"""what a project is called; None is the organisation"""


@dataclass(frozen=True)
class Held:
    """A role in force at the end of the period, with the entry that gave it; `project` None is the organisation."""

    person: str
    role: str
    project: str | None
    leaf: Leaf


@dataclass(frozen=True)
class Delegated:
    """A delegation in force, or to come, at the end of the period, given in entry `seq`."""

    to: str
    by: str
    role: str
    project: str | None
    starts: datetime
    ends: datetime
    seq: int


@dataclass(frozen=True)
class Access:
    """Who may and who did in a period, as these entries tell.

    `leaves` are the entries proved, by index: all that bear on rights are among them. `period` are those of the period
    that may be seen, in order, `stop` is the first after it. It ends at `end`. Of a `project`, roles and delegations of
    others are not told of. `who` names people.
    """

    leaves: Mapping[int, Leaf]
    period: Iterable[Leaf]
    stop: int
    end: datetime
    project: str | None
    who: Callable[[str], str]

    @cached_property
    def _roles(self) -> role_history.Roles:
        return role_history.read(leaf for leaf in self.leaves.values() if leaf.seq < self.stop)

    @cached_property
    def _read(self) -> tuple[dict[str, Counter[str]], list[Leaf], list[Leaf]]:
        """What each person did, and the entries on rights and on refusals; read once, as there can be many."""
        acted: dict[str, Counter[str]] = defaultdict(Counter)
        given, refused = [], []
        for leaf in self.period:
            if is_person(leaf.actor):
                acted[leaf.actor][leaf.event] += 1
            if leaf.event in role_history.EVENTS:
                given.append(leaf)
            elif leaf.event in (REFUSAL_ACCESS, REFUSAL_IDENTITY):
                refused.append(leaf)
        return acted, given, refused

    @cached_property
    def held(self) -> list[Held]:
        """The roles in force after the period's last entry, by person."""
        standing = [
            Held(one.person, one.said.role, one.said.project, self.leaves[one.seq])
            for one in self._roles.grants.values()
            if one.until is None and self._here(one.said.project)
        ]
        return sorted(standing, key=lambda one: (self.who(one.person), one.project or "", one.role))

    @cached_property
    def delegated(self) -> list[Delegated]:
        """The delegations that were not over at the end of the period, by those who hold the role."""
        return [
            Delegated(
                one.said.to, one.by, one.said.role, one.said.project,
                moment(one.said.starts), moment(one.said.ends), one.seq,
            )
            for one in sorted(self._roles.delegations.values(), key=lambda one: one.seq)
            if one.until is None
            and moment(one.said.ends) > self.end
            and self._here(one.said.project)
            and self._roles.held(one.by, {one.said.role}, one.said.project, self.stop)
        ]  # fmt: skip

    @cached_property
    def acted(self) -> Mapping[str, Counter[str]]:
        """What each person did in the period, counted by event; people by name."""
        return dict(sorted(self._read[0].items(), key=lambda item: self.who(item[0])))

    @cached_property
    def _together(self) -> dict[str, set[str]]:
        """The roles that each person holds, wherever."""
        found: dict[str, set[str]] = defaultdict(set)
        for one in self.held:
            found[one.person].add(one.role)
        return found

    def counts(self) -> dict[str, str]:
        """Return how many people hold a role and how many acted, as page one says it, by its labels."""
        return {
            "Who may": plural(len(self._together), "person holds a role", "people hold roles"),
            "Who did": plural(len(self.acted), "person acted", "people acted"),
        }

    def warnings(self, hidden: int) -> Iterator[tuple[str, str]]:
        """Yield what page one warns of, each by label and words; `hidden` entries of the period are given as hashes."""
        together = self._together
        for person, roles in together.items():
            for pair in APART:
                if pair <= roles:
                    both = " and ".join(sorted(ROLES[role] for role in pair))
                    yield TOGETHER, f"{self.who(person)} is {both}."
        idle = [self.who(person) for person in sorted(together, key=self.who) if person not in self.acted]
        if idle:
            yield UNUSED, f"{plural(len(idle), 'person', 'people')} with a role did nothing: {_few(idle)}."
        if gone := [self.who(person) for person in self.acted if person not in together]:
            yield GONE, f"{_few(gone)} acted in the period and hold no role at its end."
        if hidden:
            entries = plural(hidden, "entry is", "entries are")
            yield HIDDEN, f"{entries} of other projects, and in the evidence as a hash."

    def may(self, place: Place) -> list[Row]:
        """Return who holds which role where, since when, by whose act, and how much they did in the period."""
        return [
            (
                self.who(one.person),
                ROLES.get(one.role, one.role),
                place(one.project),
                f"{_at(one.leaf)}, entry {one.leaf.seq}",
                self.who(one.leaf.actor),
                sum(self.acted.get(one.person, Counter()).values()),
            )
            for one in self.held
        ]

    def for_whom(self, place: Place) -> list[Row]:
        """Return who may sign for whom, as what, where and when."""
        return [
            (
                self.who(one.to),
                self.who(one.by),
                ROLES.get(one.role, one.role),
                place(one.project),
                f"{one.starts:%Y-%m-%d %H:%M} to {one.ends:%Y-%m-%d %H:%M}, entry {one.seq}",
            )
            for one in self.delegated
        ]

    def did(self) -> list[Row]:
        """Return how often each person did what in the period."""
        return [
            (self.who(person), events().get(event, event), times)
            for person, counted in self.acted.items()
            for event, times in counted.most_common()
        ]

    def given(self) -> list[Row]:
        """Return the roles and delegations given and ended in the period."""
        return [
            (leaf.seq, _at(leaf), events().get(leaf.event, leaf.event), self._whom(leaf), self.who(leaf.actor))
            for leaf in self._read[1]
        ]

    def refused(self) -> list[Row]:
        """Return what was refused in the period because a right or a proof of identity was missing."""
        return [(leaf.seq, _at(leaf), self.who(leaf.actor), _act(leaf)) for leaf in self._read[2]]

    def _here(self, project: str | None) -> bool:
        return self.project is None or project in (None, self.project)

    def _whom(self, leaf: Leaf) -> str:
        people = [str(leaf.data["to"])] if "to" in leaf.data else [s.removeprefix("user:") for s in leaf.subjects]
        role = str(leaf.data.get("role", ""))
        until = f", until {moment(str(leaf.data['ends'])):%Y-%m-%d}" if "ends" in leaf.data else ""
        names = [*(self.who(person) for person in people), *([ROLES.get(role, role)] if role else [])]
        return ", ".join(names) + until


def end_of(days: Days, last: Leaf) -> datetime:
    """Return the moment at which a period of days ends; `last` is the last entry that its readers may see."""
    time = moment(last.time)
    return min(days.until, time) if days.until is not None else time


def _few(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def is_person(actor: str) -> bool:
    """Return whether an entry's actor is a person: those are random identifiers, parts of the system are words."""
    try:
        return str(uuid.UUID(actor)) == actor
    except ValueError:
        return False


def _at(leaf: Leaf) -> str:
    return second(moment(leaf.time))


def _act(leaf: Leaf) -> str:
    name = str(leaf.data.get("action", ""))
    return acts().get(name, name)
