"""Calendar feeds: an address that lets a calendar program read what falls due for one person, and nothing else."""

import hashlib
import secrets

from django.utils import timezone

from governance.models import CalendarFeed, User


def feed_make(*, actor: User) -> str:
    """Make a new address and end the one before; return its secret part, which is kept only as a hash."""
    token = secrets.token_urlsafe(32)
    values = {"token_sha256": _hash(token), "made_at": timezone.now()}
    CalendarFeed.objects.update_or_create(user=actor, defaults=values)
    return token


def feed_end(*, actor: User) -> None:
    """End one's address."""
    CalendarFeed.objects.filter(user=actor).delete()


def reader(token: str) -> User | None:
    """Return whose feed an address is, or None when it is nobody's or the person left."""
    found = CalendarFeed.objects.filter(token_sha256=_hash(token), user__is_active=True).select_related("user").first()
    return found.user if found else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
