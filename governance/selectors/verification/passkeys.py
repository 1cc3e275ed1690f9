"""Passkeys against the leaves, both ways: enrolled, vouched for, revoked."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from governance import events
from governance.models import Passkey, PasskeyRevocation, PasskeyVouch
from governance.proof.fields import base64_text, moment, rfc3339
from governance.proof.leaf import Leaf
from governance.selectors.verification.chunk import Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences

_ROWS: tuple[tuple[str, str, "QuerySet[Any]"], ...] = (
    ("passkey", events.PASSKEY_ENROLLED, Passkey.objects.select_related("user")),
    ("vouching", events.PASSKEY_VOUCHED, PasskeyVouch.objects.select_related("by", "passkey__user")),
    ("passkey revocation", events.PASSKEY_REVOKED, PasskeyRevocation.objects.select_related("by", "passkey__user")),
)


class Passkeys(Auditor):
    """Compares every row about a passkey with its leaf."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs."""
        for noun, event, rows in _ROWS:
            found, leaves = chunk.rows(rows.all()), chunk.of(event)
            yield from both_ways(leaves, found, noun)
            for seq in sorted(found.keys() & leaves.keys()):
                yield from differences(f"{noun} {found[seq].pk}", _pairs(found[seq], leaves[seq]))

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield rows that no leaf stands behind."""
        for noun, _, rows in _ROWS:
            yield from beyond(rows.all(), "seq", noun, size)


def _pairs(row: Any, leaf: Leaf) -> dict[str, tuple[object, object]]:
    passkey: Passkey = row if isinstance(row, Passkey) else row.passkey
    by = row.user if isinstance(row, Passkey) else row.by
    told = {
        "by": (by.actor, leaf.actor),
        "at": (row.at, moment(leaf.time)),
        "about": ([f"user:{passkey.user.actor}", f"passkey:{passkey.pk}"], leaf.subjects),
    }
    if isinstance(row, PasskeyRevocation):
        return told | {"data": ((row.reason, rfc3339(row.since)), (leaf.data.get("reason"), leaf.data.get("since")))}
    return told | _key(row, leaf) if isinstance(row, Passkey) else told


def _key(row: Passkey, leaf: Leaf) -> dict[str, tuple[object, object]]:
    told = leaf.data
    return {
        "credential": (row.credential_digest, told.get("credential")),
        "key": (base64_text(bytes(row.public_key)), told.get("public_key")),
        "address": ((row.rp_id, row.origin), (told.get("rp_id"), told.get("origin"))),
    }
