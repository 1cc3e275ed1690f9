"""What insert-only tables share."""

from typing import Any

from django.db import models


class InsertOnlyError(TypeError):
    """Somebody tried to change or delete a row that can only be added."""


class InsertOnly(models.Model):
    """A row that is written once. The database's triggers say the same (`governance.triggers`)."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise InsertOnlyError(f"{self._meta.label} rows are never changed; write a new one")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise InsertOnlyError(f"{self._meta.label} rows are never deleted")


def digest_field(**options: Any) -> "models.CharField[str, str]":
    """A column for "sha256:" followed by 64 hex digits."""
    return models.CharField(max_length=71, **options)
