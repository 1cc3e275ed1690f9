"""Reports asked for and made."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models

from governance.models.base import digest_field
from governance.models.document import Document
from governance.models.organisation import Project
from governance.models.signoff import Signature

ZIPPED = frozenset({"audit-sample", "audit-package"})
"""Kinds of reports that are ZIPs."""


class Report(models.Model):
    """A request for a report; the worker typesets and seals it. The sealed file's digest is on the ledger at `seq`.

    Some are about one document, others about a project or, without one, the organisation. `parameters` is canonical
    JSON of what else was asked. A signer's receipt is a report on one signature; its subject is the first of the
    documents that were signed.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "waiting for the worker"
        READY = "ready", "ready"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    subject = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    parameters = models.TextField(default="{}")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="receipt")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports")
    requested_at = models.DateTimeField()
    ledger_size = models.PositiveBigIntegerField(help_text="the report tells what the ledger held at this size")
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    progress = models.CharField(max_length=120, blank=True, help_text="what the worker is doing, in words")
    error = models.TextField(blank=True)
    file_sha256 = digest_field(blank=True)
    file_size = models.PositiveBigIntegerField(null=True)
    seq = models.PositiveBigIntegerField(unique=True, null=True)

    class Meta:
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"{self.kind.replace('-', ' ')} report on {self.told_of}"

    @property
    def told_of(self) -> str:
        """What it is about, in words."""
        return str(self.subject or self.project or "the organisation")

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked besides the subject, as JSON."""
        found: dict[str, Any] = json.loads(self.parameters)
        return found

    @property
    def about(self) -> str:
        """What it is about, as evidence and ledger name it: a digest, "project:" and its id, or "organisation"."""
        if self.subject_id is not None:
            return self.subject_id
        return f"project:{self.project_id}" if self.project_id else "organisation"

    @property
    def ending(self) -> str:
        """What the file's name ends with: most are PDFs, kinds without pages are ZIPs."""
        return "zip" if self.kind in ZIPPED else "pdf"

    @property
    def media_type(self) -> str:
        """The file's type, as HTTP names it."""
        return f"application/{self.ending}"

    @property
    def filename(self) -> str:
        """What the file is called when it is taken away: the same for the same question at the same ledger size."""
        about = self.subject_id.removeprefix("sha256:")[:12] if self.subject_id else self._place
        return f"countersign-{self.kind}-{about}-{self.ledger_size}.{self.ending}"

    @property
    def _place(self) -> str:
        return self.project.slug if self.project else "organisation"
