"""Supporting files: kept by digest beside a document, never part of it."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.document import Document


class Attachment(InsertOnly):
    """A file that somebody attached to a document; entry `seq` of the ledger, whose opening holds the file's name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="attachments")
    sha256 = digest_field()
    size = models.PositiveBigIntegerField()
    file_type = models.CharField(max_length=10, help_text="as `governance.file_types` recognised it")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attachments")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("document", "sha256"), name="a_file_once_per_document")]
