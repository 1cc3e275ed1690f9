"""Sign-ins: opened, ended one by one or everywhere, and locked after too many failures. Each is on the ledger."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from governance import events
from governance.errors import Conflict, Finding, NotFound, Refused
from governance.models import Device, LedgerEvent, SignIn, User
from governance.selectors import accounts
from governance.services import announcements, tokens
from governance.services.ledger import Mutation, Unchanged, mutation

log = logging.getLogger(__name__)
LOCKS_PER_MINUTE = 30  # as refusals: a flood of failed sign-ins fills the log file, not the ledger
SEEN_EVERY = timedelta(minutes=1)


def opened(*, user: User, method: str, strong: bool, device_key: str, browser: str) -> SignIn:
    """Record that somebody signed in, and tell them when the browser was not seen before.

    `method` is how, in words of ours; `strong` whether a second factor was proven; `device_key` the random cookie of
    the browser, of which only the hash is kept; `browser` what people call it ("Firefox on Linux").

    Raises:
        Refused: the installation has not been set up.
    """
    with mutation(actor=user, action="session.open") as m:
        if not m.size:
            found, expected = "a ledger without entries", "an installation that is set up"
            raise Refused(Finding("set-up", found, expected, "Run manage.py set_up first.", "the operator"))
        device, new = Device.objects.get_or_create(
            user=user,
            key_sha256=hashlib.sha256(device_key.encode()).hexdigest(),
            defaults={"label": browser, "first_seen": m.time, "last_seen": m.time},
        )
        if not new:
            Device.objects.filter(pk=device.pk).update(last_seen=m.time, label=browser)
        made = SignIn.objects.create(
            user=user, device=device, method=method, strong=strong, opened_at=m.time, seen_at=m.time
        )
        m.append(
            events.SESSION_OPENED,
            subjects=[f"user:{user.actor}", f"session:{made.pk}"],
            data={"session": str(made.pk), "method": method, "device": str(device.pk), "new_device": new},
            private={"browser": browser},
        )
        if new:
            announcements.new_device(m, user, str(made.pk), method, browser)
        return made


def seen(*, sign_in: SignIn, now: datetime) -> None:
    """Note that somebody is active, at most once a minute: idle sessions end by it."""
    if now - sign_in.seen_at >= SEEN_EVERY:
        SignIn.objects.filter(pk=sign_in.pk).update(seen_at=now)


def strengthened(m: Mutation, *, sign_in: SignIn, by: str) -> None:
    """Note within an open mutation that a second factor was proven in this session after all: by enrolling it."""
    SignIn.objects.filter(pk=sign_in.pk, user=m.actor).update(strong=True, method=f"{sign_in.method} + {by}"[:60])


def ended(*, sign_in: SignIn, why: str) -> bool:
    """End a session that its own browser or the clock ends ("signed out", "idle", …); False when it had ended."""
    try:
        with mutation(actor=sign_in.user, action="session.end") as m:
            if not _end(m, [sign_in], why):
                raise Unchanged
    except Unchanged:
        return False
    return True


def revoke(*, actor: User, identifier: str) -> SignIn:
    """End one of one's own sessions from another browser.

    Raises:
        NotFound: there is no such live session of this person.
    """
    with mutation(actor=actor, action="session.end") as m:
        found = accounts.live_sign_ins(actor).filter(pk=identifier).first()
        if found is None:
            raise NotFound("there is no such session")
        _end(m, [found], "revoked")
    return found


def end_others(*, actor: User, keep: SignIn | None) -> tuple[int, int]:
    """End all one's own sessions but the one in use (None: all of them), and all one's API tokens.

    Returns:
        How many sessions ended, and how many tokens.

    Raises:
        Conflict: there is neither.
    """
    with mutation(actor=actor, action="session.end") as m:
        sessions = end_all(m, user=actor, why="signed out everywhere", keep=keep)
        ended = tokens.end_all(m, actor)
        if not sessions and not ended:
            raise Conflict(found="no other session, no token", expected="one to end", remedy="Nothing needs doing.")
        return sessions, ended


def end_all(m: Mutation, *, user: User, why: str, keep: SignIn | None = None) -> int:
    """End somebody's sessions within an open mutation; return how many ended."""
    live = accounts.live_sign_ins(user)
    return _end(m, live.exclude(pk=keep.pk) if keep else live, why)


def locked(*, username: str, failures: int) -> None:
    """Record that sign-in is locked for a name after too many failures: once a lockout, a bounded number a minute."""
    user = User.objects.filter(username=username).first()
    subjects = [f"user:{user.actor}"] if user else []
    try:
        with mutation(actor=None, action="session.lock") as m:
            told = LedgerEvent.objects.filter(event=events.SESSION_LOCKED)
            cooling = timedelta(hours=settings.AXES_COOLOFF_TIME)
            same = told.filter(at__gt=m.time - cooling, entry__subject_index__subject__in=subjects)
            lately = told.filter(at__gt=m.time - timedelta(minutes=1)).count()
            if lately >= LOCKS_PER_MINUTE or (subjects and same.exists()):
                raise Unchanged
            private = {"username": username[:150]}
            m.append(events.SESSION_LOCKED, subjects=subjects, data={"failures": failures}, private=private)
    except Unchanged:
        log.warning("sign-in is locked for %r after %s failures (not on the ledger again)", username[:150], failures)


def _end(m: Mutation, sign_ins: Iterable[SignIn], why: str) -> int:
    count = 0
    for one in sign_ins:
        live = SignIn.objects.filter(pk=one.pk, ended_at=None)
        if live.update(ended_at=m.time, ending=why):
            subjects = [f"user:{one.user.actor}", f"session:{one.pk}"]
            m.append(events.SESSION_ENDED, subjects=subjects, data={"session": str(one.pk), "why": why})
            count += 1
    return count
