"""The cases of evaluation sets: who may see them, and what became of them from version to version.

Whether somebody may see a case is one rule, `samples.SAMPLING.hidden_from` held against their roles: the ceremony asks
it of signers, and everything here asks it of whoever reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evals import samples
from evals.engine.case_changes import SetChanges, compare
from evals.engine.spec import Case, EvaluationSetBody
from governance import access, store
from governance.errors import Denied, Finding, Invalid, NotFound
from governance.models import Document, Project, User
from governance.selectors import documents as docs
from governance.selectors.samples import hidden


@dataclass(frozen=True)
class Author:
    """In which version a case came to be as it is, when, and who had written in that version."""

    number: int
    digest: str
    at: datetime
    people: tuple[str, ...]


def body(document: Document) -> EvaluationSetBody:
    """Return what an evaluation set says. NotFound when the document is none."""
    if document.kind != samples.KIND:
        raise NotFound("there is no such evaluation set")
    found: EvaluationSetBody = docs.model_body(document, EvaluationSetBody)
    return found


def require_visible(user: User, document: Document) -> None:
    """Return if somebody may see the cases. Denied when a role of theirs never sees them."""
    body(document)
    if held := hidden(user, document):
        raise Denied(_kept(held, "Ask a compliance officer or domain expert, who may see the cases."))


def require_author(user: User, project: Project | None, purpose: str) -> None:
    """Return if somebody may bring or change the cases of a set of that purpose.

    Denied when they hold a role that never sees them: whoever writes a holdout's case knows it.
    """
    if held := samples.kept_from(purpose) & access.roles_of(user, project):
        remedy = "Have a domain expert or compliance officer bring them, or make it a development set."
        raise Denied(_kept(held, remedy))


def _kept(held: frozenset[str], remedy: str) -> Finding:
    expected = "no role from which the cases of a holdout are kept"
    return Finding("access", f"your roles here: {access.words(held)}", expected, remedy, access.ROLES[access.OWNER])


def of(user: User, document: Document) -> list[Case]:
    """Return the cases of a set, sorted by id, to somebody who may see them.

    Raises:
        Denied: they are kept from a role of theirs.
        Invalid: the bytes are gone or altered.
    """
    require_visible(user, document)
    return stored(document)


def stored(document: Document) -> list[Case]:
    """Return the cases of a set whoever asks: for counts, never to be shown. Invalid when the bytes are not there."""
    found = body(document)
    for entry in found.files:
        try:
            store.check(entry.sha256)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            raise Invalid("files", f"{entry.path}: {problem}") from None
    return samples.stored_cases(found)


def before(document: Document) -> Document | None:
    """Return the version before a document, or None."""
    previous = docs.envelope(document).previous
    return None if previous is None else Document.objects.select_related("project", "series").get(pk=previous)


def changes(user: User, earlier: Document, later: Document) -> SetChanges:
    """Return what became of the cases, to somebody who may see those of both.

    Raises:
        Denied: they are kept from a role of theirs.
        Invalid: the documents are not two versions of one set.
    """
    if earlier.series_id != later.series_id:
        raise Invalid("base", "found another set, expected a version of this one")
    return compare(of(user, earlier), of(user, later))


def authors(earlier: Document, later: Document) -> dict[str, Author]:
    """Return, for every case that differs between two versions, the version in which it last became what it is.

    Who wrote in that version is what its own bytes say (`contributors`), which its signers signed.
    """
    versions = list(
        Document.objects.filter(
            series=later.series_id, number__gte=earlier.number, number__lte=later.number
        ).select_related("project", "series").order_by("number")
    )  # fmt: skip
    people = {user.actor: user.printed_name for user in User.objects.filter(ledger_id__in=_everybody(versions))}
    found: dict[str, Author] = {}
    held = stored(versions[0]) if versions else []
    for version in versions[1:]:
        now = stored(version)
        made = compare(held, now)
        names = tuple(sorted(people.get(one, one) for one in docs.envelope(version).contributors))
        author = Author(version.number, version.digest, version.created_at, names)
        for each in (made.added, made.removed, made.changed):
            found |= {case.id: author for case in each}
        held = now
    return found


def _everybody(versions: Sequence[Document]) -> set[str]:
    return {person for version in versions for person in docs.envelope(version).contributors if len(person) == 36}
