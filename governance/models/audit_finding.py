"""Findings of auditors. What was found, answered and decided is in the leaves and their openings."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly
from governance.models.document import Document
from governance.models.organisation import Project


class AuditFinding(InsertOnly):
    """A finding pinned to a record: an index over its first leaf, which says whose it is and by when.

    `record` names what it is about as leaves do: a document's digest, "job:…" or "entry:…"; `document` is there where
    it is a document, so that who may not see the document does not see what was found in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.CharField(max_length=100)
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_findings"
    )
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_findings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="audit_findings")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("-seq",)
        indexes = [models.Index(fields=("record",))]

    def __str__(self) -> str:
        return f"finding on {self.record}"
