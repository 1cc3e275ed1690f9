"""Reading documents: visible ones, their bytes re-hashed, and the walk over what they refer to."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from pydantic import BaseModel

from governance.errors import NotFound
from governance.models import Document, Project, Reference, User
from governance.proof.formats.canonical import sha256
from governance.proof.formats.envelope import SHELF, Envelope, Link
from governance.registry import KINDS, Kind
from governance.request_memory import remembered
from governance.selectors.people import is_member, projects_of, roles_everywhere


class DocumentCorrupt(Exception):
    """A stored document's bytes are not those its digest names."""


def envelope(document: Document) -> Envelope:
    """Return the document's envelope, its bytes hashed again.

    Raises:
        DocumentCorrupt: the bytes were altered, or the columns that repeat them.
    """
    found = Envelope.from_bytes(_content(document))
    _same(document, (found.schema_name, found.project, found.series, found.number))
    return found


class Envelopes(Mapping[str, Envelope]):
    """Documents by digest as pure rules take them: each read, and its bytes hashed again, when it is asked for."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self.documents, self.read = documents, dict[str, Envelope]()

    def __getitem__(self, digest: str) -> Envelope:
        if digest not in self.read:
            self.read[digest] = envelope(self.documents[digest])
        return self.read[digest]

    def __iter__(self) -> Iterator[str]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)


def contributors(document: Document) -> frozenset[str]:
    """Return the ledger ids of everybody who wrote the document; raises as `envelope` does.

    Asked at every question of sign-off, so what the same bytes say is remembered; the bytes are hashed each time.
    """
    found = _told(_content(document))
    _same(document, found.columns)
    return found.contributors


def references(document: Document) -> tuple[Link, ...]:
    """Return what the document refers to, remembered as `contributors` are; raises as `envelope` does."""
    found = _told(_content(document))
    _same(document, found.columns)
    return found.references


def frozen_body(document: Document, schema: type[BaseModel]) -> Any:
    """Return the body as `schema`, remembered by the document's bytes, which are hashed each time. It is frozen.

    Raises as `envelope` and `model_body` do.
    """
    _same(document, _told(_content(document)).columns)
    return _model(_content(document), document.kind, document.version, schema)


@lru_cache(maxsize=256)
def _model(content: bytes, kind: str, version: int, schema: type[BaseModel]) -> Any:
    found = KINDS[kind].schema_for(version).model_validate(Envelope.from_bytes(content).body)
    if not isinstance(found, schema):
        raise TypeError(f"{kind} is a {type(found).__name__}, expected {schema.__name__}")
    return found


class _Told(NamedTuple):
    columns: tuple[str, str, str, int]
    contributors: frozenset[str]
    references: tuple[Link, ...]


@lru_cache(maxsize=4096)
def _told(content: bytes) -> _Told:
    found = Envelope.from_bytes(content)
    columns = (found.schema_name, found.project, found.series, found.number)
    return _Told(columns, frozenset(found.contributors), tuple(found.references))


def _content(document: Document) -> bytes:
    content = bytes(document.content)
    if sha256(content) != document.digest:
        raise DocumentCorrupt(f"document {document.digest} was altered: its bytes hash to {sha256(content)}")
    return content


def _same(document: Document, told: tuple[str, str, str, int]) -> None:
    project = str(document.project_id) if document.project_id else SHELF
    columns = (f"{document.kind}/{document.version}", project, str(document.series_id), document.number)
    if columns != told:
        raise DocumentCorrupt(f"document {document.digest} was altered: its row says {columns}, its bytes do not")


def kind_of(document: Document) -> Kind:
    """Return the registered kind."""
    return KINDS[document.kind]


def body(document: Document) -> Any:
    """Return the body as the kind's model of the version it was written in."""
    return kind_of(document).schema_for(document.version).model_validate(envelope(document).body)


def display_body(document: Document) -> dict[str, Any]:
    """Return the body in the current form of its kind, for display only."""
    return displayed(document, envelope(document).body)


def displayed(document: Document, stored: dict[str, Any]) -> dict[str, Any]:
    """Return the same of a body that was read already."""
    kind = kind_of(document)
    if document.version == kind.version or kind.upcast is None:
        return stored
    return kind.upcast(document.version, stored)


def model_body(document: Document, schema: type[BaseModel]) -> Any:
    """Return the body as `schema`; TypeError when the kind's model is another."""
    found = body(document)
    if not isinstance(found, schema):
        raise TypeError(f"{document.kind} is a {type(found).__name__}, expected {schema.__name__}")
    return found


def visible(user: User) -> "QuerySet[Document]":
    """Return the documents somebody may see: those of their projects and, for members, the shelf.

    Kinds that tell of all projects are for those alone who hold a role in the organisation.
    """
    scope = Q(project__in=projects_of(user))
    if is_member(user):
        scope |= Q(project=None) & ~Q(kind__in=confined(user))
    return Document.objects.filter(scope)


