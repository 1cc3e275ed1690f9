"""Fallback plans: which are in force for which base model, and when each was practised last.

A drill counts for the very version of the plan that it names: a plan that changed was not practised.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.utils import timezone

from governance.access import words
from governance.models import Document, Project
from governance.proof.answers.inforce import InForce
from governance.selectors import documents as docs
from governance.selectors import ledger, signoff, told
from governance.selectors.due_terms import Due, Mine, Scope
from training.bodies.continuity import DRILL, FALLBACK, FallbackDrillBody, FallbackPlanBody
from training.kinds.continuity import PLANNERS

ROLES = ("base_model", "successor", "thresholds")
DRILL_DUE, BEGINS = "drill", "fallback"
DUE_WORDS = {DRILL_DUE: "drill of a fallback plan due", BEGINS: "fallback plan begins"}
TOLD = {DRILL_DUE: PLANNERS, BEGINS: PLANNERS}


@dataclass(frozen=True)
class Drill:
    """One drill of a plan."""

    document: Document
    body: FallbackDrillBody

    @property
    def date(self) -> date:
        """The day it was held."""
        return date.fromisoformat(self.body.date)

    @property
    def passed(self) -> bool:
        """Whether it went as the plan says."""
        return self.body.outcome == "passed"


@dataclass(frozen=True)
class Plan:
    """A fallback plan with its standing; `drills` are of this version, the last first."""

    document: Document
    body: FallbackPlanBody
    base: Document
    successor: Document | None
    thresholds: Document | None
    standing: InForce
    drills: tuple[Drill, ...]
    today: date

    @property
    def last_drill(self) -> Drill | None:
        """The last drill, passed or not."""
        return self.drills[0] if self.drills else None

    @property
    def drilled_on(self) -> date | None:
        """The day of the last drill that passed."""
        return next((drill.date for drill in self.drills if drill.passed), None)

    @property
    def drill_due(self) -> date | None:
        """The day by which the next drill is due: so many days after the last that passed, or after it was agreed."""
        start = self.drilled_on or (self.standing.since.date() if self.standing.since else None)
        return start + timedelta(days=self.body.drill_days) if start else None

    @property
    def practised(self) -> bool:
        """Whether a drill passed, none failed since, and the next is not overdue."""
        last, due = self.last_drill, self.drill_due
        return last is not None and last.passed and due is not None and due >= self.today

    @property
    def weakness(self) -> str:
        """Why nobody should rely on it though it may be in force, in words; "" where nothing speaks against it.

        A plan that was agreed lately has until its first drill is due.
        """
        if self.last_drill is not None and not self.last_drill.passed:
            return f"its last drill failed on {self.last_drill.date}"
        due = self.drill_due
        if due is not None and due < self.today:
            return f"its drill was due on {due}" if self.last_drill else f"its first drill was due on {due}"
        return ""

    @property
    def practice(self) -> str:
        """How it was practised, in words, wherever it is named."""
        if self.weakness:
            return self.weakness
        return f"practised on {self.drilled_on}" if self.drilled_on else "never practised"

    @property
    def covers(self) -> bool:
        """Whether new acts may rest on it: it is in force, and its drills do not speak against it."""
        return self.standing.ok and not self.weakness

    @property
    def begun(self) -> bool:
        """Whether the day has come on which it begins at the latest."""
        return date.fromisoformat(self.body.trigger_date) <= self.today


def plans(
    ledger_size: int | None = None,
    time: datetime | None = None,
    projects: Collection[Project] | None = None,
) -> list[Plan]:
    """Return the fallback plans of all projects or of some, newest first: of each series the version in force, or
    the newest where none is. At a ledger size and time (default: now); a constant number of queries.
    """
    rows = Document.objects.filter(kind=FALLBACK)
    if projects is not None:
        rows = rows.filter(project__in=projects)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    return _plans(list(rows.select_related("project", "series").order_by("-seq")), ledger_size, time)


def _plans(versions: Sequence[Document], ledger_size: int | None, time: datetime | None) -> list[Plan]:
    if not versions:
        return []
    standing = signoff.in_force_many(versions, ledger_size, time)
    chosen: dict[Any, Document] = {}
    for version in versions:  # the newest first, so that one in force takes the place of a newer one that is not
        if version.series_id not in chosen or (
            standing[version.digest].ok and not standing[chosen[version.series_id].digest].ok
        ):
            chosen[version.series_id] = version
    return _read(sorted(chosen.values(), key=lambda d: -d.seq), standing, ledger_size, time)


def plan(document: Document, ledger_size: int | None = None, time: datetime | None = None) -> Plan:
    """Return one version of a plan as it stands."""
    standing = {document.digest: signoff.in_force(document, ledger_size, time)}
    return _read([document], standing, ledger_size, time)[0]


def covering(found: Iterable[Plan]) -> dict[tuple[Any, Any], Plan]:
    """Return the newest plan in force by project and series of the base model it is for."""
    covered: dict[tuple[Any, Any], Plan] = {}
    for one in found:
        if one.standing.ok:
            covered.setdefault((one.document.project_id, one.base.series_id), one)
    return covered


def due_items(
    scope: Scope, rows: Sequence[Document], mine: Mine, now: datetime, since: datetime, until: datetime
) -> Iterable[Due]:
    """Yield the drills of plans in force that are due or overdue, and the days to come on which plans begin."""
    for one in _plans([row for row in rows if scope.sees(row.project)], None, now):
        if not one.standing.ok:
            continue
        drill, begins = _end_of(one.drill_due), _end_of(date.fromisoformat(one.body.trigger_date))
        days = [(DRILL_DUE, drill, one.practice), (BEGINS, begins if begins and begins > now else None, one.body.owner)]
        for what, at, note in days:
            if at is not None and since <= at <= until:
                project = one.document.project
                who, page, over = words(PLANNERS), "fallback", at <= now
                holds = mine.holds(PLANNERS, project)
                yield Due(what, at, str(one.document), note, who, page, one.document.digest, project, over, holds, one)


def _end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time_of_day(23, 59, 59), UTC) if day is not None else None


def _read(
    chosen: list[Document], standing: dict[str, InForce], ledger_size: int | None, time: datetime | None
) -> list[Plan]:
    named = {d.digest: {x.role: x.digest for x in docs.references(d) if x.role in ROLES} for d in chosen}
    wanted = {digest for roles in named.values() for digest in roles.values()}
    known = Document.objects.select_related("project", "series").in_bulk(list(wanted))
    if missing := wanted - set(known):
        raise docs.DocumentCorrupt(f"a fallback plan refers to {min(missing)}, which is not there")
    drills = _drills(ledger_size)
    if time is None:
        time = timezone.now() if ledger_size is None else ledger.time_of(ledger_size)
    return [
        Plan(
            document=document,
            body=docs.model_body(document, FallbackPlanBody),
            base=known[named[document.digest]["base_model"]],
            successor=known.get(named[document.digest].get("successor", "")),
            thresholds=known.get(named[document.digest].get("thresholds", "")),
            standing=standing[document.digest],
            drills=tuple(sorted(drills.get(document.digest, []), key=lambda d: (d.date, d.document.seq), reverse=True)),
            today=time.date(),
        )
        for document in chosen
    ]


def _drills(ledger_size: int | None) -> dict[str, list[Drill]]:
    """Return every drill that the ledger tells of, by the digest of the plan."""
    rows = Document.objects.filter(kind=DRILL)
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    documents = list(rows.select_related("created_by"))
    unknown = {d.digest for d in told.unrecorded(documents)}
    found: dict[str, list[Drill]] = {}
    for document in documents:
        if document.digest in unknown:
            continue
        for link in docs.references(document):
            drill = Drill(document, docs.model_body(document, FallbackDrillBody))
            found.setdefault(link.digest, []).append(drill)
    return found
