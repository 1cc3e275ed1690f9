"""Templates of other tools, as far as they are plain: text with {{ name }} in it, and nothing that computes."""

import re
from collections.abc import Mapping
from typing import Any

FIELD = re.compile(r"\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}")
_OTHER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")


class NotPlain(ValueError):
    """A template that would have to be run, or a value that is no text; the text says which."""


def fields(template: str) -> list[str]:
    """Return the names a template inserts, in order. NotPlain if it does more than insert them."""
    for found in FIELD.finditer(template):
        if "{{-" in found.group() or "-}}" in found.group():
            raise NotPlain(f"{found.group()!r}, which trims the text around it; expected {{{{ name }}}}")
    if (left := _OTHER.search(FIELD.sub("", template))) is not None:
        raise NotPlain(f"{left.group()!r} with more than a name; only {{{{ name }}}} is read, nothing is computed")
    return [found.group(1) for found in FIELD.finditer(template)]


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return the template with texts and whole numbers inserted.

    Raises:
        NotPlain: it computes, names a value that is not there, or one that is neither text nor a whole number.
    """
    for name in fields(template):
        text_of(name, values)
    return FIELD.sub(lambda found: text_of(found.group(1), values), template)


def text_of(name: str, values: Mapping[str, Any]) -> str:
    """Return a value as text. NotPlain if it is not there, or neither text nor a whole number."""
    if name not in values:
        raise NotPlain(f"the name {name!r}, of which there is no value")
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotPlain(f"{name!r} as {type(value).__name__}; only text and whole numbers can be inserted")
    return str(value)
