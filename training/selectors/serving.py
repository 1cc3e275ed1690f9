"""What services ran, as the ledger held it at a size: from the register of deployments and from recorded events.

Each entry that counts is confirmed by its leaf. Two times are kept apart: when it was so, which documents say, and
when it became known, which the ledger's size decides. The number of queries is constant.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from governance.models import Document, Project
from governance.proof.fields import moment
from governance.selectors import beginnings, told
from governance.selectors import documents as docs
from training import running
from training.bodies.continuity import DEPLOYMENT, ORIGINS, DeploymentBody
from training.bodies.serving import EVENT, MARK, DeploymentEventBody, IncidentMarkBody
from training.running import NOTHING, Answer, Claim, Span
from training.selectors.deployed import body_of

STATED: Final = "stated: "
INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Happened:
    """A recorded event: what the document says, what ran from then on and before, and when it became known."""

    document: Document
    body: DeploymentEventBody
    now: str
    before: str
    known_at: datetime

    @property
    def at(self) -> datetime:
        """When it was so."""
        return moment(self.body.at)


@dataclass(frozen=True)
class Record:
    """One deployment: all its versions in the register, what happened to it, and so what ran when."""

    versions: tuple[Document, ...]
    registered: tuple[datetime, ...]
    events: tuple[Happened, ...]
    claims: tuple[Claim, ...]

    @property
    def head(self) -> Document:
        """The newest version in the register."""
        return self.versions[-1]

    @cached_property
    def body(self) -> DeploymentBody:
        """What the register says of it."""
        return body_of(self.head)

    @property
    def key(self) -> tuple[Any, str, str]:
        """Which service it is: project, service and environment, in plain form."""
        return self.head.project_id, plain(self.body.service), plain(self.body.environment)

    @cached_property
    def settled(self) -> list[Claim]:
        """The claims that count."""
        return running.settled(self.claims)


@dataclass(frozen=True)
class Service:
    """A service in an environment: its deployments on record (mostly one), and everything they name, by digest."""

    records: tuple[Record, ...]
    named: Mapping[str, Document] = field(repr=False)

    @property
    def body(self) -> DeploymentBody:
        """What the register says of it."""
        return self.records[-1].body

    @property
    def head(self) -> Document:
        """Its newest version in the register."""
        return max((record.head for record in self.records), key=lambda head: head.seq)

    @property
    def title(self) -> str:
        """The service and its environment."""
        return f"{self.body.service} ({self.body.environment})"

    def at(self, when: datetime) -> Answer:
        """Return what ran at a moment."""
        return running.together([running.at(record.settled, when) for record in self.records])

    @cached_property
    def spans(self) -> list[Span]:
        """What ran from its first moment on record to the last, the first first."""
        return running.spans([record.settled for record in self.records])

    @cached_property
    def events(self) -> list[Happened]:
        """What happened to it, in the order in which it was so."""
        return sorted(
            (event for record in self.records for event in record.events), key=lambda e: (e.at, e.document.seq)
        )

    @cached_property
    def counting(self) -> list[Happened]:
        """The same without those that were recorded again about the same moment, as claims are `settled`."""
        newest = {
            (number, event.at): event.document.digest
            for number, record in enumerate(self.records)
            for event in sorted(record.events, key=lambda e: e.document.seq)
        }
        counting = set(newest.values())
        return [event for event in self.events if event.document.digest in counting]

    def name_of(self, what: str) -> str:
        """Return what a claim's name stands for, in words."""
        if what == NOTHING:
            return "nothing"
        found = self.named.get(what)
        return str(found) if found is not None else f"“{what.removeprefix(STATED)}” (unproven origin)"

    def source_of(self, claim: Claim) -> Document | None:
        """Return the document that makes a claim."""
        return self.named.get(claim.source)


@dataclass(frozen=True)
class Mark:
    """That a release was found unsafe, or that this was taken back: the newest version of the mark."""

    document: Document
    body: IncidentMarkBody
    release: str
    known_at: datetime


