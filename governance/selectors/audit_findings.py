"""Findings of auditors as the ledger tells them: who sees them, what they say, whose they are, what is due.

Rows say which findings there are and of what; how each stands is replayed from its entries by the rules of
`proof.history.audit_findings`, and a row that its entry does not confirm is left out. The number of queries does not
depend on how many there are.
"""

import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from governance import access
from governance.errors import NotFound
from governance.models import AuditFinding, Document, Job, LedgerOpening, Project, User
from governance.proof.formats.leaf import Leaf, commit
from governance.proof.history import audit_findings as rules
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.inbox import people_of
from governance.selectors.people import projects_of, roles_everywhere, roles_held

JOB, ENTRY = "job:", "entry:"


@dataclass(frozen=True)
class Record:
    """What a finding is pinned to, as leaves name it and as people do; `page` and `key` name its page."""

    subject: str
    label: str
    page: str
    key: str
    project: Project | None
    document: Document | None = None


@dataclass(frozen=True)
class Spoken:
    """An act on a finding: who did it, to whom it went, and its words; None when they were erased or altered."""

    act: rules.Act
    by: str
    to: str
    words: str | None


@dataclass(frozen=True)
class Finding:
    """A finding: its row, how it stands, in whose names, its words (None: erased) and what was said since."""

    row: AuditFinding
    told: rules.Told
    owner: User | None
    raised_by: str
    words: str | None
    place: str
    said: tuple[Spoken, ...]
    record: Record

    @property
    def open(self) -> bool:
        """Whether nobody has closed it."""
        return self.told.closing is None

    @property
    def severity(self) -> str:
        """The severity, in one word."""
        return self.told.severity


def record(user: User, subject: str) -> Record:
    """Return what `subject` names, if somebody may see it: a document's digest, "job:…" or "entry:…".

    Raises:
        NotFound: it names nothing, or nothing that this person may see.
    """
    if re.fullmatch(r"sha256:[0-9a-f]{64}", subject):
        document = docs.get(user, subject)
        return Record(subject, str(document), "document", subject, document.project, document)
    if subject.startswith(JOB):
        key = _uuid(subject.removeprefix(JOB))
        job = Job.objects.filter(pk=key, project__in=projects_of(user)).select_related("spec", "project").first()
        if job is not None:
            return Record(subject, f"run of {job.spec}", "run", str(job.pk), job.project)
    if re.fullmatch(r"entry:(0|[1-9][0-9]{0,15})", subject):
        seq = int(subject.removeprefix(ENTRY))
        leaf = ledger.leaves_at([seq]).get(seq)
        project = Project.objects.filter(pk=leaf.project).first() if leaf and leaf.project else None
        if leaf is not None and access.can(user, "ledger.read", project):
            return Record(subject, f"ledger entry {seq}", "ledger-entry", str(seq), project)
    raise NotFound("there is no such record")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound("there is no such record") from None


def visible(user: User) -> "QuerySet[AuditFinding]":
    """Return the findings on what somebody may see, newest first.

    Holders of a role in the organisation see all; others those of their projects and, on the shelf, of documents whose
    kind is not for the former alone.
    """
    held = roles_everywhere(user)
    if None in held:
        return AuditFinding.objects.all()
    hidden = [name for name, kind in KINDS.items() if kind.confined]
    scope = Q(project__in=list(held))
    if held:
        scope |= Q(project=None, document__isnull=False) & ~Q(document__kind__in=hidden)
    return AuditFinding.objects.filter(scope)


def told(rows: "QuerySet[AuditFinding]", *, many: bool = False, worded: bool = True) -> list[Finding]:
    """Return the findings that the ledger confirms, as it tells them. Six queries at most.

    `many`: most findings there are, so that all their entries are read at once. `worded`: with what was said.
    """
    found = list(rows.select_related("document__project", "document__series", "project", "by"))
    if not found:
        return []
    ordered = _leaves(found, many)
    replayed = rules.replay(ordered)
    kept = [row for row in found if _confirmed(row, replayed.get(str(row.pk)))]
    words = _words({leaf.seq: leaf for leaf in ordered}) if worded else {}
    people = _people(replayed[str(row.pk)] for row in kept)
    jobs = {row.record.removeprefix(JOB) for row in kept if row.record.startswith(JOB)}
    specs = {str(job.pk): job for job in Job.objects.filter(pk__in=jobs).select_related("spec")}
    return [_shown(row, replayed[str(row.pk)], words, people, specs) for row in kept]


def _leaves(rows: list[AuditFinding], many: bool) -> list[Leaf]:
    """Return the entries about findings, in the ledger's order."""
    if many:
        return ledger.leaves_of(rules.EVENTS)
    leaves = ledger.leaves_about([f"{rules.SUBJECT}{row.pk}" for row in rows], rules.EVENTS, -1)
    return [leaves[seq] for seq in sorted(leaves)]


def _confirmed(row: AuditFinding, said: rules.Told | None) -> bool:
    project = str(row.project_id) if row.project_id else None
    return said is not None and (said.seq, said.record, said.project, said.raised_by) == (
        row.seq,
        row.record,
        project,
        row.by.actor,
    )


