"""What differs between two versions of an evaluation set's cases: case by case, field by field, word by word. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from evals.engine.spec import Case

MOST_WORDS = 2_000
"""words of a text up to which the words that changed are told; longer texts are told whole"""
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A run of words that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One member of a case that differs; texts are what the member holds, `pieces` the words of both."""

    name: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class CaseChange:
    """One case that differs; `moved` when the slices it is in differ."""

    id: str
    fields: tuple[FieldChange, ...]

    @property
    def moved(self) -> bool:
        """Whether the case went to other slices."""
        return any(change.name == "slices" for change in self.fields)


@dataclass(frozen=True)
class SetChanges:
    """What became of the cases, each list sorted by id."""

    added: tuple[Case, ...]
    removed: tuple[Case, ...]
    changed: tuple[CaseChange, ...]
    same: int

    @property
    def moved(self) -> tuple[CaseChange, ...]:
        """The changed cases that went to other slices."""
        return tuple(change for change in self.changed if change.moved)


def compare(before: Sequence[Case], after: Sequence[Case]) -> SetChanges:
    """Return what differs; cases are the same case when they have the same id."""
    old, new = ({case.id: case for case in side} for side in (before, after))
    changed = [
        CaseChange(name, _fields(old[name], new[name]))
        for name in sorted(set(old) & set(new))
        if old[name] != new[name]
    ]
    return SetChanges(
        added=tuple(new[name] for name in sorted(set(new) - set(old))),
        removed=tuple(old[name] for name in sorted(set(old) - set(new))),
        changed=tuple(changed),
        same=len(set(old) & set(new)) - len(changed),
    )


def words(before: str, after: str) -> tuple[Piece, ...]:
    """Return both texts as runs of words: same and removed ones make `before`, same and added ones make `after`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        return _pieces(("removed", before), ("added", after))
    found: list[tuple[Literal["same", "removed", "added"], str]] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(old[i1:i2])))
        else:
            found += [("removed", "".join(old[i1:i2])), ("added", "".join(new[j1:j2]))]
    return _pieces(*found)


def _pieces(*found: tuple[Literal["same", "removed", "added"], str]) -> tuple[Piece, ...]:
    return tuple(Piece(kind, text) for kind, text in found if text)


def _fields(before: Case, after: Case) -> tuple[FieldChange, ...]:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return tuple(
        FieldChange(name, was, now, words(was, now))
        for name in Case.model_fields
        if old[name] != new[name]
        for was, now in [(_text(old[name]), _text(new[name]))]
    )


def _text(value: Any) -> str:
    """Return a member as people read it: messages by their role, lists a line each."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {part}" for name, part in value.items())
    if isinstance(value, list):
        return "\n".join(_line(part) for part in value)
    return str(value)


def _line(part: Any) -> str:
    if isinstance(part, Mapping):
        first, second = (*part.values(), "", "")[:2]
        return f"{first}: {second}"
    return str(part)
