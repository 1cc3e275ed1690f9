"""Rows written by statements that are made once: no object is built for a row that nobody reads back."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import DateTimeField, Field, JSONField, Model, UUIDField

Stored = Callable[[Any], Any]


class Insertion(NamedTuple):
    """An INSERT of one row or several, and its values in order."""

    statement: str
    values: list[Any]


def insertion(vendor: str, model: type[Model], names: tuple[str, ...], *rows: Sequence[Any]) -> Insertion:
    """Return the INSERT of `rows` into the table of `model`; each row has the values of the fields `names`."""
    head, one, kinds = _prepared(vendor, model, names)
    values = [
        value if kind is None or value is None else kind(value)
        for row in rows
        for kind, value in zip(kinds, row, strict=True)
    ]
    return Insertion(head + ", ".join([one] * len(rows)), values)


@cache
def _prepared(vendor: str, model: type[Model], names: tuple[str, ...]) -> tuple[str, str, list[Stored | None]]:
    fields: list[Field[Any, Any]] = [model._meta.get_field(name) for name in names]  # type: ignore[misc]
    quote = connections["default"].ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    one = "(" + ", ".join(["%s"] * len(fields)) + ")"
    head = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608  (names of our own)
    return head, one, [_stored(vendor, field) for field in fields]


def _stored(vendor: str, field: "Field[Any, Any]") -> Stored | None:
    """Return what makes of a value the one that the column holds; None where that is the value itself."""
    if isinstance(field, JSONField):
        return json.dumps
    if vendor == "sqlite" and isinstance(field, UUIDField):
        return lambda value: str(value).replace("-", "")
    if isinstance(field, DateTimeField):
        return connections["default"].ops.adapt_datetimefield_value
    return None
