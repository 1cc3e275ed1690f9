"""Which cases of a document a signer is to review: drawn by a seed that the signer cannot choose."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance import access
from governance.models import Document, SignoffRequest, User
from governance.registry import KINDS, Case
from governance.selectors.ceremonies import signing_rule
from governance.selectors.people import roles_held


@dataclass(frozen=True)
class Drawn:
    """The cases of a document that a signer reviews, and the seed that drew them.

    `withheld` says why the signer may not see them, and so cannot sign; then there are no cases.
    """

    document: Document
    seed: str
    cases: tuple[str, ...] = ()
    withheld: str = ""


def seed(request: SignoffRequest, signer: User, document: Document) -> str:
    """Return the seed of a signer's sample: SHA-256 of request, signer and document, joined by colons, in hexadecimal.

    The request's identifier is random and the document is fixed before it, so nobody can aim at easy cases.
    """
    return hashlib.sha256(f"{request.pk}:{signer.actor}:{document.digest}".encode()).hexdigest()


def cases(document: Document, sample: Mapping[str, Any] | None) -> list[Case]:
    """Return the cases that a presentation names, to be shown to whoever can sign on them and to nobody else."""
    sampling = KINDS[document.kind].sample
    if sampling is None or not sample or "cases" not in sample:
        return []
    return sampling.show(document, sample["cases"])


def hidden(user: User, document: Document) -> frozenset[str]:
    """Return the roles somebody holds from which the cases of a document are kept; empty when they may see them."""
    sampling = KINDS[document.kind].sample
    return frozenset() if sampling is None else sampling.hidden_from(document) & roles_held(user, document.project)


def drawn(signer: User, request: SignoffRequest, document: Document, role: str) -> Drawn | None:
    """Return the sample that the policy asks somebody to review before signing in a role, or None.

    Whoever signs in a role from which the cases are kept reviews none; whoever holds such a role beside the one they
    sign in may not see them either, so somebody else must sign.
    """
    sampling = KINDS[document.kind].sample
    try:
        rule = signing_rule(request, document.kind)
    except KeyError:
        return None
    if sampling is None or not rule.sample or role not in rule.rule.asked:
        return None
    if role in sampling.hidden_from(document):
        return None
    found = seed(request, signer, document)
    if held := hidden(signer, document):
        return Drawn(document, found, withheld=f"you hold the role {access.words(held)}, which never sees its cases")
    return Drawn(document, found, tuple(sampling.draw(document, found, rule.sample)))
