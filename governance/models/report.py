"""Reports asked for and made."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import digest_field
from governance.models.document import Document
from governance.models.organisation import Project
from governance.models.signoff import Signature


class Report(models.Model):
    """A request for a report; the worker typesets and seals it. The sealed file's digest is on the ledger at `seq`.

    A signer's receipt is a report on one signature; its subject is the first of the documents that were signed.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "waiting for the worker"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    subject = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="reports")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="receipt")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports")
    requested_at = models.DateTimeField()
    ledger_size = models.PositiveBigIntegerField(help_text="the report tells what the ledger held at this size")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    error = models.TextField(blank=True)
    file_sha256 = digest_field(blank=True)
    file_size = models.PositiveBigIntegerField(null=True)
    seq = models.PositiveBigIntegerField(unique=True, null=True)

    class Meta:
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"{self.kind} report on {self.subject}"
