"""The access log: each thing somebody reads, once a session or token and ten minutes.

One INSERT a request at most, and none for what this process has noted already. Of somebody who only audits, each such
read is a leaf of the ledger as well, so that an auditor's work can be shown later. No code changes a record.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings

from governance import events
from governance.access import AUDITOR
from governance.models import AccessRecord, User
from governance.selectors.people import roles_anywhere
from governance.services.ledger import Unchanged, mutation

WINDOW = timedelta(minutes=10)
REMEMBERED = 20_000
_noted: OrderedDict[tuple[str, str, datetime], None] = OrderedDict()
_lock = Lock()


def note(*, user: User, via: str, subject: str, now: datetime) -> None:
    """Record that somebody read `subject` ("sha256:…" or "noun:identifier") in a session or with a token (`via`)."""
    window = datetime.fromtimestamp(now.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), now.tzinfo)
    key = (via, subject, window)
    if key in _noted:
        return
    if roles_anywhere(user) == {AUDITOR}:
        _on_ledger(user, *key, now)
    else:
        row = AccessRecord(user=user, via=via, subject=subject, window=window, at=now)
        AccessRecord.objects.bulk_create([row], ignore_conflicts=True)
    with _lock:
        _noted[key] = None
        while len(_noted) > REMEMBERED:
            _noted.popitem(last=False)


def _on_ledger(user: User, via: str, subject: str, window: datetime, now: datetime) -> None:
    try:
        with mutation(actor=user, action="record.read") as m:
            _, new = AccessRecord.objects.get_or_create(
                via=via, subject=subject, window=window, defaults={"user": user, "at": now}
            )
            if not new:
                raise Unchanged
            m.append(events.RECORD_READ, subjects=[subject], data={"via": via})
    except Unchanged:
        return


def prune(*, now: datetime) -> int:
    """Delete records older than the installation keeps them; return how many. What is on the ledger stays."""
    kept = now - timedelta(days=settings.COUNTERSIGN_ACCESS_LOG_DAYS)
    return AccessRecord.objects.filter(at__lt=kept).delete()[0]
