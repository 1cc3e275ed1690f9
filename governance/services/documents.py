"""Drafts and the documents they are frozen into."""

import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from governance import access, events, store
from governance.errors import Conflict, Denied, Finding, Invalid
from governance.models import Document, Draft, Project, Reference, Series, User
from governance.proof.formats.canonical import NotCanonical, dumps
from governance.proof.formats.envelope import SHELF, Envelope, Link
from governance.registry import KINDS, Kind
from governance.services.ledger import Mutation, mutation

Links = Sequence[Mapping[str, str]]
Within = Callable[[Mutation, Draft], None]
"""What else is checked, written and told in the mutation that writes a draft: all of it happens, or nothing."""


def draft_create(
    *,
    actor: User,
    project: Project | None,
    kind: str,
    body: Mapping[str, Any],
    references: Links = (),
    base: Document | None = None,
    within: Within | None = None,
) -> Draft:
    """Begin a draft: of a new series, or (with `base`) of the next version of the series of `base`.

    A draft may be incomplete; it is checked in full when frozen. Raises whatever `within` does; then there is no draft.
    """
    known = _kind(kind)
    _place(known, project)
    _shape(body, references)
    with mutation(actor=actor, action="document.draft", project=project) as m:
        _may_write(actor, known, project)
        if base is not None and (base.kind, base.project_id) != (kind, project and project.pk):
            raise Invalid("base", "found a document of another kind or project, expected one of this series")
        draft = _draft(m, actor, known, body, references, base.series_id if base else uuid.uuid4())
        if within is not None:
            within(m, draft)
        return draft


def draft_edit(
    *,
    actor: User,
    draft: Draft,
    revision: int,
    body: Mapping[str, Any],
    references: Links = (),
    within: Within | None = None,
) -> Draft:
    """Replace a draft's content; `revision` is the one the editor saw. The editor becomes a contributor for good.

    Raises:
        Conflict: somebody saved in between, or the draft is frozen.
        Whatever `within` does; then the draft stays as it was.
    """
    _shape(body, references)
    with mutation(actor=actor, action="document.draft", project=draft.project, subjects=[f"draft:{draft.id}"]) as m:
        _may_write(actor, KINDS[draft.kind], draft.project)
        changed = Draft.objects.filter(pk=draft.pk, revision=revision, frozen=None).update(
            body=dict(body),
            references=[dict(r) for r in references],
            title=_title(KINDS[draft.kind], body),
            revision=revision + 1,
            updated_at=m.time,
        )
        if not changed:
            raise _moved_on(draft, revision)
        draft.contributors.add(actor)
        m.append(
            events.DRAFT_EDITED, subjects=[f"draft:{draft.id}"], data={"draft": str(draft.id), "revision": revision + 1}
        )
        if within is not None:
            within(m, draft)
    draft.refresh_from_db()
    return draft


def draft_freeze(*, actor: User, draft: Draft, revision: int) -> Document:
    """Freeze the revision the caller saw into the next version of its series.

    Raises:
        Invalid: the body, a reference or a file is not as the kind wants it; `field` says where.
        Conflict: the draft moved on.
    """
    kind = KINDS[draft.kind]
    body = check_body(kind, draft.body)
    check_files(kind, body)
    _examine(actor, kind, body, draft.references, draft.project)
    with mutation(actor=actor, action="document.freeze", project=draft.project, subjects=[f"draft:{draft.id}"]) as m:
        _may_write(actor, kind, draft.project)
        if not Draft.objects.filter(pk=draft.pk, revision=revision, frozen=None).exists():
            raise _moved_on(draft, revision)
        draft.contributors.add(actor)
        people = [user.actor for user in draft.contributors.all()]
        document = freeze(
            m, kind=kind, body=body, references=draft.references, contributors=people, series=draft.series, by=actor
        )
        Draft.objects.filter(pk=draft.pk).update(frozen=document, updated_at=m.time)
        return document


def draft_printed(*, actor: User, draft: Draft) -> None:
    """Record that somebody takes a preview of a draft away; the door has seen to it that they may see it."""
    with mutation(actor=actor, action="draft.print", project=draft.project) as m:
        m.append(
            events.DRAFT_PRINTED,
            subjects=[f"draft:{draft.id}"],
            data={"draft": str(draft.id), "revision": draft.revision},
        )


