"""What another system lists held against what is known here: seen there and unknown here, known here and not seen
there, and what the two say differently.

A row is matched by the job it names, else by service and environment, else by a file's digest; whatever else it says
must agree. Only one thing can be meant: where a name fits several, the row is a conflict, never a guess. A scheduler
lists jobs: there a service's name proves nothing, for anybody may call a job so.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from training.inventory.reading import Row

MATCHED, UNKNOWN, CONFLICT = "matched", "unknown here", "conflict"
RUN, SERVICE = "run", "service"
EXPECTED: Final = {"serving": {SERVICE}, "scheduler": {RUN}, "cloud": {RUN, SERVICE}}
"""What a source of each kind should list."""
SLACK: Final = timedelta(days=1)
"""how far the clocks and days of two systems may lie apart"""


@dataclass(frozen=True)
class Known:
    """Something known here: a run's attempt or a deployment.

    `names` are identifiers that a row may name it by, `files` the digests of what it runs. `page` and `key` lead to it.
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
    lines = tuple(_line(row, index, source) for row in rows)
    seen = {id(line.known) for line in lines if line.known is not None}
    told_of = {_plain(one) for one in environments}
    missing = tuple(
        one
        for one in things
        if one.must
        and one.kind in EXPECTED[source]
        and id(one) not in seen
        and _overlaps(one.start, one.end, *covers, slack=timedelta(0))
        and (one.kind == RUN or not told_of or _plain(one.environment) in told_of)
    )
    counts = {outcome: sum(line.outcome == outcome for line in lines) for outcome in (MATCHED, UNKNOWN, CONFLICT)}
    return Reconciliation(lines, missing, {**counts, "not seen there": len(missing)})


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


def _line(row: Row, index: _Index, source: str) -> Line:
    if row.job and (named := index.by_name.get(row.job)):
        return _held(row, _at(named, row), "job")
    if SERVICE not in EXPECTED[source]:
        return Line(row, UNKNOWN, f"it names no run of ours; {_unknown(row)}")
    owners = index.by_file.get(row.digest, []) if row.digest else []
    called = index.by_service.get(_plain(row.service), []) if row.service else []
    if row.environment:
        called = [one for one in called if _plain(one.environment) == _plain(row.environment)]
    if called:
        both = [one for one in called if one in owners]
        return _held(row, _at(both or called, row), "service and environment" if row.environment else "service")
    if owners and not row.service and not row.job:
        return _held(row, _at(owners, row), "file")
    if owners:
        what = "names no run of ours" if row.job else "is no service known here"
        return Line(row, UNKNOWN, f"{row.job or row.service} {what}; its file is of {_labels(owners)}")
    return Line(row, UNKNOWN, _unknown(row))


def _unknown(row: Row) -> str:
    said = {"run": row.job, "service": row.service, "file": row.digest[:19]}
    return "nothing here has its " + ", ".join(f"{name} {value}" for name, value in said.items() if value)


def _at(fitting: Sequence[Known], row: Row) -> list[Known]:
    """Return those of the fitting that were there in the row's time; all where none was."""
    then = [one for one in fitting if _overlaps(one.start, one.end, row.started, row.ended, slack=SLACK)]
    return then or list(fitting)


def _held(row: Row, fitting: Sequence[Known], by: str) -> Line:
    if len(fitting) > 1:
        return Line(row, CONFLICT, f"its {by} fits {len(fitting)} known here: {_labels(fitting)}")
    (one,) = fitting
    if row.job and by != "job":
        return Line(
            row, CONFLICT, f"it calls itself {one.label}, and nothing here has the run {row.job} that it names", one
        )
    if not one.must:
        return Line(row, CONFLICT, f"{one.label} did not run here: no permit of it was consumed", one)
    if row.digest and one.files and row.digest not in one.files:
        return Line(row, CONFLICT, f"it runs the file {row.digest[:19]}…, which is none of {one.label}", one)
    if not _overlaps(one.start, one.end, row.started, row.ended, slack=SLACK):
        here = f"{one.start:%Y-%m-%d} to {one.end:%Y-%m-%d}" if one.end else f"{one.start:%Y-%m-%d} on"
        return Line(row, CONFLICT, f"{one.label} was there {here}, which is another time", one)
    if by == "job" and row.service and one.service and _plain(row.service) != _plain(one.service):
        return Line(row, CONFLICT, f"it names {one.label} and calls itself {row.service}", one)
    return Line(row, MATCHED, f"by {by}", one)


def _overlaps(
    start: datetime, end: datetime | None, first: datetime | None, last: datetime | None, *, slack: timedelta
) -> bool:
    # Differences, since a list's time may be the first or last there is, which nothing can be added to.
    return (last is None or start - last <= slack) and (first is None or end is None or first - end <= slack)


def _labels(things: Sequence[Known]) -> str:
    shown = ", ".join(one.label for one in things[:3])
    return f"{shown} and {len(things) - 3} more" if len(things) > 3 else shown


def _plain(text: str) -> str:
    """Return a name as it is compared: one system writes an accent as a character of its own, another does not."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
