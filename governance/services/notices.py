"""Notices: kept in the transaction of what they tell, read on the page, and mailed by the worker.

A notice is told once: writing the same one again changes nothing. Mail is a transactional outbox (ADR 0028): a letter
is claimed by a conditional UPDATE that sets when it may be tried next, so a worker that is killed leaves a letter that
another sends later, under the same Message-ID.
"""

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F

from governance import notice_kinds
from governance.errors import Invalid, NotFound
from governance.models import Notice, NoticeChoice, User
from governance.services.ledger import Mutation

NOWHERE = "django.core.mail.backends.dummy.EmailBackend"
LEASE = timedelta(minutes=5)  # how long a claimed letter is its worker's: longer than any backend takes
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=6)
MOST_ATTEMPTS = 20  # about three days
SUBJECT = Notice._meta.get_field("subject").max_length or 0
ERROR = Notice._meta.get_field("last_error").max_length or 0


def notify(
    m: Mutation,
    users: Iterable[User | None],
    kind: str,
    *,
    about: str,
    subject: str,
    text: str,
    link: str,
    occasion: str = "",
) -> None:
    """Tell people something within an open mutation: with it, or not at all.

    Whoever does it is not told what they did themself, unless the kind is mandatory. `about` names the thing, such as
    "request:<id>", and `occasion` tells several notices of one kind about it apart; `link` is the path of the page to
    act on. `text` is plain, and holds no secret: it travels by e-mail.
    """
    mandatory = notice_kinds.KINDS[kind].mandatory
    told = [user for user in users if user and (mandatory or m.actor is None or user.pk != m.actor.pk)]
    keep(told, kind, about=about, subject=subject, text=text, link=link, at=m.time, occasion=occasion)


def keep(
    users: Iterable[User | None],
    kind: str,
    *,
    about: str,
    subject: str,
    text: str,
    link: str,
    at: datetime,
    occasion: str = "",
) -> int:
    """Keep a notice to each active person who has not got it yet, outside of a mutation; return how many are new."""
    known = notice_kinds.KINDS[kind]
    people = {user.pk: user for user in users if user and user.is_active}
    modes = dict(NoticeChoice.objects.filter(user__in=people).values_list("user_id", "mode"))
    before = Notice.objects.filter(kind=kind, about=about, occasion=occasion)
    had = set(before.filter(to__in=people).values_list("to_id", flat=True))
    made = []
    for user in people.values():
        if user.pk in had:
            continue
        identifier = uuid.uuid4()
        mode = notice_kinds.IMMEDIATE if known.mandatory else modes.get(user.pk, notice_kinds.IMMEDIATE)
        if not _mailed() or not user.email or mode == notice_kinds.NONE:
            letter, next_at = None, None
        elif mode == notice_kinds.DIGEST:
            letter, next_at = None, next_digest(at)
        else:
            letter, next_at = identifier, at
        line = " ".join(subject.split())[:SUBJECT]  # one line, so that it cannot add headers to a letter
        made.append(
            Notice(
                id=identifier,
                to=user,
                kind=kind,
                about=about,
                occasion=occasion,
                subject=line,
                text=text,
                link=link,
                at=at,
                letter=letter,
                next_at=next_at,
            )
        )
    Notice.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def settle(about: str, kinds: Collection[str], *, at: datetime, to: User | None = None) -> None:
    """Count notices as read, and do not mail them any more: what they asked for is done or over."""
    rows = Notice.objects.filter(about=about, kind__in=kinds)
    _put_away(rows if to is None else rows.filter(to=to), at)


def read(*, actor: User, notice: uuid.UUID | None, at: datetime) -> None:
    """Count one's own notice (None: all of them) as read. NotFound when it is not one's own."""
    mine = Notice.objects.filter(to=actor)
    if notice is not None:
        mine = mine.filter(pk=notice)
        if not mine.exists():
            raise NotFound("there is no such notice")
    _put_away(mine, at)


def choose(*, actor: User, mode: str) -> None:
    """Choose how one wants to be told from now on. Invalid for an unknown mode."""
    if mode not in notice_kinds.MODES:
        raise Invalid("mode", f"found {mode!r}, expected one of {', '.join(notice_kinds.MODES)}")
    NoticeChoice.objects.update_or_create(user=actor, defaults={"mode": mode})


def next_digest(after: datetime) -> datetime:
    """Return when the next digest leaves: at COUNTERSIGN_DIGEST_HOUR, UTC."""
    today = after.replace(hour=settings.COUNTERSIGN_DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today > after else today + timedelta(days=1)


def letters_due(at: datetime, most: int) -> list[uuid.UUID]:
    """Return the letters that may be tried now, the longest waiting first; digests are put together here."""
    loose = Notice.objects.filter(letter=None, next_at__lte=at)
    for person in list(loose.order_by("to").values_list("to", flat=True).distinct()):
        _bind(person, at)
    waiting = Notice.objects.filter(next_at__lte=at).exclude(letter=None).order_by("next_at", "at", "pk")
    return [key for key in dict.fromkeys(waiting.values_list("letter", flat=True)[: most * 20]) if key][:most]


def claim(letter: uuid.UUID, at: datetime) -> list[Notice]:
    """Take a letter for LEASE and return its notices; none when another worker has it or it is sent."""
    mine = Notice.objects.filter(letter=letter, next_at__lte=at, sent_at=None)
    if not mine.update(next_at=at + LEASE, attempts=F("attempts") + 1):
        return []
    return list(Notice.objects.filter(letter=letter, sent_at=None).select_related("to").order_by("at", "pk"))


def sent(letter: uuid.UUID, at: datetime) -> None:
    """Record that a letter left."""
    Notice.objects.filter(letter=letter, sent_at=None).update(sent_at=at, next_at=None, last_error="")


def failed(letter: uuid.UUID, attempts: int, error: str, at: datetime) -> None:
    """Record why a letter did not leave; it is tried again, ever later, MOST_ATTEMPTS times."""
    wait = min(FIRST_RETRY * 2 ** min(attempts - 1, 20), LONGEST_RETRY)
    again = at + wait if attempts < MOST_ATTEMPTS else None
    told = " ".join(error.split())[:ERROR]
    Notice.objects.filter(letter=letter, sent_at=None).update(next_at=again, last_error=told)


def forget(at: datetime) -> int:
    """Delete notices older than COUNTERSIGN_NOTICE_DAYS and return how many."""
    old = Notice.objects.filter(at__lt=at - timedelta(days=settings.COUNTERSIGN_NOTICE_DAYS))
    return old.delete()[0]


def _mailed() -> bool:
    return settings.EMAIL_BACKEND != NOWHERE


def _bind(person: int, at: datetime) -> None:
    """Put what waits for somebody's digest into one letter; workers take turns, so none adds to another's letter."""
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=person).first()
        due = Notice.objects.filter(to=person, letter=None, next_at__lte=at)
        oldest = due.order_by("at", "pk").first()
        if oldest is not None:
            due.update(letter=oldest.pk)


def _put_away(rows: "models.QuerySet[Notice]", at: datetime) -> None:
    """Mark as read what was not, and keep from the post what has not been tried yet."""
    rows.filter(read_at=None).update(read_at=at)
    rows.filter(attempts=0, sent_at=None).update(next_at=None)
