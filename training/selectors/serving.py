"""What services ran, as the ledger held it at a size: from the register of deployments and from recorded events.

Each entry that counts is confirmed by its leaf. Two times are kept apart: when it was so, which documents say, and
when it became known, which the ledger's size decides. The number of queries is constant.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from governance.models import Document, Project
from governance.proof.answers import running, served
from governance.proof.answers.running import Answer, Claim, Span
from governance.selectors import beginnings, told
from governance.selectors import documents as docs
from training.bodies.continuity import DEPLOYMENT, ORIGINS, DeploymentBody
from training.bodies.serving import EVENT, MARK, DeploymentEventBody, IncidentMarkBody
from training.selectors.deployed import body_of


@dataclass(frozen=True)
class Happened:
    """A recorded event: what the document says, what ran from then on and before, and when it became known."""

    document: Document
    body: DeploymentEventBody
    told: served.Happened

    @property
    def what(self) -> str:
        """That it was deployed, rolled back or stopped."""
        return self.told.what

    @property
    def now(self) -> str:
        """What ran from then on."""
        return self.told.now

    @property
    def before(self) -> str:
        """What it took the place of."""
        return self.told.before

    @property
    def at(self) -> datetime:
        """When it was so."""
        return self.told.at

    @property
    def known_at(self) -> datetime:
        """When it became known."""
        return self.told.known_at


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
        return self.head.project_id, served.plain(self.body.service), served.plain(self.body.environment)

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
        return served.title(vars(self.body))

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
        counts = {e.digest for one in self.records for e in served.counting([event.told for event in one.events])}
        return [event for event in self.events if event.document.digest in counts]

    def name_of(self, what: str) -> str:
        """Return what a claim's name stands for, in words."""
        found = self.named.get(what)
        return served.named(what, {what: str(found)} if found is not None else {})


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
    wanted = (project.pk, served.plain(service), served.plain(environment))
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
    document = one.document
    return Happened(document, said, served.event(document.digest, docs.envelope(document), document.seq, one.at))


def _record(known: Record | None, versions: Iterable[told.Frozen], events: Iterable[Happened]) -> Record:
    """Return a deployment's record as it goes on from what is known of it."""
    new = list(versions)
    documents = (*(known.versions if known else ()), *(one.document for one in new))
    registered = (*(known.registered if known else ()), *(one.at for one in new))
    happened = (*(known.events if known else ()), *events)
    with_event = {digest for event in happened if (digest := _links(event.document).get("registered")) is not None}
    said = [
        served.version(document.digest, docs.envelope(document), document.seq, at, with_event)
        for document, at in zip(documents, registered, strict=True)
    ]
    claims = served.claims(said, (event.told for event in happened))
    return Record(documents, registered, happened, tuple(claims))


def _links(document: Document) -> dict[str, str]:
    return {link.role: link.digest for link in docs.references(document)}


def _rows(kind: str, projects: Collection[Project], ledger_size: int | None) -> list[Document]:
    rows = Document.objects.filter(kind=kind, project__in=projects)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    return list(rows.select_related("project", "series").order_by("seq"))
