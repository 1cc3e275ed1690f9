"""How people and their programs get in: sign-ins, browsers, API tokens, and what keeps a one-time code from being
used twice.

None of this decides anything governed, so none of it is insert-only; what happened is on the ledger.
"""

import uuid

from django.db import models
from knox.models import AbstractAuthToken

from governance.models.organisation import User


class Device(models.Model):
    """A browser somebody signed in from, known by the hash of a random cookie that it keeps; nothing is measured."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    key_sha256 = models.CharField(max_length=64)
    label = models.CharField(max_length=60)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_sha256"], name="one_row_a_browser_and_person")]

    def __str__(self) -> str:
        return self.label


class SignIn(models.Model):
    """One sign-in of one person, from its opening to its end: the session of a browser holds its identifier."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, related_name="sign_ins")
    method = models.CharField(max_length=60)
    strong = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"])]

    def __str__(self) -> str:
        return f"{self.user} by {self.method}"


class CodeMemory(models.Model):
    """The newest one-time code that somebody used, as its time step, and how often they were wrong lately."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="code_memory")
    step = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"codes of {self.user}"


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # knox has no types
    """A token for programs: hashed, with scopes and an end. It counts as far as ledger entry `seq` says the same."""

    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    last_used = models.DateTimeField(null=True)
    seq = models.PositiveBigIntegerField(unique=True)

    def __str__(self) -> str:
        return self.name