def _words(leaves: Mapping[int, Leaf]) -> dict[int, dict[str, str]]:
    """Return the private parts that are the ones committed to."""
    rows = LedgerOpening.objects.filter(entry_id__in=list(leaves)).values_list("entry_id", "salt", "private")
    return {seq: private for seq, salt, private in rows if commit(bytes(salt), private) == leaves[seq].commitment}


def _people(findings: Iterable[rules.Told]) -> dict[str, User]:
    named = {person for one in findings for person in (*one.owners, one.raised_by, *(act.by for act in one.acts))}
    return {user.actor: user for user in User.objects.filter(ledger_id__in=named)}


def _shown(
    row: AuditFinding,
    said: rules.Told,
    words: Mapping[int, Mapping[str, str]],
    people: Mapping[str, User],
    specs: Mapping[str, Job],
) -> Finding:
    def name(person: str) -> str:
        return str(people[person]) if person in people else person

    acts = tuple(
        Spoken(act, name(act.by), name(act.to) if act.to else "", words.get(act.seq, {}).get("text"))
        for act in said.acts
    )
    private = words.get(said.seq, {})
    return Finding(
        row,
        said,
        people.get(said.owner),
        name(said.raised_by),
        private.get("text"),
        private.get("place", ""),
        acts,
        _record_of(row, specs),
    )


def _record_of(row: AuditFinding, specs: Mapping[str, Job]) -> Record:
    if row.document is not None:
        return Record(row.record, str(row.document), "document", row.record, row.project, row.document)
    key = row.record.partition(":")[2]
    if row.record.startswith(JOB):
        label = f"run of {specs[key].spec}" if key in specs else f"run {key}"
        return Record(row.record, label, "run", key, row.project)
    return Record(row.record, f"ledger entry {key}", "ledger-entry", key, row.project)


def get(user: User, identifier: object) -> Finding:
    """Return a finding on something somebody may see. NotFound otherwise."""
    found = told(visible(user).filter(pk=_uuid(str(identifier))))
    if not found:
        raise NotFound("there is no such finding")
    return found[0]


def listed(user: User, *, project: str = "", state: str = "", mine: bool = False, record: str = "") -> list[Finding]:
    """Return the findings somebody may see: the open ones by the day they are due, then the others, newest first.

    `project` is a short name or "shelf"; `state` is "open" (answered ones too) or "closed".
    """
    rows = visible(user)
    if project:
        rows = rows.filter(project=None) if project == "shelf" else rows.filter(project__slug=project)
    if record:
        rows = rows.filter(record=record)
    found = [
        one for one in told(rows) if (not state or one.open == (state == "open")) and (not mine or concerns(one, user))
    ]
    closed = sorted((one for one in found if not one.open), key=lambda one: -one.told.seq)
    return sorted((one for one in found if one.open), key=lambda one: (one.told.due, one.told.seq)) + closed


def concerns(one: Finding, user: User) -> bool:
    """Return whether somebody answers for a finding or raised it."""
    return user.actor in (one.told.owner, one.told.raised_by)


def about(user: User, subjects: Collection[str]) -> list[Finding]:
    """Return the findings pinned to any of some records that somebody may see, as `listed` orders them."""
    found = told(visible(user).filter(record__in=list(subjects)))
    return sorted(found, key=lambda one: (not one.open, one.told.due, one.told.seq))


def to_answer(user: User) -> list[Finding]:
    """Return the open findings that somebody answers for and that wait for a first answer, the next due first."""
    mine = [one for one in told(visible(user), many=True) if one.told.owner == user.actor and one.told.state == "open"]
    return sorted(mine, key=lambda one: (one.told.due, one.told.seq))


def owned(user: User) -> list[Finding]:
    """Return the findings that somebody answers for and that nobody closed, wherever they are."""
    rows = AuditFinding.objects.filter(pk__in=_named(user))
    return [one for one in told(rows) if one.told.owner == user.actor and one.open]


def _named(user: User) -> list[str]:
    """Return the findings whose entries ever gave them to somebody, from the leaves."""
    leaves = ledger.leaves_of((rules.RAISED, rules.HANDED_OVER))
    return [str(leaf.data["finding"]) for leaf in leaves if user.actor in (leaf.data.get("owner"), leaf.data.get("to"))]


def eligible(user: User, project: Project | None) -> bool:
    """Return whether somebody can answer for findings there: any role but auditor."""
    return user.is_active and bool(roles_held(user, project) - {access.AUDITOR})


def owners(project: Project | None) -> list[User]:
    """Return who can answer for findings in a project (None: in the organisation), by name."""
    return list({g.user.pk: g.user for g in people_of(project) if g.role != access.AUDITOR}.values())


def due(rows: "QuerySet[AuditFinding]", since: datetime, until: datetime) -> list[Finding]:
    """Return the open findings whose day lies between two times."""
    return [one for one in told(rows, many=True, worded=False) if one.open and since <= one.told.due <= until]
