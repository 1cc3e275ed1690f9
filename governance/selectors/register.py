"""The register of runs, attempts, releases and refused acts, as pages and API show it.

It is made by the same function as the sealed report's and the offline verifier's (`proof.history.register`), here
from the entries that the ledger's index names. That nothing is missing is shown by the whole range of entries.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q

from governance import access
from governance.errors import Invalid
from governance.models import Document, LedgerEvent, LedgerSubject, Project, User
from governance.proof.formats.leaf import Leaf
from governance.proof.history import jobs as job_history
from governance.proof.history import register
from governance.proof.history.register import Register
from governance.registry import KINDS
from governance.selectors import ledger

MOST = 60_000  # entries that a page reads; the report has no such limit
AT_ONCE = 5_000


class TooMany(Invalid):
    """A period has more entries than a page reads; from the day `fits` on it has fewer (None: there is no such day)."""

    def __init__(self, fits: date | None) -> None:
        self.fits = fits
        shorter = f"ask from {fits} on, or" if fits is not None else "ask"
        super().__init__(
            "since",
            f"found more than {MOST:,} entries, expected fewer: {shorter} for the sealed register of the period, which "
            "has no limit",
        )


def kinds() -> list[str]:
    """Return the kinds of documents that put something into use: the register's releases."""
    return sorted(name for name, kind in KINDS.items() if kind.releases)


def require(user: User, project: Project | None) -> None:
    """Return if somebody may see the register of a project, or (None) of the whole organisation.

    Raises:
        NotFound, Denied: as the access table says.
    """
    access.require(user, "project.view" if project is not None else "ledger.read", project)


def span(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """Return the entries of a period as (first, stop): from the first of that time on, up to and without `until`.

    Raises:
        Invalid: the period ends before it begins.
    """
    if since is not None and until is not None and until < since:
        raise Invalid("until", "found a time before the beginning, expected a later one")
    first = ledger.first_since(since) if since is not None else 0
    stop = ledger.first_since(until) if until is not None else ledger.size()
    return first, max(first, stop)


def of(project: Project | None, first: int, stop: int) -> Register:
    """Return the register of the entries `first` up to and without `stop`. A constant number of queries.

    Raises:
        TooMany: there are more entries than a page can read.
    """
    scope = Q(entry_id__lt=stop)
    if project is not None:
        scope &= Q(project=project.pk)
    within = LedgerEvent.objects.filter(scope, entry_id__gte=first)
    telling = within.filter(Q(event__in=job_history.EVENTS) | Q(event__startswith=register.REFUSAL))
    newest = list(telling.order_by("-entry_id").values_list("entry_id", "at")[: MOST + 1])
    if len(newest) > MOST:
        fits = newest[-1][1].astimezone(UTC).date() + timedelta(days=1)
        raise TooMany(fits if fits <= newest[0][1].astimezone(UTC).date() else None)
    seqs = {seq for seq, _ in newest}
    seqs |= _earlier_of_jobs(seqs, first) | _of_releases(project, stop)
    leaves = (leaf for leaf in _read(seqs) if leaf.seq < stop)
    return register.of(
        leaves, first=first, stop=stop, project=str(project.pk) if project is not None else None, kinds=kinds()
    )


def _earlier_of_jobs(seqs: Iterable[int], first: int) -> set[int]:
    """Return the entries before the range about jobs that go on in it."""
    if not first:
        return set()
    jobs = LedgerSubject.objects.filter(entry__in=list(seqs), subject__startswith="job:").values("subject")
    rows = LedgerSubject.objects.filter(subject__in=jobs, entry_id__lt=first)
    return set(rows.values_list("entry_id", flat=True))


def _of_releases(project: Project | None, stop: int) -> set[int]:
    """Return the entries about releases: their freezing and whatever changed how they stand."""
    rows = Document.objects.filter(kind__in=kinds(), seq__lt=stop)
    if project is not None:
        rows = rows.filter(project=project)
    asked = LedgerSubject.objects.filter(
        subject__in=rows.values("digest"), entry_id__lt=stop, entry__index__event__in=register.SIGNING
    )
    return {*rows.values_list("seq", flat=True), *asked.values_list("entry_id", flat=True)}


def _read(seqs: set[int]) -> Iterable[Leaf]:
    ordered = sorted(seqs)
    for start in range(0, len(ordered), AT_ONCE):
        found = ledger.leaves_at(ordered[start : start + AT_ONCE])
        yield from (found[seq] for seq in sorted(found))
