"""Who somebody is to the organisation's identity provider. What counts is what the ledger tells of it."""

import uuid

from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.organisation import User


class Identity(InsertOnly):
    """A person and a subject of an identity provider, linked at their first single sign-on; entry `seq`.

    Neither issuer nor subject is kept: `lookup` is the digest of both, `salt` what the leaf's commitment adds to them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identities")
    lookup = digest_field()
    salt = models.BinaryField(max_length=32)
    seq = models.PositiveBigIntegerField(unique=True)


class IdentityEnd(InsertOnly):
    """A link that an owner took away; entry `seq`."""

    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="end")
    seq = models.PositiveBigIntegerField(unique=True)