def confined(user: User) -> list[str]:
    """Return the kinds whose documents on the shelf somebody may not see."""
    kinds = [name for name, kind in KINDS.items() if kind.confined]
    return kinds if kinds and None not in roles_everywhere(user) else []


def get(user: User, digest: str) -> Document:
    """Return a document somebody may see.

    Raises:
        NotFound: there is none, or it belongs to a project the person has no role in.
    """
    found = visible(user).select_related("project", "series", "created_by").filter(pk=digest).first()
    if found is None:
        raise NotFound("there is no such document")
    return found


def heads(project: Project | None, kind: str, ledger_size: int | None = None) -> list[Document]:
    """Return the newest version of every series of a kind in a project (None: the shelf), newest first.

    `ledger_size`: as they were when the ledger had so many entries (default: now).
    """
    return _newest(Document.objects.filter(project=project, kind=kind), ledger_size)


def heads_in(projects: Iterable[Project], kind: str, ledger_size: int | None = None) -> list[Document]:
    """Return `heads` of several projects, in one query."""
    places = projects if isinstance(projects, QuerySet) else list(projects)
    return _newest(Document.objects.filter(project__in=places, kind=kind), ledger_size)


def _newest(rows: "QuerySet[Document]", ledger_size: int | None) -> list[Document]:
    newest: dict[Any, Document] = {}
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    for document in rows.order_by("series_id", "number"):
        newest[document.series_id] = document
    return sorted(newest.values(), key=lambda d: -d.seq)


def linked(document: Document, role: str) -> list[Document]:
    """Return the documents that `document` names in a role, from its own bytes, in the order it names them."""
    digests = [link.digest for link in references(document) if link.role == role]
    found = remembered(("documents", *digests), lambda: Document.objects.in_bulk(digests)) if digests else {}
    missing = [d for d in digests if d not in found]
    if missing:
        raise DocumentCorrupt(f"document {document.digest} refers to {missing[0]}, which is not there")
    return [found[d] for d in digests]


def linked_one(document: Document, role: str) -> Document | None:
    """Return the document named in a role, or None."""
    found = linked(document, role)
    return found[0] if found else None


def linked_in(document: Document, roles: Collection[str]) -> dict[str, Document | None]:
    """Return `linked_one` of several roles, in one query."""
    return linked_in_all([document], roles)[document.digest]


def linked_in_all(documents: Iterable[Document], roles: Collection[str]) -> dict[str, dict[str, Document | None]]:
    """Return `linked_in` of several documents, by digest, in one query."""
    named: dict[str, dict[str, str]] = {}
    for document in documents:
        links = [link for link in references(document) if link.role in roles]
        named[document.digest] = {link.role: link.digest for link in reversed(links)}  # the first of a role counts
    wanted = {target for targets in named.values() for target in targets.values()}
    found = Document.objects.select_related("project", "series").in_bulk(wanted)
    for digest, targets in named.items():
        if missing := set(targets.values()) - set(found):
            raise DocumentCorrupt(f"document {digest} refers to {min(missing)}, which is not there")
    return {
        digest: {role: found[targets[role]] if role in targets else None for role in roles}
        for digest, targets in named.items()
    }


def closure(documents: Iterable[Document]) -> dict[str, Document]:
    """Return everything the documents rest on, themselves included, by digest: a walk over their own bytes.

    One query per level of depth. Raises DocumentCorrupt on altered bytes or a missing target.
    """
    found: dict[str, Document] = {}
    frontier = {d.digest: d for d in documents}
    while frontier:
        found.update(frontier)
        wanted = {link.digest for d in frontier.values() for link in references(d)} - set(found)
        related = Document.objects.select_related("project", "series", "created_by")
        frontier = related.in_bulk(list(wanted))
        if missing := wanted - set(frontier):
            raise DocumentCorrupt(f"a document refers to {min(missing)}, which is not there")
    return found


def writers(document: Document, kinds: frozenset[str]) -> set[str]:
    """Return the ledger ids of those who contributed to a document of these kinds among what `document` rests on."""
    return set(_writers(document.digest, kinds))


@lru_cache(maxsize=4096)
def _writers(digest: str, kinds: frozenset[str]) -> frozenset[str]:
    """Remembered, because what a digest rests on never changes."""
    below = closure([Document.objects.select_related("project", "series").get(pk=digest)]).values()
    return frozenset(person for d in below if d.kind in kinds for person in envelope(d).contributors)


def dependants(document: Document) -> "QuerySet[Reference]":
    """Return the references that name this document (from the index)."""
    return (
        Reference.objects.filter(target=document).select_related("source", "source__project").order_by("-source__seq")
    )
