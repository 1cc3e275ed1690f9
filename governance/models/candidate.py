"""Candidates: what somebody proposes after a failure. What they are for, and what a file of one holds, apps decide."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.document import Document


class Candidate(InsertOnly):
    """A failed answer of a result that somebody marked for what comes next; entry `seq`.

    Which answer it is, and why it was marked, is private to the leaf. `sha256` names what is proposed: the kept line
    with a salt, so that nobody can guess it, and no two candidates share a file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    result = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="candidates")
    use = models.CharField(max_length=16)
    sha256 = digest_field()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="candidates")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("-seq",)


class CandidateWithdrawn(InsertOnly):
    """A candidate that is none any more; entry `seq`."""

    candidate = models.OneToOneField(Candidate, on_delete=models.PROTECT, related_name="withdrawn")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="withdrawn_candidates")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)
