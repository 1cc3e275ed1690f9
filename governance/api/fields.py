"""Serializers and fields that convert nothing and take no unknown key."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.proof.formats.canonical import MAX_INTEGER

DIGEST = r"^sha256:[0-9a-f]{64}$"
UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
SLUG = r"^[a-z0-9_-]{1,60}$"


class Strict(serializers.Serializer[Any]):
    """Input: every key is known, every value of its own type."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(key) for key in data if key not in writable)
            if unknown:
                expected = ", ".join(sorted(writable)) or "no field at all"
                raise serializers.ValidationError({unknown[0]: f"there is no such field; expected {expected}"})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string; numbers are not turned into one. Spaces are kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": 2000, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class _Pattern(Text):
    pattern = ""
    expected = ""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch(self.pattern.strip("^$"), text):
            raise serializers.ValidationError(f"found {text[:100]!r}, expected {self.expected}")
        return text


@extend_schema_field({"type": "string", "pattern": DIGEST})
class Digest(_Pattern):
    """A document's or file's name."""

    pattern, expected = DIGEST, "sha256: and 64 lower-case hexadecimal digits"


@extend_schema_field({"type": "string", "format": "uuid", "pattern": UUID})
class Identifier(_Pattern):
    """A random identifier."""

    pattern, expected = UUID, "an identifier such as 6c8dd6c2-0cf0-4f4c-9a4c-2c9f3a5ffb8a"


@extend_schema_field({"type": "string", "pattern": SLUG})
class Slug(_Pattern):
    """A project's short name."""

    pattern, expected = SLUG, "the short name of a project: lower-case letters, digits, - and _"


class Whole(serializers.IntegerField):
    """A JSON integer; "5", 5.0 and true are not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MAX_INTEGER, **options})

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """A JSON true or false; "yes" and 1 are not."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "object", "additionalProperties": True})
class Body(serializers.Field[dict[str, Any], Any, Any, Any]):
    """A JSON object whose inside the document's kind checks."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("found no JSON object, expected one")
        if where := _zero(data):
            # PostgreSQL cannot keep the character in JSON, and no text for people needs it.
            raise serializers.ValidationError(f"found the character U+0000 at {where}, expected text without it")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class LinkIn(Strict):
    """What a document refers to."""

    role = Text(max_length=64)
    digest = Digest()


def number(name: str, text: str) -> int:
    """Return a whole number given in a path or query."""
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > MAX_INTEGER:
        raise serializers.ValidationError({name: f"found {text[:40]!r}, expected a whole number from 0"})
    return int(text)


def digest(text: str, name: str = "digest") -> str:
    """Return a digest given in a path."""
    return str(_one(Digest(), name, text))


def identifier(text: str, name: str = "id") -> uuid.UUID:
    """Return an identifier given in a path."""
    return uuid.UUID(_one(Identifier(), name, text))


def slug(text: str, name: str = "slug") -> str:
    """Return a project's short name given in a path."""
    return str(_one(Slug(), name, text))


def _one(field: serializers.CharField, name: str, text: str) -> str:
    try:
        return str(field.run_validation(text))
    except serializers.ValidationError as problem:
        raise serializers.ValidationError({name: problem.detail}) from None


def _zero(value: Any, where: str = "body", depth: int = 0) -> str:
    """Return where a NUL character is, or "". Nesting beyond what canonical JSON takes is left to the service."""
    if isinstance(value, str):
        return where if "\0" in value else ""
    if depth > 64:
        return ""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if found := _zero(key, f"{where}.key", depth) or _zero(inner, f"{where}.{key}", depth + 1):
            return found.replace("\0", "")
    return ""
