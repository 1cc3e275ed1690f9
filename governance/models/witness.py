"""What others said of the ledger's checkpoints, and where checkpoints went. Checked by its signatures, not believed."""

from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.ledger import Checkpoint


class Cosignature(InsertOnly):
    """A witness's signature line on a checkpoint, verified before it was kept.

    It has no entry on the ledger: it is about a checkpoint, and an entry would call for another one. It proves itself.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    name = models.CharField(max_length=255, help_text="the witness's name, as its key states it")
    key = digest_field(help_text="digest of the verifier key")
    vkey = models.TextField(help_text="the verifier key")
    line = models.TextField(help_text="signature line (C2SP tlog-cosignature)")
    at = models.DateTimeField(help_text="the witness's own time")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("checkpoint", "key"), name="a_witness_key_cosigns_once")]


class Contradiction(InsertOnly):
    """A checkpoint that our log key signed and this ledger does not extend, as a witness showed it; entry `seq`.

    Either the ledger was rewritten or cut off, or somebody else has the log key.
    """

    name = models.CharField(max_length=255, help_text="the witness's name")
    key = digest_field(help_text="digest of its verifier key")
    size = models.PositiveBigIntegerField(help_text="the size of the checkpoint it holds")
    root = digest_field()
    note = models.TextField(help_text="that checkpoint: a signed note")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("-seq",)


class Delivery(InsertOnly):
    """A checkpoint went to `target`, or could not: a failure is written down when it begins, not at every try."""

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "failed"

    target = models.CharField(max_length=300)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="deliveries")
    outcome = models.CharField(max_length=10, choices=Outcome)
    detail = models.TextField(blank=True)
    receipt = models.BinaryField(blank=True, default=bytes, help_text="what the target gave back, such as a time stamp")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=("target", "outcome", "checkpoint"))]
