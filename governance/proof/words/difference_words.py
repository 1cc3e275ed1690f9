"""Differences between two bodies in words, as pages and reports print them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from governance.proof.words.differences import ABSENT, ORDER, Change
from governance.proof.words.printed import plural

SIZE = "size"
"""the member that holds a number of bytes, wherever a body has it"""
_WORDS = {
    "sha256": "SHA-256", "md5": "MD5", "id": "ID", "url": "URL", "json": "JSON", "usd": "US dollars", "n": "n",
    "r": "r", "rss": "RSS", "mb": "MiB", "f1": "F1",
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One difference in words: where, what happened, and the value before and after (None: not there).

    `place` is where as programs write it.
    """

    path: str
    verb: str
    old: str | None
    new: str | None
    place: str = ""


def label(name: str) -> str:
    """Return a field's name in words: "max_new_tokens" reads "Max new tokens", "format.target" "Format: target"."""
    name = name.replace(".", ": ")
    words = [_WORDS.get(word, word) for word in name.replace("-", "_").split("_") if word]
    text = " ".join(words) or name
    return text if words and words[0] in _WORDS.values() else text[:1].upper() + text[1:]


def told(changes: Iterable[Change], titles: Mapping[str, str] | None = None) -> list[Told]:
    """Return the differences in words; `titles` name the documents behind digests."""
    return [_told(change, titles or {}) for change in changes]


def _told(change: Change, titles: Mapping[str, str]) -> Told:
    names = [step.name if step is ORDER or step.index is not None else label(step.name) for step in change.steps]
    member = change.steps[-1].name if change.steps and change.steps[-1].index is None else ""
    old, new = (titles.get(str(side), _text(side, member)) for side in (change.before, change.after))
    return Told(" › ".join(names), change.verb, old, new, change.path)


def _text(value: Any, member: str = "") -> str | None:
    if value is ABSENT:
        return None
    if value is None:
        return "nothing"
    if value in ("", [], {}):
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{label(str(key))}: {_text(part, str(key))}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(str(_text(part)) for part in value)
    if member == SIZE and isinstance(value, int):
        return plural(value, "byte", "bytes")  # to the byte: rounded, two sizes that differ can read alike
    return str(value)
