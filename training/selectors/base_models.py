"""Base models as documents: the newest version of each, and which versions count for what is said of it.

Versions of one series are one model here. What feeds call it, what its document says of its life and of its licence is
taken from the version in force and from every later one; from all of them while none is in force. So nobody takes a
model's bad news away by freezing a version without them: that needs the signatures of a version. Rows that the ledger
does not tell of count for nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from governance.models import Document
from governance.proof.answers.inforce import InForce
from governance.selectors import ledger, signoff, told
from training.kinds.tuning import BASE_MODEL


def newest(size: int | None = None) -> list[Document]:
    """Return the newest version of every base model on the shelf, newest first, as of a ledger size (default: now)."""
    found = {version.series_id: version for version in versions(size)}
    return sorted(found.values(), key=lambda one: -one.seq)


def versions(size: int | None = None) -> list[Document]:
    """Return all versions of every base model on the shelf, each series from its oldest on, as of a ledger size."""
    return _versions(size, project=None)


def families(
    bases: Iterable[Document], size: int | None = None, time: datetime | None = None
) -> dict[str, tuple[Document, ...]]:
    """Return the versions that count of each base model, by its digest, the oldest first: one in force, if any is.

    A constant number of queries.

    As of a ledger size and a time (default: of its last entry; now).
    """
    asked = list(bases)
    if time is None and size:
        time = ledger.time_of(size)
    found: dict[Any, list[Document]] = {}
    for version in _versions(size, series__in={base.series_id for base in asked}):
        found.setdefault(version.series_id, []).append(version)
    several = [one for known in found.values() for one in known if len(known) > 1]
    standing = signoff.in_force_many(several, size, time) if several else {}
    return {base.digest: _family(found.get(base.series_id, [base]), standing) for base in asked}


def _versions(size: int | None, **chosen: Any) -> list[Document]:
    rows = Document.objects.filter(kind=BASE_MODEL, **chosen)
    if size is not None:
        rows = rows.filter(seq__lt=size)
    found = list(rows.select_related("project", "series").order_by("series_id", "number"))
    unknown = {one.digest for one in told.unrecorded(found)}
    return [one for one in found if one.digest not in unknown]


def _family(versions: Sequence[Document], standing: Mapping[str, InForce]) -> tuple[Document, ...]:
    agreed = [place for place, one in enumerate(versions) if one.digest in standing and standing[one.digest].ok]
    return tuple(versions[agreed[-1] if agreed else 0 :])
