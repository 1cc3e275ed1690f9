"""Public keys, as the root key vouches for them."""

from django.db import models

from governance.models.base import InsertOnly


class KeyringVersion(InsertOnly):
    """A DSSE envelope by the root key listing every key with its purpose and span; entry `seq` of the ledger."""

    number = models.PositiveIntegerField(primary_key=True)
    envelope = models.BinaryField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("-number",)
