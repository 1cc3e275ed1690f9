"""What was said in recorded sessions with a model: messages, answers and grades. Their words are files of the store."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.job import Attempt, Job


class Exchange(InsertOnly):
    """A message that somebody sent to the model of a job; entry `seq` of the ledger names the digest of its words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="exchanges")
    number = models.PositiveIntegerField()
    sha256 = digest_field()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exchanges")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("job", "number"), name="exchanges_are_numbered")]

    def __str__(self) -> str:
        return f"exchange {self.number} of {self.job_id}"


class ExchangeAnswer(InsertOnly):
    """What the model answered, once, in an attempt."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    exchange = models.OneToOneField(Exchange, on_delete=models.PROTECT, related_name="answer")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="answers")
    sha256 = digest_field()
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"answer to {self.exchange}"


class ExchangeGrade(InsertOnly):
    """How somebody grades an answer; their newest grade counts. What they noted lies in the opening of its leaf."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="grades")
    severity = models.CharField(max_length=20)
    failure_mode = models.CharField(max_length=64, blank=True)
    scores = models.JSONField(default=dict, help_text="criterion of the rubric → score on its scale")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exchange_grades")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"{self.severity}, of {self.exchange}"
