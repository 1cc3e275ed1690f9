"""Is a report's period what was asked for: every ledger entry of those days, none of another?

The entries of the period are proved to be a run without a gap (`proof.formats.ranges`). Where the days begin and end
is shown by the times of its entries and of those next to it. Where these belong to other projects they are not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

from governance.proof.checks.evidence import Evidence, Period
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.words.printed import count, second

PERIOD, DAYS = "period", "days"
OF_DAYS = {"register": "Register", "ledger-extract": "Ledger", "access": "Who may and who did"}
"""kinds of reports that ask for whole days, by the parameters `first` and `last`, and what they are called"""


class Asked(Protocol):
    """A question about days: within which ledger size, of which project, with which parameters."""

    @property
    def ledger_size(self) -> int: ...
    @property
    def project(self) -> str | None: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Days:
    """Whole days (UTC), both included; None: without a beginning, or without an end."""

    first: date | None
    last: date | None

    @property
    def since(self) -> datetime | None:
        """The time from which on an entry lies in them."""
        return _midnight(self.first) if self.first is not None else None

    @property
    def until(self) -> datetime | None:
        """The time from which on an entry lies in them no more."""
        return _midnight(self.last + timedelta(days=1)) if self.last not in (None, date.max) else None

    def hold(self, leaf: Leaf) -> bool:
        """Return whether an entry is of these days."""
        at = moment(leaf.time)
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def words(self, until: datetime) -> str:
        """Return the days as pages have them; `until` is the time of the last entry there was."""
        last = min(self.last or until.date(), until.date())
        return f"{self.first or 'the first entry'} to {max(last, self.first or last)}"

    def ends(self, until: datetime) -> tuple[None, None]:
        """Return that what stands before and after them is told as of the times of the last entries by then."""
        return None, None

    def __str__(self) -> str:
        return f"{self.first or 'the first entry'} to {self.last or 'the last'} (UTC)"


@dataclass(frozen=True)
class Moments:
    """The entries between two moments: later than the one, and no later than the other; None: without such an end."""

    since: datetime | None
    until: datetime | None

    def hold(self, leaf: Leaf) -> bool:
        """Return whether an entry lies between them."""
        at = moment(leaf.time)
        return (self.since is None or at > self.since) and (self.until is None or at <= self.until)

    def words(self, until: datetime) -> str:
        """Return them as pages have them; `until` is the time of the last entry there was."""
        since, then = self.ends(until)
        return f"{second(since) if since else 'the first entry'} to {second(then or until)} (UTC)"

    def ends(self, until: datetime) -> tuple[datetime | None, datetime | None]:
        """Return as of which times is told, no later than the last entry's; None: as of the entry's own."""
        since, then = (min(one, until) if one is not None else None for one in (self.since, self.until))
        return since, then


def title(kind: str, days: Days, until: datetime) -> str:
    """Return the title of a report of days."""
    return f"{OF_DAYS[kind]}, {days.words(until)}"


def span_words(span: range) -> str:
    """Return which entries a period has, as pages have it."""
    return f"{count(len(span))}, from {span.start} to {span.stop - 1}" if span else "none in this period"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def period_lines(period: Period | None, problems: Sequence[str]) -> list[CheckLine]:
    """Return whether the period that is given whole is; `problems` are what was found wrong when it was read."""
    if period is None:
        return []
    span = f"entries {period.first} to {period.first + len(period.leaves) - 1}"
    told = lines(PERIOD, list(problems), f"{span} are all there: none is missing, added or moved")
    if not problems and period.hidden:
        detail = f"server-attested: {len(period.hidden)} of {span} are hashes only, as they belong to other projects"
        told.append(CheckLine(PERIOD, None, detail))
    return told


def days_lines(evidence: Evidence, known: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return whether the period is of the days asked; `known` are all proven entries, those around it among them.

    Nothing is said of reports that ask for no days.
    """
    if evidence.report.kind not in OF_DAYS:
        return []
    return asked_lines(evidence.report, evidence.period, known)


def asked_lines(report: Asked, period: Period | None, known: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return what `days_lines` does of anything that asks for days."""
    try:
        days = days_asked(report.parameters)
    except ValueError as error:
        return [CheckLine(DAYS, False, f"the days asked for cannot be read: {error}")]
    span = span_of(period, days, known)
    wrong = [f"entry {seq} of {known[seq].time}" for seq in sorted(known) if (seq in span) != days.hold(known[seq])]
    if wrong:
        detail = f"asked were {days}; not all of these, or others: the period is wrong about {', '.join(wrong[:3])}"
        return [CheckLine(DAYS, False, detail)]
    told = f"the period {'holds all entries' if span else 'has no entry'} from {days}"
    unseen = list(_unseen(span, report.ledger_size, known))
    if not unseen:
        return [CheckLine(DAYS, True, f"{told}, as was asked")]
    which = " and ".join(f"{gap.start} to {gap.stop - 1}" for gap in unseen)
    if report.project is None or any(_open(days, gap, span) for gap in unseen):
        detail = f"asked were {days}; when the entries {which} were, next to the period, is not shown"
        return [CheckLine(DAYS, False, detail)]
    return [CheckLine(DAYS, None, f"server-attested: {told}, if the entries {which} next to it are of other projects")]


def days_asked(asked: Mapping[str, object]) -> Days:
    """Return the days that were asked for as JSON. Raises ValueError: these are no days."""
    return Days(_day(asked.get("first")), _day(asked.get("last")))


def between(asked: Mapping[str, object]) -> Days | Moments:
    """Return the days or the moments that were asked for as JSON. Raises ValueError: they are neither, or both."""
    since, until = (_moment(asked.get(name)) for name in ("since", "time"))
    if since is None and until is None:
        return days_asked(asked)
    if asked.get("first") is not None or asked.get("last") is not None:
        raise ValueError("found days and moments, expected either")
    return Moments(since, until)


def span_of(period: Period | None, days: Days, known: Mapping[int, Leaf]) -> range:
    """Return the entries of the period; of one without any, the place where it is."""
    if period is not None:
        return range(period.first, period.first + len(period.leaves))
    since = days.since
    place = max((seq + 1 for seq, leaf in known.items() if since and moment(leaf.time) < since), default=0)
    return range(place, place)


def _unseen(span: range, size: int, known: Mapping[int, Leaf]) -> Iterator[range]:
    """Yield the entries before and after the period up to the next one that is known."""
    before = range(max((seq + 1 for seq in known if seq < span.start), default=0), span.start)
    after = range(span.stop, min((seq for seq in known if seq >= span.stop), default=size))
    yield from (gap for gap in (before, after) if gap)


def _open(days: Days, gap: range, span: range) -> bool:
    """Return whether the period has no end on this side: then every entry there lies in it."""
    return (days.since if gap.stop <= span.start else days.until) is None


def _day(value: object) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != len("2026-01-02"):
        raise ValueError(f"found {value!r}, expected a day as YYYY-MM-DD")
    return date.fromisoformat(value)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"found {value!r}, expected a moment such as 2026-01-02T09:30:00Z")
    return moment(value)
