"""What another system lists held against what is known here: seen there and unknown here, known here and not seen
there, and what the two say differently.

A row is matched by the job it names, else by service and environment, else by a file's digest; whatever else it says
must agree. Only one thing can be meant: where a name fits several, the row is a conflict, never a guess. A scheduler
lists jobs: there a service's name proves nothing, for anybody may call a job so.

A row of a service is held against what that ran in the row's time: where the row has no end, on the last day that the
list tells of. Rows that tell of one thing are named as such, and a run that two things of theirs claim to be is told.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from training.inventory.reading import Row

MATCHED, UNKNOWN, CONFLICT, REPEATED = "matched", "unknown here", "conflict", "repeated"
MISSING = "not seen there"
OUTCOMES: Final = (CONFLICT, UNKNOWN, REPEATED, MISSING, MATCHED)
"""what can become of a row, or of something known here that is in none, differences first"""
RUN, SERVICE = "run", "service"
EXPECTED: Final = {"serving": {SERVICE}, "scheduler": {RUN}, "cloud": {RUN, SERVICE}}
"""What a source of each kind should list."""
SLACK: Final = timedelta(days=1)
"""how far the clocks and days of two systems may lie apart"""


@dataclass(frozen=True)
class Ran:
    """What a service ran, or may have, from a moment to another (None: still). `files`: digests; empty: not known."""

    label: str
    start: datetime
    end: datetime | None
    files: frozenset[str]


@dataclass(frozen=True)
class Known:
    """Something known here: a run's attempt or a service.

    `names` are identifiers that a row may name it by, `files` the digests of what it ever ran, `ran` what of that when.
    `page` and `key` lead to it.
    """

    kind: str
    label: str
    page: str
    key: str
    start: datetime
    end: datetime | None = None
    names: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    service: str = ""
    environment: str = ""
    must: bool = True
    """whether it was there at all, so that a complete list of its time shows it"""
    ran: tuple[Ran, ...] = ()

    @property
    def stretches(self) -> tuple[Ran, ...]:
        """What it ran when; of a run, itself."""
        return self.ran or (Ran(self.label, self.start, self.end, self.files),)

    @property
    def subject(self) -> str:
        """How ledger and findings name it."""
        return self.key if self.page == "document" else f"job:{self.key}"


@dataclass(frozen=True)
class Line:
    """What became of a row: `note` says by what it was matched, or what does not agree."""

    row: Row
    outcome: str
    note: str
    known: Known | None = None


@dataclass(frozen=True)
class Reconciliation:
    """Every row with what became of it, and what is known here and was not seen there."""

    lines: tuple[Line, ...]
    missing: tuple[Known, ...]
    counts: dict[str, int] = field(compare=False)

    def of(self, outcome: str) -> tuple[Line, ...]:
        """Return the rows with one outcome."""
        return tuple(line for line in self.lines if line.outcome == outcome)


def reconcile(
    rows: Sequence[Row],
    known: Iterable[Known],
    *,
    source: str,
    covers: tuple[datetime, datetime],
    environments: Iterable[str] = (),
) -> Reconciliation:
    """Return how a list that covers a time (from, until) agrees with what is known here."""
    things = list(known)
    index = _Index(things)
    lines = tuple(_again([_line(row, index, source, covers) for row in rows]))
    seen = {id(line.known) for line in lines if line.known is not None}
    told_of = {_plain(one) for one in environments}
    missing = tuple(
        one
        for one in things
        if one.must
        and one.kind in EXPECTED[source]
        and id(one) not in seen
        and any(_overlaps(each.start, each.end, *covers, slack=timedelta(0)) for each in one.stretches)
        and (one.kind == RUN or not told_of or _plain(one.environment) in told_of)
    )
    counts = {outcome: sum(line.outcome == outcome for line in lines) for outcome in OUTCOMES}
    return Reconciliation(lines, missing, {**counts, MISSING: len(missing)})


def strange(environments: Iterable[str], rows: Iterable[Row], known: Iterable[str]) -> list[str]:
    """Return those environments that neither a row nor anything `known` here is in."""
    there = {_plain(row.environment) for row in rows} | {_plain(one) for one in known}
    return [one for one in environments if _plain(one) not in there]


def _again(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines; where an earlier one tells of the same, that is named, and a run is not two things of theirs."""
    first: dict[int, Line] = {}
    for line in lines:
        if line.known is None or line.outcome != MATCHED:
            yield line
            continue
        before = first.setdefault(id(line.known), line)
        if before is line:
            yield line
        elif line.known.kind == RUN and not _same(before.row.source_id, line.row.source_id):
            other = before.row.source_id or "no name of its own"
            yield replace(
                line, outcome=REPEATED, note=f"{line.known.label} is line {before.row.number} already, under {other}"
            )
        else:
            yield replace(line, note=f"{line.note}, as line {before.row.number} is")


def _same(one: str, other: str) -> bool:
    """Return whether two rows are of one thing of theirs, by its name: Slurm calls the steps of a job 7.batch, 7.0."""
    return bool(one) and one.partition(".")[0] == other.partition(".")[0]


