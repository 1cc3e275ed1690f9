"""Documents and the drafts they are frozen from."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.organisation import Project


class Series(models.Model):
    """The versions of one thing. An index: rebuilt from the documents by `services.indexes`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="series")
    title = models.CharField(max_length=300)

    class Meta:
        verbose_name_plural = "series"
        indexes = [models.Index(fields=("project", "kind"))]

    def __str__(self) -> str:
        return self.title


class Document(InsertOnly):
    """One immutable document: canonical envelope bytes, named by their SHA-256; frozen by ledger entry `seq`.

    All columns but `content`, `created_by` and `seq` repeat what the envelope says, so that lists need not parse it.
    """

    digest = digest_field(primary_key=True)
    kind = models.CharField(max_length=60)
    version = models.PositiveIntegerField(help_text="version of the kind's schema")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="documents")
    number = models.PositiveIntegerField()
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    title = models.CharField(max_length=300)
    content = models.BinaryField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="documents",
        help_text="empty: system",
    )
    created_at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("series", "number"), name="one_document_per_version")]
        indexes = [models.Index(fields=("project", "kind", "seq"))]
        ordering = ("-seq",)

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"


class Reference(models.Model):
    """`source` names `target` in the given role. An index, rebuilt from the documents."""

    source = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="links_out")
    role = models.CharField(max_length=40)
    target = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="links_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("source", "role", "target"), name="one_link_per_role")]

    def __str__(self) -> str:
        return f"{self.source_id} names {self.target_id} as {self.role}"


class Draft(models.Model):
    """The only mutable stage of a document. Whoever edits it becomes a contributor for good."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    series = models.UUIDField(default=uuid.uuid4, help_text="the series its document will belong to")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    title = models.CharField(max_length=300)
    body = models.JSONField(default=dict)
    references = models.JSONField(default=list, help_text="[{role, digest}]")
    revision = models.PositiveIntegerField(default=1)
    contributors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="drafts")
    frozen = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts")
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return f"{self.title} (draft {self.revision})"