def document_submit(
    *,
    actor: User,
    project: Project | None,
    kind: str,
    body: Mapping[str, Any],
    references: Links = (),
    base: Document | None = None,
) -> Document:
    """Draft and freeze in one act, for those who bring a finished document (API, command line, demo)."""
    known = _kind(kind)
    _place(known, project)
    _shape(body, references)
    checked = check_body(known, body)
    check_files(known, checked)
    _examine(actor, known, checked, references, project)
    with mutation(actor=actor, action="document.freeze", project=project) as m:
        _may_write(actor, known, project)
        if base is not None and (base.kind, base.project_id) != (kind, project and project.pk):
            raise Invalid("base", "found a document of another kind or project, expected one of this series")
        draft = _draft(m, actor, known, body, references, base.series_id if base else uuid.uuid4())
        document = freeze(
            m,
            kind=known,
            body=checked,
            references=references,
            contributors=[actor.actor],
            series=draft.series,
            by=actor,
        )
        Draft.objects.filter(pk=draft.pk).update(frozen=document)
        return document


def freeze(
    m: Mutation,
    *,
    kind: Kind,
    body: Mapping[str, Any],
    references: Iterable[Mapping[str, str]],
    contributors: Sequence[str],
    series: uuid.UUID | None = None,
    by: User | None,
) -> Document:
    """Freeze a checked body within an open mutation; how the system itself makes results and records, too."""
    return freeze_many(m, kind=kind, papers=[Paper(body, list(references), series)], contributors=contributors, by=by)[
        0
    ]


@dataclass(frozen=True)
class Paper:
    """What is to be frozen: a checked body, its references, and the series it is the next version of, if any."""

    body: Mapping[str, Any]
    references: Links
    series: uuid.UUID | None = None


def freeze_many(
    m: Mutation, *, kind: Kind, papers: Sequence[Paper], contributors: Sequence[str], by: User | None
) -> list[Document]:
    """Freeze checked bodies of one kind within an open mutation, in their order; a leaf each, few queries in all."""
    known = Document.objects.in_bulk({str(link["digest"]) for paper in papers for link in paper.references})
    rows = Series.objects.in_bulk({paper.series for paper in papers if paper.series is not None})
    versions = Document.objects.filter(series__in=rows).order_by("number").values_list("series_id", "number", "digest")
    newest = {series: (number, digest) for series, number, digest in versions}
    begun, made, named = list[Series](), list[Document](), list[Reference]()
    for paper in papers:
        links = _links(kind, paper.references, m.project, known)
        row = rows.get(paper.series) if paper.series else None
        if row is not None and (row.kind, row.project_id) != (kind.name, m.project and m.project.pk):
            raise Invalid("series", "found a series of another kind or project")
        series = row.pk if row else paper.series or uuid.uuid4()
        number, previous = newest.get(series, (0, None))
        try:
            envelope = Envelope(
                schema_name=kind.schema_name,
                project=str(m.project.id) if m.project else SHELF,
                series=str(series),
                number=number + 1,
                previous=previous,
                contributors=list(contributors),
                salt=secrets.token_hex(16),
                references=[Link(role=role, digest=target.digest) for role, target in links],
                body=dict(paper.body),
            )
            content = envelope.to_bytes()
        except (NotCanonical, ValidationError) as problem:
            raise Invalid("body", str(problem)) from None
        title = _title(kind, paper.body)
        if row is None:
            rows[series] = row = Series(pk=series, kind=kind.name, project=m.project, title=title)
            begun.append(row)
        elif row.title != title:
            row.title = title
            Series.objects.filter(pk=row.pk).update(title=title)
        document = Document(
            digest=envelope.digest,
            kind=kind.name,
            version=kind.version,
            series=row,
            number=envelope.number,
            project=m.project,
            title=title,
            content=content,
            created_by=by,
            created_at=m.time,
            seq=m.size,
        )
        m.append(
            events.DOCUMENT_FROZEN,
            subjects=[document.digest],
            data={"kind": kind.name, "series": str(row.pk), "number": envelope.number},
        )
        newest[series] = (envelope.number, document.digest)
        made.append(document)
        named += [Reference(source=document, role=role, target=target) for role, target in links]
    Series.objects.bulk_create(begun)
    Document.objects.bulk_create(made)
    Reference.objects.bulk_create(named)
    return made


