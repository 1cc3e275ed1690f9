"""Requests for signature, signatures, and what ends them. All insert-only; state is computed (`proof.inforce`)."""

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
    """One person's signature in one role. `statement` is signed by a passkey, or in a DSSE envelope by the server."""

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


class Condition(InsertOnly):
    """A condition that a signature was given under. An index over the statement, which alone says what it is."""

    id = models.UUIDField(primary_key=True, editable=False)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="conditions")
    kind = models.CharField(max_length=10)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="conditions"
    )
    due = models.DateTimeField(null=True)


class ConditionMet(InsertOnly):
    """Somebody who may sign in the role confirmed that a condition is met; the leaf's opening says on what evidence."""

    condition = models.OneToOneField(Condition, on_delete=models.PROTECT, related_name="met")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conditions_met")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class ConditionHandover(InsertOnly):
    """A task went to another owner, because the first one left or gave it away. The newest counts."""

    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="handovers")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="taken_over")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="handed_over")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Delegation(InsertOnly):
    """For a time, `to` may sign for `by` in a role that `by` holds in a project (empty: in the organisation)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_held")
    role = models.CharField(max_length=40)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="delegations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class DelegationEnd(InsertOnly):
    """A delegation was ended before its time."""

    delegation = models.OneToOneField(Delegation, on_delete=models.PROTECT, related_name="end")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_ended")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Comment(InsertOnly):
    """A comment, question or answer pinned to a part of a document (`place`, as `differences.Change.path` writes it).

    The words are in the opening of its leaf, where they can be erased.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="comments")
    place = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=10)
    answers = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="answered_by")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Review(InsertOnly):
    """A trigger reopened an agreed document: unless its review is closed by `due`, the sign-off lapses then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="reviews")
    trigger = models.CharField(max_length=40)
    due = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="reviews", help_text="empty: system"
    )
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class ReviewClosed(InsertOnly):
    """A review came to its end: the document stands as it is."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="closed")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews_closed")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Rejection(InsertOnly):
    """A signer said no; the request is over. Why is in the opening of its leaf (`selectors.reasons`)."""

    reason: str

    request = models.OneToOneField(SignoffRequest, on_delete=models.PROTECT, related_name="rejection")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rejections")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Withdrawal(InsertOnly):
    """The requester took the request back before it was complete."""

    request = models.OneToOneField(SignoffRequest, on_delete=models.PROTECT, related_name="withdrawal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="withdrawals")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)


class Revocation(InsertOnly):
    """A sign-off was taken back: from entry `seq` on the document is not in force. Why is in its leaf's opening."""

    reason: str

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revocations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="revocations")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)
