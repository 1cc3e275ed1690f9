"""API tokens, as far as the ledger confirms them: a row written by SQL opens nothing, nor does one brought back."""

from django.db.models import QuerySet

from governance import events
from governance.models import ApiToken, LedgerEvent, User
from governance.proof.formats.canonical import sha256
from governance.proof.formats.fields import rfc3339
from governance.selectors.ledger import leaves_at


def key(token: ApiToken) -> str:
    """Return the digest by which the ledger knows a token's text: of the hash that the row holds."""
    return sha256(token.digest.encode())


def confirmed(token: ApiToken) -> bool:
    """Return whether the ledger says the same as a token's row, and not that it was ended. Two queries.

    Raises:
        LeafCorrupt: its leaf was altered.
    """
    leaf = leaves_at([token.seq]).get(token.seq)
    said = {
        "token": str(token.id),
        "key": key(token),
        "scopes": token.scopes,
        "expires": rfc3339(token.expiry) if token.expiry else None,
    }
    if leaf is None or leaf.event != events.TOKEN_CREATED or leaf.data != said or leaf.actor != token.user.actor:
        return False
    about = LedgerEvent.objects.filter(event=events.TOKEN_REVOKED, entry__subject_index__subject=f"token:{token.id}")
    return not about.exists()


def of(user: User) -> "QuerySet[ApiToken]":
    """Return somebody's tokens, the newest first; those that ran out, too."""
    found: QuerySet[ApiToken] = ApiToken.objects.filter(user=user).order_by("-created")
    return found
