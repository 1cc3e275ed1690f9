"""Passkeys as the ledger tells them, and their rows for those who hold or look after them."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace

from allauth.mfa.models import Authenticator
from django.db.models import Max, QuerySet

from governance import access, attestation, events, store
from governance.errors import NotFound
from governance.models import LedgerSubject, Passkey, PasskeyRevocation, PasskeyUse, User
from governance.proof.formats.leaf import Leaf
from governance.proof.history.passkeys import EVENTS, History, Revoked, read
from governance.selectors import ledger

COUNTER = "counter"
"""Where the row by which somebody signs in keeps the count that their device showed last."""


@dataclass(frozen=True)
class Shown:
    """A passkey's row, what the ledger tells of it (None: nothing, so it counts for nothing), and its device's name."""

    row: Passkey
    history: History | None
    name: str

    @property
    def counts(self) -> bool:
        """Whether its holder can sign with it now."""
        return self.history is not None and self.history.counts

    @property
    def device(self) -> tuple[str, ...]:
        """What the ledger tells of its device, in words."""
        return attestation.words(self.history.told) if self.history is not None else ()

    @property
    def waits(self) -> bool:
        """Whether it waits for somebody to vouch for it."""
        return self.history is not None and not self.history.vouched and not self.history.revoked


def leaves(identifiers: Iterable[str], size: int | None = None) -> dict[int, Leaf]:
    """Return the entries below a ledger size (default: all) that tell of these passkeys. Two queries."""
    subjects = [f"passkey:{identifier}" for identifier in identifiers]
    if not subjects:
        return {}
    found = LedgerSubject.objects.filter(subject__in=subjects, entry__index__event__in=EVENTS)
    if size is not None:
        found = found.filter(entry_id__lt=size)
    return ledger.leaves_at(set(found.values_list("entry_id", flat=True)))


def histories(identifiers: Iterable[str]) -> dict[str, History]:
    """Return what the ledger tells of these passkeys, by identifier; those it does not know are left out.

    A revocation counts when a row or a leaf tells of it; all else when a leaf does. Three queries.
    """
    wanted = set(identifiers)
    if not wanted:
        return {}
    found = read(leaves(wanted).values())
    for row in PasskeyRevocation.objects.filter(passkey_id__in=wanted):
        known = found.get(str(row.passkey_id))
        if known is not None and all(one.seq != row.seq for one in known.revoked):
            revoked = Revoked(row.seq, row.since, row.reason)
            found[str(row.passkey_id)] = replace(known, revoked=(*known.revoked, revoked))
    return found


def confirmed(row: Passkey, history: History | None) -> bool:
    """Return whether the ledger tells the same of a passkey as its row."""
    return (
        history is not None
        and (history.enrolled.id, history.enrolled.user) == (str(row.pk), row.user.actor)
        and (history.enrolled.credential, history.seq) == (row.credential_digest, row.seq)
    )


def of(user: User) -> list[Shown]:
    """Return somebody's passkeys, the oldest first. Five queries."""
    return _shown(Passkey.objects.filter(user=user))


def waiting(user: User) -> list[Shown]:
    """Return the passkeys of others that wait for somebody to vouch for them, the oldest first."""
    rows = Passkey.objects.filter(vouch=None, revocations=None, user__is_active=True).exclude(user=user)
    return [one for one in _shown(rows) if one.waits]


def usable(user: User) -> list[Passkey]:
    """Return the passkeys that somebody can sign with now."""
    return [one.row for one in of(user) if one.counts]


def one(passkey: Passkey) -> Shown:
    """Return a passkey as it is shown. Five queries."""
    return _shown(Passkey.objects.filter(pk=passkey.pk))[0]


def statements(user: User) -> list[str]:
    """Return the digests of what somebody's devices said of themselves, as far as it is still kept. Two queries."""
    found = LedgerSubject.objects.filter(subject=f"user:{user.actor}", entry__index__event=events.PASSKEY_ENROLLED)
    told = read(ledger.leaves_at(set(found.values_list("entry_id", flat=True))).values()).values()
    digests = {history.told.statement for history in told if history.told.statement is not None}
    return sorted(digest for digest in digests if store.has(digest))


def counter_seen(passkey: Passkey) -> int:
    """Return the highest count that the passkey's device has shown: enrolled, signing or signing in."""
    used = PasskeyUse.objects.filter(passkey=passkey).aggregate(most=Max("counter"))["most"]
    raw = urlsafe_b64encode(bytes(passkey.credential_id)).decode().rstrip("=")
    opened = Authenticator.objects.filter(user=passkey.user_id, data__credential__rawId=raw)
    return int(max(passkey.counter, used or 0, *(one.data.get(COUNTER, 0) for one in opened)))


def _shown(rows: "QuerySet[Passkey]") -> list[Shown]:
    found = list(rows.select_related("user").order_by("seq"))
    known = histories(str(row.pk) for row in found)
    told = ledger.openings(row.seq for row in found)
    return [
        Shown(
            row,
            history if confirmed(row, history := known.get(str(row.pk))) else None,
            str(told.get(row.seq, {}).get("name", "")),
        )
        for row in found
    ]


def get(user: User, identifier: object) -> Passkey:
    """Return a passkey that somebody may look after: their own or, for those who vouch, anybody's.

    Raises:
        NotFound: there is none, or not for them.
    """
    rows = Passkey.objects.select_related("user").filter(pk=str(identifier))
    found = (rows if access.can(user, "passkey.vouch", None) else rows.filter(user=user)).first()
    if found is None:
        raise NotFound("there is no such passkey")
    return found
