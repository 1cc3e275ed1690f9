"""Drafts: what one lacks, and the document that it would be frozen into."""

from typing import Any

from pydantic import ValidationError

from governance.models import Document, Draft, Series
from governance.proof.formats.envelope import SHELF, Envelope, Link
from governance.registry import KINDS, Kind
from governance.selectors import ledger


def complaints(kind: Kind, body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return everything the kind's schema says against the body: (where, what), for the editor to mend."""
    try:
        kind.vet(kind.schema.model_validate(body))
    except ValidationError as problem:
        return [
            (" › ".join(str(part) for part in error["loc"]) or "content", error["msg"])
            for error in problem.errors(include_url=False, include_input=False)
        ]
    except ValueError as problem:
        return [("content", str(problem))]
    return []


def links(draft: Draft) -> tuple[list[Link], list[tuple[str, str]]]:
    """Return the references that can be followed, and what is wrong with the others or missing: (where, what)."""
    kind = KINDS[draft.kind]
    named = [(str(link.get("role", "")), str(link.get("digest", ""))) for link in draft.references]
    there = Document.objects.in_bulk([digest for _, digest in named])
    good: list[Link] = []
    wrong: list[tuple[str, str]] = []
    for role, digest in sorted(set(named)):
        target = there.get(digest)
        if role not in kind.links or target is None or target.project_id not in (None, draft.project_id):
            wrong.append((role, f"there is no document {digest} here for it"))
        elif target.kind not in kind.links[role].kinds:
            wrong.append((role, f"found a {KINDS[target.kind].label}"))
        else:
            good.append(Link(role=role, digest=digest))
    for role, link in kind.links.items():
        found = sum(one.role == role for one in good)
        if link.required and not found:
            wrong.append((role, "none is chosen"))
        if found > 1 and not link.many:
            wrong.append((role, f"{found} are chosen, one is expected"))
    return good, wrong


def would_be(draft: Draft, references: list[Link]) -> Document:
    """Return the document that a draft would be frozen into now, stored nowhere; its digest will be another.

    Raises:
        ValidationError, NotCanonical: the body is not as its kind wants it.
    """
    kind = KINDS[draft.kind]
    newest = Document.objects.filter(series=draft.series).order_by("-number").first()
    envelope = Envelope(
        schema_name=kind.schema_name,
        project=str(draft.project_id) if draft.project_id else SHELF,
        series=str(draft.series),
        number=newest.number + 1 if newest else 1,
        previous=newest.digest if newest else None,
        contributors=[user.actor for user in draft.contributors.all()],
        salt="0" * 32,
        references=references,
        body=kind.schema.model_validate(draft.body).model_dump(mode="json", by_alias=True),
    )
    return Document(
        digest=envelope.digest,
        kind=kind.name,
        version=kind.version,
        series=Series(pk=draft.series, kind=kind.name, project=draft.project, title=draft.title),
        number=envelope.number,
        project=draft.project,
        title=draft.title,
        content=envelope.to_bytes(),
        created_by=None,
        created_at=draft.updated_at,
        seq=ledger.size(),
    )
