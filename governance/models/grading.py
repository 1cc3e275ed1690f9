"""Rounds in which people grade recorded outputs. What a round is about, and who grades what, the apps above decide."""

import uuid

from django.conf import settings
from django.db import models

from governance.models.base import InsertOnly, digest_field
from governance.models.document import Document
from governance.models.organisation import Project


class GradingRound(InsertOnly):
    """A round of grading; entry `seq`. What may not be known while it is open is `seed`; its leaf holds the digest.

    `body` is what the round asks: the same whoever looks, and named by its digest in the leaf.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="grading_rounds")
    seed = models.CharField(max_length=64, help_text="64 hexadecimal digits, drawn by the server")
    body = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grading_rounds")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("-seq",)


class HumanGrade(InsertOnly):
    """The scores one person gave to one item of a round, in the order of its criteria; entry `seq`.

    `number` counts the person's grades of the item: the last one counts, the others stay. A comment is private to the
    leaf.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(GradingRound, on_delete=models.PROTECT, related_name="grades")
    item = digest_field()
    adjudicates = models.BooleanField()
    number = models.PositiveIntegerField()
    scores = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="human_grades")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ("seq",)
        constraints = [
            models.UniqueConstraint(fields=("round", "item", "by", "number"), name="a_persons_grades_are_numbered")
        ]


class GradingClosed(InsertOnly):
    """The end of a round: its grades are frozen in `document`; entry `seq`."""

    round = models.OneToOneField(GradingRound, on_delete=models.PROTECT, related_name="closed")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="grading_rounds")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="closed_grading_rounds")
    at = models.DateTimeField()
    seq = models.PositiveBigIntegerField(unique=True)
