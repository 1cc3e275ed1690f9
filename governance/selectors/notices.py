"""Somebody's own notices."""

from django.db.models import QuerySet

from governance.models import Notice, NoticeChoice, User
from governance.notice_kinds import IMMEDIATE


def mine(user: User, *, unread: bool = False) -> "QuerySet[Notice]":
    """Return somebody's notices, newest first."""
    rows = Notice.objects.filter(to=user)
    return rows.filter(read_at=None) if unread else rows


def mode(user: User) -> str:
    """Return how somebody wants to be told."""
    return NoticeChoice.objects.filter(user=user).values_list("mode", flat=True).first() or IMMEDIATE
