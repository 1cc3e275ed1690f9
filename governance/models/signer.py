"""What is on record of a signer, and that somebody left. What the papers say is in the leaves' openings."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly


class SignerRecord(InsertOnly):
    """Something on record of a signer: identity, competence, or their own declaration; `by` put it there."""

    class Kind(models.TextChoices):
        IDENTITY = "identity", "identity checked"
        COMPETENCE = "competence", "competence shown"
        DECLARATION = "declaration", "declared their signature binding"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signer_records")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signers_recorded")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)
