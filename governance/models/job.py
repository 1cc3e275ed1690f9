"""Jobs of every purpose and their attempts. The states and their moves are in `governance.job_states`."""

import uuid

from django.conf import settings
from django.db import models

from governance.job_states import AttemptState, JobState
from governance.models.base import digest_field
from governance.models.document import Document
from governance.models.organisation import Project


class Job(models.Model):
    """Something to be done under a permit. The row is the truth; every change is a conditional UPDATE."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=40)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="jobs")
    spec = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="jobs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    state = models.CharField(max_length=20, choices=JobState)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    verdict = models.JSONField(default=dict, help_text="the gate's last word: checks with reason and remedy")
    reason = models.TextField(blank=True, help_text="why it ended as it did")
    output = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="made_by")
    seq = models.PositiveBigIntegerField(unique=True, help_text="the ledger entry that admitted it")

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=("state", "changed_at")), models.Index(fields=("project", "purpose"))]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.spec}"


class Attempt(models.Model):
    """One try at a job, under one permit. `nonce` is the runner's own; whoever brings another is refused."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=AttemptState)
    permit = models.BinaryField(help_text="DSSE envelope")
    permit_digest = digest_field(unique=True)
    permit_seq = models.PositiveBigIntegerField(unique=True)
    expires_at = models.DateTimeField(help_text="the permit must be consumed before this")
    handle = models.JSONField(default=dict, help_text="how the executor knows it")
    nonce = models.CharField(max_length=64, blank=True)
    receipt = models.BinaryField(null=True)
    consumed_seq = models.PositiveBigIntegerField(unique=True, null=True)
    token_sha256 = digest_field(blank=True)
    lease_until = models.DateTimeField(null=True)
    stop_requested = models.BooleanField(default=False)
    progress = models.JSONField(default=dict)
    curve = models.JSONField(default=list, help_text="progress points kept for the chart")
    log = models.TextField(blank=True)
    result = models.JSONField(null=True, help_text="what the runner sent: server-received, not yet judged")
    exit_code = models.IntegerField(null=True)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(fields=("job", "number"), name="attempts_are_numbered"),
            models.UniqueConstraint(
                fields=("job",), condition=models.Q(state="accepted"), name="one_attempt_of_a_job_is_accepted"
            ),
            models.UniqueConstraint(
                fields=("job",),
                condition=models.Q(state__in=[s.value for s in AttemptState if s.live]),
                name="one_live_attempt_per_job",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.job_id}"


class Upload(models.Model):
    """Bytes an attempt has delivered to the store; only these may be named in its result."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="uploads")
    sha256 = digest_field()
    size = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("attempt", "sha256"), name="an_upload_counts_once")]

    def __str__(self) -> str:
        return f"{self.sha256}, {self.size} bytes"
