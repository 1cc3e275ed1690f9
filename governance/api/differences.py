"""What differs between two JSON values, as a flat list of places. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from governance.proof.canonical import dumps

ABSENT = object()


@dataclass(frozen=True)
class Change:
    """A place that differs; `before` or `after` is ABSENT when the place exists on one side only."""

    path: str
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """Return the change for JSON; an absent side is left out."""
        sides = {"before": self.before, "after": self.after}
        return {"path": self.path} | {name: value for name, value in sides.items() if value is not ABSENT}


def between(before: Any, after: Any, path: str = "") -> list[Change]:
    """Return every place where `after` differs from `before`, in the order of reading.

    Objects are compared key by key; lists are aligned first, so that one inserted item is one change. Places are
    dotted keys and list positions (of `after`, or of `before` for what was removed).
    """
    return list(_walk(before, after, path))


def _walk(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(k for k in after if k not in before)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from _walk(before.get(key, ABSENT), after.get(key, ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif type(before) is not type(after) or before != after:
        yield Change(path, before, after)


def _lists(before: list[Any], after: list[Any], path: str) -> Iterator[Change]:
    keys = [[dumps(item) for item in side] for side in (before, after)]
    for what, i1, i2, j1, j2 in SequenceMatcher(None, keys[0], keys[1]).get_opcodes():
        if what == "equal":
            continue
        paired = min(i2 - i1, j2 - j1)
        for step in range(paired):
            yield from _walk(before[i1 + step], after[j1 + step], f"{path}[{j1 + step}]")
        for index in range(i1 + paired, i2):
            yield Change(f"{path}[{index}]", before[index], ABSENT)
        for index in range(j1 + paired, j2):
            yield Change(f"{path}[{index}]", ABSENT, after[index])