def services(projects: Iterable[Project | None], ledger_size: int | None = None) -> list[Service]:
    """Return every service of some projects that is on record at a ledger size (default: now), by name."""
    of = [project for project in projects if project is not None]
    found = beginnings.of_projects("services", (DEPLOYMENT, EVENT), of, ledger_size, _follows)
    return sorted((one for register in found.values() for one in register.services), key=_by_name)


def _by_name(service: Service) -> tuple[str, int]:
    return service.title.casefold(), service.head.seq


def of_deployment(services: Iterable[Service], deployment: Document) -> Service | None:
    """Return the service that a deployment is about, with all that goes by its name; None: not among them."""
    series = deployment.series_id
    return next((one for one in services if any(record.head.series_id == series for record in one.records)), None)


def find(services: Iterable[Service], project: Project, service: str, environment: str) -> Service | None:
    """Return a service of a project by its name and environment, however they are spaced and cased; None: not there."""
    wanted = (project.pk, plain(service), plain(environment))
    return next((one for one in services if one.records[-1].key == wanted), None)


def marks(projects: Iterable[Project | None], ledger_size: int | None = None) -> dict[str, list[Mark]]:
    """Return the marks of releases of some projects by the release's digest, taken back ones too, the first first."""
    documents = _rows(MARK, [project for project in projects if project is not None], ledger_size)
    times = told.frozen_at(documents)
    newest = {document.series_id: document for document in documents if document.digest in times}
    found: dict[str, list[Mark]] = {}
    for document in newest.values():
        (release,) = (link.digest for link in docs.references(document) if link.role == "release")
        body: IncidentMarkBody = docs.frozen_body(document, IncidentMarkBody)
        found.setdefault(release, []).append(Mark(document, body, release, times[document.digest]))
    return found


def plain(name: str) -> str:
    """Return a name as it is compared."""
    return " ".join(name.casefold().split())


def stated(name: str | None) -> str:
    """Return how a claim names what is only said to run."""
    return f"{STATED}{plain(name)}" if name else NOTHING


@dataclass(frozen=True)
class _Register:
    """What is on record of a project: its deployments by series, and everything that they and their events name."""

    records: Mapping[UUID, Record]
    named: Mapping[str, Document]

    @cached_property
    def services(self) -> list[Service]:
        """The services; deployments that go by one name are one."""
        found: dict[tuple[Any, str, str], list[Record]] = {}
        for record in self.records.values():
            found.setdefault(record.key, []).append(record)
        return [Service(tuple(group), self.named) for group in found.values()]


def _follows(known: Mapping[UUID, _Register], new: Mapping[UUID, list[told.Frozen]]) -> dict[UUID, _Register]:
    """Return the registers as they follow from what was on record and from what came since."""
    links = {one.document.digest: _links(one.document) for since in new.values() for one in since}
    wanted = {d for named in links.values() for role, d in named.items() if role in (*ORIGINS, "now", "before")}
    read = Document.objects.select_related("project", "series").in_bulk(list(wanted)) if wanted else {}
    if missing := wanted - set(read):
        raise docs.DocumentCorrupt(f"a document refers to {min(missing)}, which is not there")
    return {project: _further(known.get(project, _Register({}, {})), since, read) for project, since in new.items()}


def _further(known: _Register, since: Iterable[told.Frozen], read: Mapping[str, Document]) -> _Register:
    named = {**known.named, **read, **{one.document.digest: one.document for one in since}}
    versions: dict[UUID, list[told.Frozen]] = {}
    events: dict[UUID, list[Happened]] = {}
    for one in since:
        if one.document.kind == DEPLOYMENT:
            versions.setdefault(one.document.series_id, []).append(one)
    for one in since:
        if one.document.kind == EVENT:
            about = named.get(_links(one.document)["deployment"])
            if about is not None and (about.series_id in versions or about.series_id in known.records):
                events.setdefault(about.series_id, []).append(_happened(one))
    records = dict(known.records)
    for series in dict.fromkeys((*versions, *events)):
        records[series] = _record(records.get(series), versions.get(series, ()), events.get(series, ()))
    return _Register(records, named)


