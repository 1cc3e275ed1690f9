"""Why something was rejected or revoked: said in the opening of its leaf alone, where it can be erased."""

from collections.abc import Iterable
from typing import TypeVar

from governance import events
from governance.models import LedgerOpening, Rejection, Revocation

ERASED = "The reason was erased."

R = TypeVar("R", Rejection, Revocation)


def tell(rows: Iterable[R]) -> list[R]:
    """Return the rows, each with its `reason`, or with the words that it was erased. One query."""
    given = list(rows)
    if not given:
        return given
    found = dict(
        LedgerOpening.objects.filter(
            entry_id__in=[row.seq for row in given],
            entry__index__event__in=(events.REQUEST_REJECTED, events.DOCUMENT_REVOKED),
        ).values_list("entry_id", "private")
    )
    for row in given:
        row.reason = str(found.get(row.seq, {}).get("reason", ERASED))
    return given
