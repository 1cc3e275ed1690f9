"""The register of somebody's own signatures: what they signed, what they said, what became of it, their receipts."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from governance.models import Document, Report, Signature, User
from governance.proof.answers.inforce import InForce
from governance.proof.formats.statement import SignoffPredicate, SignoffStatement
from governance.selectors import signoff
from governance.selectors.statements import statements


@dataclass(frozen=True)
class Registered:
    """One signature. `statement` is None when it does not verify; `papers` pairs each document with its standing."""

    signature: Signature
    statement: SignoffStatement | None
    papers: tuple[tuple[Document, InForce], ...]
    receipt: Report | None

    @property
    def said(self) -> SignoffPredicate | None:
        """What the signer said."""
        return self.statement.predicate if self.statement else None

    @property
    def counts(self) -> bool:
        """Whether the signature counts towards the present standing of one of its documents at least."""
        return any(self.signature.seq in {s.seq for s in found.signatures} for _, found in self.papers)


def of(user: User) -> "QuerySet[Signature]":
    """Return somebody's own signatures, newest first."""
    return (
        Signature.objects.filter(signer=user).select_related("signer", "request__project", "receipt").order_by("-seq")
    )


def register(signatures: Iterable[Signature]) -> list[Registered]:
    """Return the signatures with all that is to be told of them, in the order given. Constant queries."""
    rows = list(signatures)
    opened = statements(rows)
    wanted = {s.digest for statement in opened.values() if statement for s in statement.subjects}
    documents = Document.objects.select_related("project", "series").in_bulk(list(wanted))
    standing = signoff.in_force_many(documents.values())
    found = []
    for row in rows:
        statement = opened[row.pk]
        digests = [s.digest for s in statement.subjects] if statement else []
        papers = tuple((documents[d], standing[d]) for d in digests if d in documents)
        found.append(Registered(row, statement, papers, getattr(row, "receipt", None)))
    return found
