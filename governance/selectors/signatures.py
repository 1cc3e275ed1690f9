"""The register of somebody's own signatures: what they signed, what they said, what became of it, their receipts."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from governance.models import Document, Report, Signature, User
from governance.proof.answers.inforce import InForce
from governance.proof.formats.statement import SignoffPredicate
from governance.selectors import signoff
from governance.selectors.statements import Said, said


@dataclass(frozen=True)
class Registered:
    """One signature, what it says and whether it holds; `papers` pairs each document with its standing."""

    told: Said
    papers: tuple[tuple[Document, InForce], ...]
    receipt: Report | None

    @property
    def signature(self) -> Signature:
        """The signature's row."""
        return self.told.signature

    @property
    def said(self) -> SignoffPredicate | None:
        """What the signer said; None when the signature does not verify."""
        return self.told.said

    @property
    def fault(self) -> str:
        """Why it does not count, whatever it is about; empty when it holds."""
        return self.told.fault

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
    told = said(signatures)
    wanted = {digest for one in told for digest in one.subjects}
    documents = Document.objects.select_related("project", "series").in_bulk(list(wanted))
    standing = signoff.in_force_many(documents.values())
    return [
        Registered(
            one,
            tuple((documents[d], standing[d]) for d in one.subjects if d in documents),
            getattr(one.signature, "receipt", None),
        )
        for one in told
    ]
