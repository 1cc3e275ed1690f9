"""What changed between two bodies, field by field. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.web.readable import label

_ABSENT = object()

# Members that tell which element of a list is which, so that inserting one does not change all that follow.
IDENTITIES = ("id", "name", "path", "check", "threshold", "role")


@dataclass(frozen=True)
class Change:
    """One difference: where, and the value before and after (None: not there)."""

    path: str
    old: str | None
    new: str | None

    @property
    def verb(self) -> str:
        """What happened, in a word."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"


def changes(old: Any, new: Any) -> list[Change]:
    """Return the differences between two JSON values, in the order of the new one, removals where they were."""
    return list(_walk((), old, new))


def references(old: Sequence[tuple[str, str, str]], new: Sequence[tuple[str, str, str]]) -> list[Change]:
    """Return the differences between two lists of (role, digest, title): a replaced document is one change."""
    before, after = _by_role(old), _by_role(new)
    found = []
    for role in sorted({*before, *after}):
        gone = [title for digest, title in before.get(role, {}).items() if digest not in after.get(role, {})]
        come = [title for digest, title in after.get(role, {}).items() if digest not in before.get(role, {})]
        for number in range(max(len(gone), len(come))):
            was = gone[number] if number < len(gone) else None
            now = come[number] if number < len(come) else None
            found.append(Change(f"Reference: {label(role)}", was, now))
    return found


def _by_role(links: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for role, digest, title in links:
        found.setdefault(role, {})[digest] = title
    return found


def _walk(path: tuple[str, ...], old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*new, *old]):
            yield from _walk((*path, label(str(key))), old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        before, after = _keyed(old, new)
        for key in dict.fromkeys([*after, *before]):
            yield from _walk((*path, key), before.get(key, _ABSENT), after.get(key, _ABSENT))
        stayed, now = [key for key in before if key in after], [key for key in after if key in before]
        if stayed != now:
            yield Change(" › ".join((*path, "order")), ", ".join(stayed), ", ".join(now))
    elif old != new or type(old) is not type(new):  # 1 and true are equal in Python, not in JSON
        yield Change(" › ".join(path), _text(old), _text(new))


def _keyed(old: list[Any], new: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    for name in IDENTITIES:
        if all(isinstance(item, Mapping) and isinstance(item.get(name), str) for item in [*old, *new]):
            before, after = {item[name]: item for item in old}, {item[name]: item for item in new}
            if len(before) == len(old) and len(after) == len(new):
                return before, after
    if all(isinstance(item, str) for item in [*old, *new]) and len({*old}) == len(old) and len({*new}) == len(new):
        return {item: item for item in old}, {item: item for item in new}
    return (
        {str(number): item for number, item in enumerate(old, 1)},
        {str(number): item for number, item in enumerate(new, 1)},
    )


def _text(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    if value is None:
        return "nothing"
    if value in ("", [], {}):
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{label(str(key))}: {_text(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(str(_text(part)) for part in value)
    return str(value)
