"""A body of any kind as blocks: for kinds that do not say how theirs reads."""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.proof.sections.blocks import Block, Fact, FactsTable, Paragraph
from governance.proof.sections.held import Paper

DEEPEST = 6


def any_body(held: Paper) -> list[Block]:
    """Return every value of the body beside the path that leads to it, in the order of the body."""
    return tree(held.body)


def tree(value: Any, title: str = "") -> list[Block]:
    """Return every value inside `value` as a fact labelled with its path; a paragraph where there is nothing."""
    rows = tuple(Fact(path or title or "value", text) for path, text in _leaves("", value, 0))
    return [FactsTable(rows)] if rows else [Paragraph("It is empty.")]


def _leaves(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value and depth < DEEPEST:
        for key, item in value.items():
            yield from _leaves(f"{path}, {key}" if path else str(key).replace("_", " "), item, depth + 1)
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value) and depth < DEEPEST:
        for number, item in enumerate(value, start=1):
            yield from _leaves(f"{path} {number}".strip(), item, depth + 1)
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_text(item)}" for key, item in value.items()) or "none"
    return str(value) or "nothing"
