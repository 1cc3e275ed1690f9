"""Who read what. Kept for a time, then deleted; what auditors read is on the ledger as well."""

from django.db import models

from governance.models.organisation import User


class AccessRecord(models.Model):
    """Somebody read something within ten minutes from `window`, in one session or with one token (`via`)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reads")
    via = models.CharField(max_length=50)
    subject = models.CharField(max_length=100)
    window = models.DateTimeField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["via", "subject", "window"], name="one_read_in_ten_minutes")]
        indexes = [models.Index(fields=["subject", "at"]), models.Index(fields=["user", "at"])]
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.user} read {self.subject}"
