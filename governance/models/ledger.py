"""The append-only ledger, and what is derived from it for look-ups."""

from django.db import models

from governance.models.base import InsertOnly, digest_field

BEGINS = ("varchar_pattern_ops", "int8_ops")  # so that PostgreSQL also finds texts by how they begin


class LedgerEntry(InsertOnly):
    """One leaf of the Merkle tree (RFC 6962): `seq` counts from 0 without gaps.

    `nodes` are the interior hashes this leaf completed (32 bytes each, lowest level first); `root` is the head of
    the tree of size seq + 1.
    """

    seq = models.PositiveBigIntegerField(primary_key=True)
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    nodes = models.BinaryField()
    root = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ("-seq",)


class LedgerEvent(models.Model):
    """Index over the leaves by what happened, who did it and where. Rebuilt from the leaves.

    The database does not check that the entry is there, here and below: `verify_ledger` does.
    """

    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, primary_key=True, related_name="index", db_constraint=False
    )
    event = models.CharField(max_length=80)
    actor = models.CharField(max_length=40)
    project = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=("actor", "event", "at")),
            models.Index(fields=("project", "entry")),
            models.Index(fields=("event", "entry"), opclasses=BEGINS, name="ledger_event_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.event}"


class LedgerSubject(models.Model):
    """Index over the leaves by what they are about. Rebuilt from the leaves."""

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="subject_index", db_constraint=False)
    subject = models.CharField(max_length=100)

    class Meta:
        indexes = [models.Index(fields=("subject", "entry"), opclasses=BEGINS, name="ledger_subject_entry")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.subject}"


class LedgerOpening(models.Model):
    """What a leaf only commits to (names, reasons): can be erased, and the ledger's proofs still hold."""

    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, primary_key=True, related_name="opening")
    salt = models.BinaryField(max_length=16)
    private = models.JSONField()

    def __str__(self) -> str:
        return f"opening of {self.entry_id}"


class Checkpoint(InsertOnly):
    """A signed tree head (C2SP signed note) as it left the machine."""

    size = models.PositiveBigIntegerField(primary_key=True)
    root = digest_field()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("-size",)