def _happened(one: told.Frozen) -> Happened:
    said: DeploymentEventBody = docs.frozen_body(one.document, DeploymentEventBody)
    links = _links(one.document)
    now, before = links.get("now") or stated(said.stated), links.get("before") or stated(said.stated_before)
    return Happened(one.document, said, now, before, one.at)


def _record(known: Record | None, versions: Iterable[told.Frozen], events: Iterable[Happened]) -> Record:
    """Return a deployment's record as it goes on from what is known of it."""
    new = list(versions)
    documents = (*(known.versions if known else ()), *(one.document for one in new))
    registered = (*(known.registered if known else ()), *(one.at for one in new))
    happened = (*(known.events if known else ()), *events)
    with_event = {_links(event.document).get("registered") for event in happened}
    claims = (*_registered(documents, registered, with_event), *map(_claim, happened))
    return Record(documents, registered, happened, claims)


def _links(document: Document) -> dict[str, str]:
    return {link.role: link.digest for link in docs.references(document)}


def _rows(kind: str, projects: Collection[Project], ledger_size: int | None) -> list[Document]:
    rows = Document.objects.filter(kind=kind, project__in=projects)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    return list(rows.select_related("project", "series").order_by("seq"))


def _claim(event: Happened) -> Claim:
    return Claim(event.now, event.at, event.at, event.document.seq, event.before, event.document.digest)


@dataclass(frozen=True)
class _Said:
    """What one version of the register says."""

    document: Document
    body: DeploymentBody
    what: str
    at: datetime
    with_event: bool


def _registered(
    versions: Sequence[Document],
    times: Sequence[datetime],
    with_event: Collection[str | None],
) -> Iterable[Claim]:
    """Yield what the versions of one deployment claim.

    Versions in a row that name the same tell of one stretch, of which the last knows best when it began and ended. A
    version that names something else, and not since when, tells that it changed some time after the one before was
    registered. One that was registered with an event claims nothing beside it.
    """
    said = []
    for document, at in zip(versions, times, strict=True):
        body, named = body_of(document), _links(document)
        what = next((named[role] for role in ORIGINS if role in named), stated(body.stated_base))
        said.append(_Said(document, body, what, at, document.digest in with_event))
    stretches: list[list[_Said]] = []
    for one in said:
        last = stretches[-1][-1] if stretches else None
        if last is not None and last.what == one.what and not _again(last.body, one.body):
            stretches[-1].append(one)
        else:
            stretches.append([one])
    for number, stretch in enumerate(stretches):
        before = stretches[number - 1][-1] if number else None
        after = stretches[number + 1][0] if number + 1 < len(stretches) else None
        yield from _stretch(stretch, before, after)


def _again(earlier: DeploymentBody, later: DeploymentBody) -> bool:
    """Return whether it had ended and began anew."""
    return earlier.until is not None and later.since >= earlier.until


def _stretch(stretch: Sequence[_Said], before: _Said | None, after: _Said | None) -> Iterable[Claim]:
    first = stretch[0]
    restated = next((one for one in reversed(stretch) if one.body.since != first.body.since), None)
    if restated is not None and not restated.with_event:
        yield _on_day(restated, restated.body.since, restated.what)
    elif not first.with_event:
        if before is None or first.body.since > before.body.since:
            yield _on_day(first, first.body.since, first.what)
        else:
            yield Claim(
                first.what,
                before.at,
                max(first.at, before.at + INSTANT),
                first.document.seq,
                source=first.document.digest,
            )
    ended = stretch[-1]
    over = after is None or _again(ended.body, after.body)
    if over and ended.body.until is not None and not ended.with_event:
        yield _on_day(ended, ended.body.until, NOTHING)


def _on_day(one: _Said, day: str, what: str) -> Claim:
    """Return a claim about some moment of a day; what serves when it is registered had begun by then."""
    begins = datetime.combine(date.fromisoformat(day), time(), UTC)
    ends = begins + timedelta(days=1)
    if what != NOTHING and begins < one.at < ends:
        ends = one.at
    return Claim(what, begins, ends, one.document.seq, source=one.document.digest)