class _Index:
    def __init__(self, things: Iterable[Known]) -> None:
        self.by_name: dict[str, list[Known]] = defaultdict(list)
        self.by_file: dict[str, list[Known]] = defaultdict(list)
        self.by_service: dict[str, list[Known]] = defaultdict(list)
        for one in things:
            for name in one.names:
                self.by_name[name].append(one)
            for digest in one.files:
                self.by_file[digest].append(one)
            if one.service:
                self.by_service[_plain(one.service)].append(one)


def _line(row: Row, index: _Index, source: str, covers: tuple[datetime, datetime]) -> Line:
    if row.job and (named := index.by_name.get(row.job)):
        return _held(row, _at(named, row, covers), "job", covers)
    if SERVICE not in EXPECTED[source]:
        return Line(row, UNKNOWN, f"it names no run of ours; {_unknown(row)}")
    owners = index.by_file.get(row.digest, []) if row.digest else []
    ours = index.by_service.get(_plain(row.service), []) if row.service else []
    called = [one for one in ours if not row.environment or _plain(one.environment) == _plain(row.environment)]
    if called:
        both = [one for one in called if one in owners]
        return _held(
            row, _at(both or called, row, covers), "service and environment" if row.environment else "service", covers
        )
    if owners and not row.service and not row.job:
        return _held(row, _at(owners, row, covers), "file", covers)
    if owners:
        what = "names no run of ours" if row.job else "is no service known here"
        return Line(row, UNKNOWN, f"{row.job or row.service} {what}; its file is of {_labels(owners)}")
    if ours:
        here = ", ".join(dict.fromkeys(one.environment for one in ours))
        return Line(row, UNKNOWN, f"{row.service} is known here in {here}, not in {row.environment}")
    return Line(row, UNKNOWN, _unknown(row))


def _unknown(row: Row) -> str:
    said = {"run": row.job, "service": row.service, "file": row.digest[:19]}
    return "nothing here has its " + ", ".join(f"{name} {value}" for name, value in said.items() if value)


def _at(fitting: Sequence[Known], row: Row, covers: tuple[datetime, datetime]) -> list[Known]:
    """Return those of the fitting that were there in the row's time; all where none was."""
    then = [one for one in fitting if _then(one, row, covers)]
    return then or list(fitting)


def _then(one: Known, row: Row, covers: tuple[datetime, datetime]) -> list[Ran]:
    """Return what of something known here was there in a row's time; a run, whenever the row says that it ran."""
    first, last = row.started, row.ended
    if one.ran and last is None and first is not None:
        # It runs still where the list ends, and must be what ran then.
        first, last = max(first, covers[1].replace(hour=0, minute=0, second=0, microsecond=0)), max(first, covers[1])
    elif one.ran:
        first, last = first or covers[0], last or covers[1]
    return [each for each in one.stretches if _overlaps(each.start, each.end, first, last, slack=SLACK)]


def _held(row: Row, fitting: Sequence[Known], by: str, covers: tuple[datetime, datetime]) -> Line:
    if len(fitting) > 1:
        return Line(row, CONFLICT, f"its {by} fits {len(fitting)} known here: {_labels(fitting)}")
    (one,) = fitting
    if row.job and by != "job":
        return Line(
            row, CONFLICT, f"it calls itself {one.label}, and nothing here has the run {row.job} that it names", one
        )
    if not one.must:
        return Line(row, CONFLICT, f"{one.label} did not run here: no permit of it was consumed", one)
    then = _then(one, row, covers)
    if not then:
        return Line(row, CONFLICT, f"{one.label} was there {_when(one.stretches)}, which is another time", one)
    if row.digest and all(each.files for each in then) and not any(row.digest in each.files for each in then):
        other = [each for each in one.stretches if row.digest in each.files]
        whose = f"of {other[-1].label}, which ran there {_when(other)}" if other else f"none of {one.label}"
        return Line(row, CONFLICT, f"it runs the file {row.digest[:19]}…, which is {whose}", one)
    if by == "job" and row.service and one.service and _plain(row.service) != _plain(one.service):
        return Line(row, CONFLICT, f"it names {one.label} and calls itself {row.service}", one)
    return Line(row, MATCHED, f"by {by}", one)


def _overlaps(
    start: datetime, end: datetime | None, first: datetime | None, last: datetime | None, *, slack: timedelta
) -> bool:
    # Differences, since a list's time may be the first or last there is, which nothing can be added to.
    return (last is None or start - last <= slack) and (first is None or end is None or first - end <= slack)


def _when(stretches: Sequence[Ran]) -> str:
    """Return from when to when something was there, with its stops."""
    told = (f"{e.start:%Y-%m-%d} to {e.end:%Y-%m-%d}" if e.end else f"{e.start:%Y-%m-%d} on" for e in stretches)
    return ", ".join(dict.fromkeys(told))


def _labels(things: Sequence[Known]) -> str:
    shown = ", ".join(one.label for one in things[:3])
    return f"{shown} and {len(things) - 3} more" if len(things) > 3 else shown


def _plain(text: str) -> str:
    """Return a name as it is compared: one system writes an accent as a character of its own, another does not."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
