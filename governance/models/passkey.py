"""Passkeys: enrolled, vouched for, revoked, used. What counts is on the ledger (`governance.selectors.passkeys`)."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.signoff import Signature, SignoffRequest


class Passkey(InsertOnly):
    """A WebAuthn credential of one person. What its device is called is in its leaf's opening, where it can be erased.

    `credential_id` is what the browser is asked for, `public_key` a DER SubjectPublicKeyInfo, `transports` how
    the browser can reach it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="passkeys")
    credential_id = models.BinaryField(max_length=1023)
    credential_digest = digest_field(unique=True)
    public_key = models.BinaryField()
    aaguid = models.UUIDField()
    rp_id = models.CharField(max_length=253)
    origin = models.CharField(max_length=300)
    transports = models.JSONField(default=list)
    backup_eligible = models.BooleanField()
    backed_up = models.BooleanField()
    attestation = models.CharField(max_length=40)
    counter = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("seq",)


class PasskeyVouch(InsertOnly):
    """A second person checked whose passkey it is; the leaf's opening says how."""

    passkey = models.OneToOneField(Passkey, on_delete=models.PROTECT, related_name="vouch")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="passkeys_vouched")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class PasskeyRevocation(InsertOnly):
    """A passkey was revoked: what it signed from `since` on does not count. A second one may reach further back."""

    passkey = models.ForeignKey(Passkey, on_delete=models.PROTECT, related_name="revocations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="passkeys_revoked")
    reason = models.CharField(max_length=20)
    since = models.DateTimeField()
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class PasskeyUse(InsertOnly):
    """A signature by passkey and the device's counter then. An index over the signed form, which alone says it."""

    signature = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="passkey_use")
    passkey = models.ForeignKey(Passkey, on_delete=models.PROTECT, related_name="uses")
    counter = models.PositiveBigIntegerField()


class PreparedEnrolment(models.Model):
    """A challenge for a new passkey; used once, swept when over. It decides nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    challenge = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"enrolment of a passkey until {self.expires_at}"


class PreparedProof(models.Model):
    """An act's name put before somebody's passkeys, to show that it is them; used once, swept when over."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=60)
    content = models.BinaryField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"confirmation of {self.act} until {self.expires_at}"


class PreparedSignature(models.Model):
    """A statement put before a signer's passkey; signed once, swept when over. It decides nothing."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(SignoffRequest, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    statement = models.BinaryField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"signature under way until {self.expires_at}"
