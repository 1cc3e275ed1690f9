"""What differs between two JSON values, as a flat list of places. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from governance.proof.formats.envelope import Link

ABSENT = object()

# Members that tell which element of a list is which, so that inserting one does not change all that follow.
IDENTITIES = ("id", "name", "path", "check", "threshold", "role")


@dataclass(frozen=True)
class Step:
    """One step of a place: a member of an object, an element of a list, or the order of a list's elements.

    `name` is the member's key, or an element's identity, or its number from 1; `index` is an element's position from
    0 (in the newer list, or in the older one for what was removed) and None for a member.
    """

    name: str
    index: int | None = None


ORDER = Step("order")


@dataclass(frozen=True)
class Change:
    """A place that differs; `before` or `after` is ABSENT when the place exists on one side only.

    When the last step is ORDER, both sides are lists of the names of the elements that stayed.
    """

    steps: tuple[Step, ...]
    before: Any
    after: Any

    @property
    def verb(self) -> str:
        """What happened, in a word."""
        return "added" if self.before is ABSENT else "removed" if self.after is ABSENT else "changed"

    @property
    def path(self) -> str:
        """The place as programs read it: "criteria[2].weight"; "labels[order]" when elements changed places."""
        text = ""
        for step in self.steps:
            if step is ORDER:
                text += "[order]"
            elif step.index is not None:
                text += f"[{step.index}]"
            else:
                text += f".{step.name}" if text else step.name
        return text

    def as_dict(self) -> dict[str, Any]:
        """Return the change for JSON; an absent side is left out."""
        sides = {"before": self.before, "after": self.after}
        return {"path": self.path} | {name: value for name, value in sides.items() if value is not ABSENT}


def between(before: Any, after: Any, *within: str) -> list[Change]:
    """Return every place where `after` differs from `before`: in the order of `after`, removals behind.

    Objects are compared member by member. The elements of a list are paired by what identifies them, and where nothing
    does by alignment, so that one inserted element is one change. `within` are the members that lead to the values.
    """
    return list(_walk(tuple(Step(name) for name in within), before, after))


def references(before: Sequence[Link], after: Sequence[Link]) -> list[Change]:
    """Return the differences between two lists of references: a document in another's place is one change."""
    found = []
    for role in sorted({link.role for link in (*before, *after)}):
        old, new = ([link.digest for link in side if link.role == role] for side in (before, after))
        gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
        for number in range(max(len(gone), len(come))):
            was = gone[number] if number < len(gone) else ABSENT
            now = come[number] if number < len(come) else ABSENT
            found.append(Change((Step("references"), Step(role)), was, now))
    return found


def _walk(steps: tuple[Step, ...], before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*after, *before]):
            yield from _walk((*steps, Step(str(key))), before.get(key, ABSENT), after.get(key, ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        names = _names(before, after)
        yield from _aligned(steps, before, after) if names is None else _named(steps, before, after, *names)
    elif type(before) is not type(after) or before != after:  # 1 and true are equal in Python, not in JSON
        yield Change(steps, before, after)


def _names(before: list[Any], after: list[Any]) -> tuple[list[str], list[str]] | None:
    """Return what identifies the elements of both lists, or None when nothing tells all of them apart."""
    both = [*before, *after]
    if all(isinstance(item, str) for item in both) and _unlike(before) and _unlike(after):
        return before, after
    for member in IDENTITIES:
        if all(isinstance(item, Mapping) and isinstance(item.get(member), str) for item in both):
            old, new = [item[member] for item in before], [item[member] for item in after]
            if _unlike(old) and _unlike(new):
                return old, new
    return None


def _unlike(names: list[str]) -> bool:
    return len({*names}) == len(names)


def _named(
    steps: tuple[Step, ...], before: list[Any], after: list[Any], old: list[str], new: list[str]
) -> Iterator[Change]:
    was, now = dict(zip(old, before, strict=True)), dict(zip(new, after, strict=True))
    places = {name: index for names in (old, new) for index, name in enumerate(names)}
    for name in dict.fromkeys([*new, *old]):
        yield from _walk((*steps, Step(name, places[name])), was.get(name, ABSENT), now.get(name, ABSENT))
    stayed, stand = [name for name in old if name in now], [name for name in new if name in was]
    if stayed != stand:
        yield Change((*steps, ORDER), stayed, stand)


def _aligned(steps: tuple[Step, ...], before: list[Any], after: list[Any]) -> Iterator[Change]:
    keys = [[json.dumps(item, sort_keys=True) for item in side] for side in (before, after)]
    for what, i1, i2, j1, j2 in SequenceMatcher(None, keys[0], keys[1]).get_opcodes():
        if what == "equal":
            continue
        paired = min(i2 - i1, j2 - j1)
        for step in range(paired):
            yield from _walk((*steps, _place(j1 + step)), before[i1 + step], after[j1 + step])
        for index in range(i1 + paired, i2):
            yield Change((*steps, _place(index)), before[index], ABSENT)
        for index in range(j1 + paired, j2):
            yield Change((*steps, _place(index)), ABSENT, after[index])


def _place(index: int) -> Step:
    return Step(str(index + 1), index)
