"""The terms of what falls due: the things that do, whose view is asked for, and what concerns a person."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from governance.models import AuditFinding, Delegation, Document, Project, SignoffRequest, User
from governance.selectors import audit_findings, inbox
from governance.selectors import documents as docs
from governance.selectors.people import is_member, my_projects, projects_of, roles_everywhere

SIGNOFF, REVIEW, TASK, REQUEST = "sign-off", "review", "task", "request"
DELEGATION, RETROSPECTIVE = "delegation", "retrospective"
RETENTION, CERTIFICATE = "retention", "certificate"
FINDING = "finding"
SHELF = "shelf"
WORDS = {
    SIGNOFF: "sign-off ends",
    REVIEW: "review due",
    TASK: "task due",
    REQUEST: "request runs out",
    DELEGATION: "delegation ends",
    RETROSPECTIVE: "retrospective of a waiver due",
    RETENTION: "may be disposed of",
    CERTIFICATE: "certificate ends",
    FINDING: "finding due",
}


@dataclass(frozen=True)
class Due:
    """Something that falls due `at`. `page` and `key` name the page to act on; `who` can act, in words.

    `overdue`: the day is over and nobody did it. `mine`: the person who asks can act on it, or had a hand in it.
    """

    what: str
    at: datetime
    title: str
    note: str
    who: str
    page: str
    key: str
    project: Project | None
    overdue: bool
    mine: bool = False
    row: Any = field(default=None, compare=False)

    @property
    def words(self) -> str:
        """What falls due, in words."""
        return WORDS.get(self.what, self.what)

    @property
    def uid(self) -> str:
        """What tells it apart from everything else that falls due, for calendars."""
        return f"{self.what}-{self.key}-{self.at:%Y%m%d}".replace(":", "-")


@dataclass(frozen=True)
class Scope:
    """Whose view: a person's, or (user None) everything, for the worker."""

    user: User | None

    def sees(self, project: Project | None) -> bool:
        """Return whether documents of a project are in view."""
        return self.user is None or project in my_projects(self.user)

    def requests(self) -> "QuerySet[SignoffRequest]":
        """Return the requests in view."""
        return SignoffRequest.objects.all() if self.user is None else inbox.visible_requests(self.user)

    def documents(self) -> "QuerySet[Document]":
        """Return the documents in view."""
        return Document.objects.all() if self.user is None else docs.visible(self.user)

    def audit_findings(self) -> "QuerySet[AuditFinding]":
        """Return the findings of auditors in view."""
        return AuditFinding.objects.all() if self.user is None else audit_findings.visible(self.user)

    def delegations(self) -> "QuerySet[Delegation]":
        """Return the delegations in view."""
        if self.user is None:
            return Delegation.objects.all()
        places = Q(project__in=projects_of(self.user))
        return Delegation.objects.filter(places | Q(project=None) if is_member(self.user) else places)


class Mine:
    """Which things concern the person who asks."""

    def __init__(self, user: User | None) -> None:
        self.user = user
        self.roles: dict[Any, frozenset[str]] = roles_everywhere(user) if user else {}

    def holds(self, roles: Iterable[str], project: Project | None) -> bool:
        """Return whether they hold one of the roles there."""
        held = self.roles.get(None, frozenset()) | self.roles.get(project and project.pk, frozenset())
        return bool(held & frozenset(roles))

    def person(self, *people: Any) -> bool:
        """Return whether they are among the people (keys of rows, or ledger identifiers)."""
        return self.user is not None and (self.user.pk in people or self.user.actor in people)


Ask = Callable[[Scope, Sequence[Document], Mine, datetime, datetime, datetime], Iterable[Due]]
FURTHER: list[tuple[Ask, str]] = []
"""What falls due in the apps above, each with the kind of documents that it follows from: asked with (scope, all
documents of that kind, mine, now, since, until), it yields as `due` would.
"""

TOLD: dict[str, Collection[str]] = {}
"""Of what falls due in the apps above, the roles whose holders are told when it is near, and when its day is over."""


def register_due(
    ask: Ask, kind: str, words: Mapping[str, str], told: Mapping[str, Collection[str]] | None = None
) -> None:
    """Add something that falls due by documents of a kind; `words` say what each of its `what` is.

    `told` says whose roles are told of it.
    """
    FURTHER.append((ask, kind))
    WORDS.update(words)
    TOLD.update(told or {})