def check_body(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body as the kind's current schema reads it, ready to freeze.

    Raises:
        Invalid: naming the first field that is wrong.
    """
    try:
        model = kind.schema.model_validate(dict(body))
        kind.vet(model)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("body", *first["loc"]))
        raise Invalid(where, first["msg"]) from None
    except ValueError as problem:
        raise Invalid("body", str(problem)) from None
    return model.model_dump(mode="json", by_alias=True)


def check_files(kind: Kind, body: Mapping[str, Any]) -> None:
    """Hash every file the body names, before the ledger is locked. Raises Invalid when one is absent or altered."""
    for entry in kind.files(dict(body)):
        try:
            size = store.check(entry.sha256)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            raise Invalid("files", f"{entry.path}: {problem}; upload it first") from None
        if size != entry.size:
            raise Invalid("files", f"{entry.path}: found {size} bytes, expected {entry.size}")


def _examine(actor: User, kind: Kind, body: Mapping[str, Any], references: Links, project: Project | None) -> None:
    """Let the kind look at body, files and references together, before the ledger is locked.

    Only for somebody who may freeze here: anybody else is refused a moment later, and learns nothing.
    """
    if not access.can(actor, "document.freeze", project):
        return
    links: dict[str, list[Document]] = {}
    for role, target in _links(kind, references, project):
        links.setdefault(role, []).append(target)
    try:
        kind.examine(kind.schema.model_validate(dict(body)), links)
    except ValueError as problem:
        raise Invalid("body", str(problem)) from None


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise Invalid("kind", f"found {name!r}, expected one of {', '.join(sorted(KINDS))}")
    return KINDS[name]


def _place(kind: Kind, project: Project | None) -> None:
    if kind.shelf != (project is None):
        where = "on the organisation's shelf (no project)" if kind.shelf else "in a project"
        raise Invalid("project", f"a {kind.label} lives {where}")


def _shape(body: Mapping[str, Any], references: Links) -> None:
    try:
        dumps(dict(body))
    except NotCanonical as problem:
        raise Invalid("body", str(problem)) from None
    for link in references:
        if set(link) != {"role", "digest"}:
            raise Invalid("references", f"found {sorted(link)}, expected role and digest")


def _may_write(actor: User, kind: Kind, project: Project | None) -> None:
    if not kind.authors & access.roles_of(actor, project):
        raise Denied(
            Finding(
                "access",
                f"your roles here: {access.words(access.roles_of(actor, project)) or 'none'}",
                f"one of: {access.words(kind.authors) or 'the system alone'}, to write a {kind.label}",
                "Ask somebody who holds the role.",
                "owner",
            )
        )


def _draft(
    m: Mutation, actor: User, kind: Kind, body: Mapping[str, Any], references: Links, series: uuid.UUID
) -> Draft:
    draft = Draft.objects.create(
        kind=kind.name,
        series=series,
        project=m.project,
        title=_title(kind, body),
        body=dict(body),
        references=[dict(r) for r in references],
        updated_at=m.time,
    )
    draft.contributors.add(actor)
    m.append(
        events.DRAFT_CREATED,
        subjects=[f"draft:{draft.id}"],
        data={"draft": str(draft.id), "series": str(series), "kind": kind.name},
    )
    return draft


def _title(kind: Kind, body: Mapping[str, Any]) -> str:
    return str(kind.title(dict(body)))[:300] or f"untitled {kind.label}"  # a draft's title may be anything yet


def _links(
    kind: Kind,
    references: Iterable[Mapping[str, str]],
    project: Project | None,
    known: Mapping[str, Document] | None = None,
) -> list[tuple[str, Document]]:
    """Return what is referred to, as the kind wants it; `known`: the documents, where they were read already."""
    wanted = [(str(link["role"]), str(link["digest"])) for link in references]
    found = Document.objects.in_bulk([digest for _, digest in wanted]) if known is None else known
    for role, digest in wanted:
        if role not in kind.links:
            raise Invalid("references", f"found the role {role!r}, expected one of {', '.join(sorted(kind.links))}")
        target = found.get(digest)
        if target is None or target.project_id not in (None, project and project.pk):
            raise Invalid("references", f"{role}: there is no document {digest} in this project or on the shelf")
        if target.kind not in kind.links[role].kinds:
            expected = " or ".join(sorted(kind.links[role].kinds))
            raise Invalid("references", f"{role}: found a {target.kind}, expected {expected}")
    for role, link in kind.links.items():
        count = len({digest for r, digest in wanted if r == role})
        if link.required and not count:
            raise Invalid("references", f"{role}: found none, expected {' or '.join(sorted(link.kinds))}")
        if count > 1 and not link.many:
            raise Invalid("references", f"{role}: found {count}, expected one")
    return [(role, found[digest]) for role, digest in sorted(set(wanted))]


def _moved_on(draft: Draft, revision: int) -> Conflict:
    now = Draft.objects.filter(pk=draft.pk).first()
    state = "gone" if now is None else "frozen" if now.frozen_id else f"at revision {now.revision}"
    return Conflict(
        found=f"the draft is {state}",
        expected=f"revision {revision}, as you saw it",
        remedy="Look at the current draft and try again.",
    )
