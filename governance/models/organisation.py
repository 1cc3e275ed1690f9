"""People, the organisation, its projects, and who holds which role where."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models

from governance.models.base import InsertOnly


class User(AbstractUser):  # type: ignore[django-manager-missing]  # of API tokens: knox has no types
    """A person. The ledger knows them by `ledger_id` alone, never by name or address."""

    printed_name = models.CharField("name as printed on signatures", max_length=200)
    ledger_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    @property
    def actor(self) -> str:
        """The random identifier under which the ledger records this person."""
        return str(self.ledger_id)

    def __str__(self) -> str:
        return self.printed_name or self.username


class Organisation(models.Model):
    """The one organisation of an installation; its shelf holds base models and policies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """A body of work with its own people and documents; other projects cannot see it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RoleGrant(InsertOnly):
    """Somebody was given a role, in one project or (project empty) in the organisation; ledger entry `seq`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="grants")
    seq = models.PositiveBigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"


class RoleRevocation(InsertOnly):
    """A grant was taken back; ledger entry `seq`."""

    grant = models.OneToOneField(RoleGrant, on_delete=models.PROTECT, related_name="revocation")
    seq = models.PositiveBigIntegerField(unique=True)
