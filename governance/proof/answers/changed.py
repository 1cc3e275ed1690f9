"""What changed from one thing that can serve to another, and in all that both rest on. Pure.

Server and verifier share this: the server tells it on pages and in reports, the verifier works it out again from the
documents in the evidence. Documents are paired by their series, else by their place below the two; how the two of a
pair differ is told member by member, in the order of their canonical bytes.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance.proof.formats.envelope import Envelope, Link
from governance.proof.words import differences
from governance.proof.words.difference_words import Told, told
from governance.proof.words.printed import count, plural, short

FOLLOWS: Final = "previous"
"""the role in which a release names the one that it follows, and does not rest on"""
MOST: Final = 60
"""differences told of one document; the rest are counted"""
LONGEST: Final = 400
"""characters of a value that a table prints; one that is longer is cut"""
ABSENT: Final = "not there"
SAME: Final = "The content is the same, word for word."
NOTHING: Final = "No document changed."
OTHER: Final = "other documents"
"""the topic of what is of none"""
ALONE: Final = "Documents added or dropped."
ALONE_HEAD: Final = ("Document", "Kind", "What")
CHANGED_HEAD: Final = ("Where", "Before", "After")
CHANGED_STANDINGS: Final = "Documents whose standing changed."
STANDINGS: Final = ("Document", "Before", "After", "Why")


@dataclass(frozen=True)
class Pair:
    """Two documents of which the one took the other's place, by digest; None: there was none before, or is none now."""

    before: str | None
    after: str | None

    @property
    def verb(self) -> str:
        """What became of it, in a word."""
        return "added" if self.before is None else "dropped" if self.after is None else "changed"


@dataclass(frozen=True)
class Rows:
    """How many rows data had and has; of files with the same SHA-256, all rows stayed."""

    title: str
    before: int
    after: int
    same_files: int
    new_files: int
    gone_files: int

    @property
    def more(self) -> int:
        """How many rows there are more; below zero: fewer."""
        return self.after - self.before

    @property
    def words(self) -> str:
        """The same in a sentence."""
        files = plural(self.same_files, "file", "files")
        return (
            f"{self.title}: {plural(self.before, 'row', 'rows')}, then {count(self.after)}; {files} the same, "
            f"{self.new_files} new, {self.gone_files} gone."
        )


def counts_rows(document: Envelope) -> bool:
    """Return whether a document says of how many rows its files are."""
    return isinstance(document.body.get("rows"), int) and isinstance(document.body.get("files"), list)


def rows(title: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Rows:
    """Return the rows and files of data by its bodies before and after; None: there was none, or is none now."""
    was, now = (int(side["rows"]) if side else 0 for side in (before, after))
    old, new = ({str(entry["sha256"]) for entry in side["files"]} if side else set() for side in (before, after))
    return Rows(title, was, now, len(old & new), len(new - old), len(old - new))


def pairs(before: str, after: str, documents: Mapping[str, Envelope]) -> tuple[list[Pair], list[str]]:
    """Return what differs below two documents, the later ones' order first, and what is below both.

    `documents` are at least those two and all they rest on, by digest.
    """
    old, new = _places(before, documents), _places(after, documents)
    left = {digest: documents[digest] for digest in old if digest not in new}
    come = {digest: documents[digest] for digest in new if digest not in old}
    found: list[Pair] = []
    for series in (True, False):
        for digest, document in list(come.items()):
            for twin, other in left.items():
                same = other.series == document.series if series else _alike(old[twin], new[digest], other, document)
                if same:
                    found.append(Pair(twin, digest))
                    del left[twin], come[digest]
                    break
    found += [Pair(None, digest) for digest in come]
    found += [Pair(digest, None) for digest in left]
    return found, [digest for digest in new if digest in old]


def told_of(before: Envelope, after: Envelope, aside: Collection[str], titles: Mapping[str, str]) -> list[Told]:
    """Return how one document differs from another: in members of its body, but for those `aside`, and in references.

    `titles` name the documents that either refers to. Two of one name are told apart by their digests.
    """
    old, new = ({name: value for name, value in one.body.items() if name not in aside} for one in (before, after))
    return [*told(differences.between(old, new)), *exchanged(before, after, titles)]


def exchanged(before: Envelope, after: Envelope, titles: Mapping[str, str]) -> list[Told]:
    """Return the documents that one document refers to and another does not, by their titles, as `told_of` does."""
    found = []
    for change in differences.references(before.references, after.references):
        sides = [str(side) for side in (change.before, change.after)]
        alike = titles.get(sides[0]) is not None and titles.get(sides[0]) == titles.get(sides[1])
        found += told([change], {side: f"{titles[side]} ({short(side)})" for side in sides} if alike else titles)
    return found


def cut(text: str | None) -> str:
    """Return a value as tables of differences print it."""
    if text is None:
        return ABSENT
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def caption(called: str, label: str, verb: str, more: int) -> str:
    """Return what stands over the differences of a document; `more` of them are not listed."""
    return f"{called} ({label}): {verb}." + (f" {more} more differences are not listed." if more else "")


def _places(top: str, documents: Mapping[str, Envelope]) -> dict[str, str]:
    """Return everything that a document rests on, itself first, each by the roles that lead to it."""
    places: dict[str, str] = {}
    frontier = {top: "it"}
    while frontier:
        places |= frontier
        below: dict[str, str] = {}
        for digest, place in frontier.items():
            for link, role in _roles(documents[digest]):
                if link.digest not in places:
                    below.setdefault(link.digest, f"{place}/{role}")
        frontier = below
    return places


def _roles(document: Envelope) -> Iterator[tuple[Link, str]]:
    """Yield what a document rests on with its role, numbered where there are several of one role."""
    links = [link for link in document.references if link.role != FOLLOWS]
    for link in links:
        same = [each.digest for each in links if each.role == link.role]
        yield link, link.role if len(same) == 1 else f"{link.role}#{same.index(link.digest)}"


def _alike(place: str, other: str, one: Envelope, another: Envelope) -> bool:
    return one.kind == another.kind and place == other
