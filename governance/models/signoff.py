"""Requests for signature, signatures, and what ends them. All insert-only; state is computed (`governance.inforce`)."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.document import Document
from governance.models.organisation import Project


class SignoffRequest(InsertOnly):
    """Documents put before signers in one ceremony, under the policy that was in force then.

    `policy` is empty only for the first policy of an installation, which the built-in rule governs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    policy = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("-seq",)


class RequestSubject(InsertOnly):
    """A document that a request asks signatures for."""

    request = models.ForeignKey(SignoffRequest, on_delete=models.PROTECT, related_name="subjects")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="requested_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=("request", "document"), name="a_document_once_per_request")]


class Signature(InsertOnly):
    """One person's signature in one role: `statement` is the DSSE envelope over the in-toto statement."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(SignoffRequest, on_delete=models.PROTECT, related_name="signatures")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    role = models.CharField(max_length=40)
    statement = models.BinaryField()
    statement_digest = digest_field(unique=True)
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("request", "signer"), name="a_person_signs_a_request_once")]


class Rejection(InsertOnly):
    """A signer said no; the request is over."""

    request = models.OneToOneField(SignoffRequest, on_delete=models.PROTECT, related_name="rejection")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rejections")
    reason = models.TextField()
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Withdrawal(InsertOnly):
    """The requester took the request back before it was complete."""

    request = models.OneToOneField(SignoffRequest, on_delete=models.PROTECT, related_name="withdrawal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="withdrawals")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Revocation(InsertOnly):
    """A sign-off was taken back: from entry `seq` on the document is not in force."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revocations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="revocations")
    reason = models.TextField()
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)
