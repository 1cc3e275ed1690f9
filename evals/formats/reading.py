"""What a reader understood of files, and what it did not: nothing is repaired and nothing is left out unsaid.

Every reader gathers into a `Reading`: the cases, the problems that refuse them, and notes about what the file says and
a case does not (left out) or a case needs and the file does not say (supplied). One problem refuses the whole.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from evals.engine.cases import explain
from evals.engine.spec import Case

MOST_BYTES = 64 * 1024 * 1024
"""bytes of one file"""
MOST_CASES = 100_000
MOST_PROBLEMS = 200
"""problems told; the rest are counted"""
MOST_ROWS = 500
"""rows of a small table, below its heading"""
SHOWN = 120
"""characters of what was found that a problem repeats"""


@dataclass(frozen=True)
class SourceFile:
    """A file as it was brought: what it is called, and where its bytes lie."""

    name: str
    path: Path

    def read(self) -> bytes:
        """Return its bytes. Unreadable when there are more than `MOST_BYTES`."""
        with self.path.open("rb") as stream:
            found = stream.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise Unreadable(Place(self.name), f"more than {MOST_BYTES:,} bytes", "a smaller file; split it")
        return found

    def text(self, *, mark: bool = False) -> str:
        """Return its text. Unreadable unless it is UTF-8; a byte order mark is refused unless `mark` is given."""
        content = self.read()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise Unreadable(Place(self.name, f"line {line}"), "bytes that are not UTF-8", "UTF-8 text") from None
        if text.startswith("\ufeff") and not mark:
            raise Unreadable(Place(self.name, "line 1"), "a byte order mark", "UTF-8 without it")
        return text


@dataclass(frozen=True)
class Place:
    """Where in which file: "line 3", "sheet Cases, cell B4", "tests[2]"; "" is the file as a whole."""

    file: str
    at: str = ""

    def __str__(self) -> str:
        return f"{self.file}, {self.at}" if self.at else self.file


@dataclass(frozen=True)
class Problem:
    """Why something cannot be taken over: what was found there, and what was expected."""

    place: Place
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.place}: found {self.found}, expected {self.expected}"


class Unreadable(ValueError):
    """A file, or the rest of it, cannot be read at all."""

    def __init__(self, place: Place, found: str, expected: str) -> None:
        self.problem = Problem(place, found, expected)
        super().__init__(str(self.problem))


@dataclass
class Note:
    """Something that a reader left out, or supplied, with the reason; `count` times, first at `place`."""

    kind: Literal["left out", "supplied"]
    what: str
    why: str
    place: Place
    count: int = 1


@dataclass(frozen=True)
class Options:
    """What whoever brings the files says about them.

    `provenance` is where cases come from whose file does not say; `slices` are slices every case is put in;
    `columns` names the file's column for a field of ours, where it is called otherwise.
    """

    provenance: str = ""
    slices: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Reading:
    """What was understood. `places` says where each case was found, by id."""

    format: str
    options: Options = Options()
    cases: list[Case] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    untold: int = 0
    notes: list[Note] = field(default_factory=list)
    slices: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    criteria: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything was understood and there is a case."""
        return bool(self.cases) and not self.problems

    def problem(self, place: Place, found: str, expected: str) -> None:
        """Record why something is refused."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(place, found, expected))
        else:
            self.untold += 1

    def left_out(self, place: Place, what: str, why: str) -> None:
        """Note something that the file says and a case does not hold."""
        self._note("left out", place, what, why)

    def supplied(self, place: Place, what: str, why: str) -> None:
        """Note something that a case holds and the file does not say."""
        self._note("supplied", place, what, why)

    def _note(self, kind: Literal["left out", "supplied"], place: Place, what: str, why: str) -> None:
        for note in self.notes:
            if (note.kind, note.what, note.why) == (kind, what, why):
                note.count += 1
                return
        self.notes.append(Note(kind, what, why, place))

    def case(self, place: Place, parts: Mapping[str, Any], number: int = 0) -> None:
        """Add the case made of `parts` (the members of a Case), or the problem with it.

        What the file does not say and a case needs is supplied and noted: an id of the file's name and `number`, the
        provenance and the slices of the options.
        """
        given = {name: value for name, value in parts.items() if value is not None}
        if "id" not in given:
            given["id"] = f"{_stem(place.file)}-{number:05}"
            self.supplied(place, "ids", "the file has none; made of its name and a running number")
        if "provenance" not in given:
            given["provenance"] = self.options.provenance or str(place)[:300]
            why = "as stated with the upload" if self.options.provenance else "file and place, as the file has none"
            self.supplied(place, "provenance", why)
        slices = given.get("slices", [])
        if isinstance(slices, list):
            given["slices"] = [*slices, *(name for name in self.options.slices if name not in slices)]
        try:
            made = Case.model_validate(given)
        except ValidationError as error:
            self.problem(place, "something that is no case", explain(error))
            return
        self.add(place, made)

    def add(self, place: Place, made: Case) -> None:
        """Add a case; one whose id is taken is a problem."""
        if made.id in self.places:
            self.problem(place, f"the id {made.id!r}, taken by {self.places[made.id]}", "an id of its own")
        elif len(self.cases) >= MOST_CASES:
            raise Unreadable(place, f"more than {MOST_CASES:,} cases", "at most so many; split the set")
        else:
            self.places[made.id] = place
            self.cases.append(made)

    def declare(self) -> None:
        """Declare every slice that a case is in; those the file does not describe are described by their name."""
        for case in self.cases:
            for name in case.slices:
                if name not in self.slices:
                    self.slices[name] = name
                    self.supplied(self.places[case.id], f"the description of slice {name!r}", "its name, until edited")


Reader = Callable[[Reading, Sequence[SourceFile]], None]
"""Reads files into a reading. Raises Unreadable when it cannot go on."""


def shown(value: object) -> str:
    """Return a value as a problem repeats it: quoted, and cut when it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _stem(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in Path(name).stem)[:100]
    return kept.lstrip("._-") or "case"
