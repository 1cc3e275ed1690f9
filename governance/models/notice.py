"""Notices to people: the outbox of e-mail and the list behind the bell. Operational rows: they decide nothing."""

import uuid

from django.db import models

from governance.models.organisation import User
from governance.notice_kinds import IMMEDIATE, MODES


class NoticeChoice(models.Model):
    """How somebody wants to be told; without a row, immediately."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="notice_choice")
    mode = models.CharField(max_length=10, choices=MODES, default=IMMEDIATE)

    def __str__(self) -> str:
        return f"{self.user}: {self.mode}"


class CalendarFeed(models.Model):
    """The address at which somebody's calendar program reads what falls due; its secret part is kept as a hash."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="calendar_feed")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar of {self.user}"


class Notice(models.Model):
    """One thing told to one person, once: (to, kind, about, occasion) is unique.

    `letter` is the e-mail that carries it: its own id, or for a digest the id of the oldest notice in it. `next_at` is
    when the letter may be tried (again); empty: it is not to be mailed, was, or nobody tries any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    about = models.CharField(max_length=120, help_text='what it is about, such as "request:<id>"')
    occasion = models.CharField(max_length=60, blank=True, help_text="which of several of its kind about the same")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=300, help_text="path of the page to act on")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    letter = models.UUIDField(null=True, db_index=True)
    next_at = models.DateTimeField(null=True, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "id")
        constraints = [
            models.UniqueConstraint(fields=("to", "kind", "about", "occasion"), name="a_notice_is_told_once")
        ]
        indexes = [models.Index(fields=("to", "read_at", "at")), models.Index(fields=("about", "kind"))]

    def __str__(self) -> str:
        return f"{self.subject} (to {self.to})"
