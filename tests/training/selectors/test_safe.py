"""What ran before and which of it is safe, against a model that looks at every hour by itself."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.models import Document
from governance.proof.answers import inforce
from governance.proof.answers.inforce import Ceremony, Signed
from governance.proof.answers.quorum import Rule
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import rfc3339
from governance.selectors.told import Frozen
from training.bodies.continuity import DEPLOYMENT
from training.bodies.serving import EVENT, MARK, IncidentMarkBody
from training.kinds import tuning as kinds
from training.selectors import safe, serving
from training.selectors.safe import Known
from training.selectors.serving import Mark

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 16
PROJECT = uuid.UUID(int=1)
NAMES = ("A", "B", "C")
NOTHING = ""


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


@dataclass(frozen=True)
class Act:
    """What really happened to a service at an hour, and when that was put on record: as an event, or as a day."""

    at: int
    known: int
    what: str
    now: str
    before: str

    @property
    def day(self) -> int:
        return self.at // 24 * 24

    @property
    def over(self) -> int:
        """The hour by which it had surely begun: the register knows the day, unless it was written on that."""
        if self.what != "registered":
            return self.at
        return self.known if self.day < self.known < self.day + 24 else self.day + 24


@dataclass(frozen=True)
class Release:
    """A release: hours at which it was signed, its sign-off revoked, a dataset of it revoked, marks set or cleared."""

    accepted: bool
    signed: int | None
    valid: int
    revoked: int | None
    data_revoked: int | None
    marks: tuple[tuple[int, bool], ...]
    waiver_ends: int


@dataclass(frozen=True)
class World:
    services: dict[str, tuple[Act, ...]]
    releases: dict[str, Release]


@st.composite
def acts(draw: st.DrawFn) -> tuple[Act, ...]:
    """A history: on each of some days one thing happens; events may be recorded late, or wrongly at first."""
    days = sorted(draw(st.sets(st.integers(0, DAYS - 1), min_size=1, max_size=7)))
    first = draw(st.sampled_from(NAMES))
    found = [Act(days[0] * 24, days[0] * 24 + 20, "registered", first, NOTHING)]
    ran = {first}
    for day in days[1:]:
        before = found[-1].now
        now = draw(st.sampled_from([name for name in (*NAMES, NOTHING) if name != before]))
        whats = (
            ["deployed", "registered", *(["rolled back"] * 2 if now in ran and before else [])] if now else ["stopped"]
        )
        what, at = draw(st.sampled_from(whats)), day * 24 + draw(st.integers(1, 18))
        written = day * 24 + 20 if draw(st.booleans()) else found[-1].day + 22  # at the day's end, or planned
        found.append(Act(at, written if what == "registered" else at + draw(st.integers(0, 80)), what, now, before))
        ran.add(now)
    for one in found[1:]:
        if one.what != "registered" and draw(st.booleans()) and draw(st.booleans()):
            wrong = draw(st.sampled_from([name for name in NAMES if name not in (one.now, one.before)]))
            found.append(replace(one, known=one.known - 1, what="deployed", now=wrong))
    return tuple(found)


HOURS = st.integers(0, DAYS * 24)


def mostly(usual: Any, now_and_then: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual, so that not everything is unsafe for some reason, and now and then something else."""
    return st.integers(0, 5).flatmap(lambda drawn: st.just(usual) if drawn else now_and_then)


RELEASES = st.builds(
    Release,
    accepted=mostly(True, st.just(False)),
    signed=mostly(0, st.none() | HOURS),
    valid=mostly(400, st.integers(1, DAYS)),
    revoked=mostly(None, HOURS),
    data_revoked=mostly(None, st.integers(1, DAYS * 24)),
    marks=mostly((), st.lists(st.tuples(HOURS, st.booleans()), max_size=2).map(lambda m: tuple(sorted(m)))),
    waiver_ends=HOURS,
)
WORLDS = st.builds(
    World,
    st.fixed_dictionaries({"production": acts(), "staging": acts()}),
    st.fixed_dictionaries(dict.fromkeys(NAMES, RELEASES)),
)


# The model: what is known of a service at an hour, looked at by itself.


def known_of(history: Sequence[Act], known: int) -> list[Act]:
    """The acts on record at an hour, in order; of two about one moment the one recorded last.

    Two rows of the register that name the same, with nothing on record between them, are one whose day was mended.
    """
    latest: dict[int, Act] = {}
    for act in sorted(history, key=lambda one: one.known):
        if act.known <= known:
            latest[act.at] = act
    found: list[Act] = []
    for act in sorted(latest.values(), key=lambda one: one.at):
        if found and (found[-1].what, act.what, found[-1].now) == ("registered", "registered", act.now):
            found.pop()
        found.append(act)
    return found


def possible(told: Sequence[Act], at: int) -> set[str] | None:
    """What may run at an hour by acts that are on record; None: nothing on record ran yet."""
    begun = [act for act in told if act.over <= at]
    current = begun[-1].now if begun else None
    maybe = {act.now for act in told if act.what == "registered" and act.day <= at < act.over}
    if current is None and not maybe:
        return None
    says = maybe | ({current} if current is not None else set())
    following = next((act for act in told if act.over > at), None)
    if following is not None and following.what != "registered" and following.before and following.before not in says:
        says.add(following.before)
    return says - {NOTHING}


def surely(told: Sequence[Act], name: str, until: int) -> list[tuple[int, int | None]]:
    """The stretches of hours in which surely this ran, begun by an hour; without an end: further on."""
    found: list[tuple[int, int | None]] = []
    # Nothing changes but at an hour at which something is on record.
    hours = sorted({at for act in told for at in (act.day, act.over) if act.what == "registered" or at == act.over})
    begins: int | None = None
    for at in hours:
        if possible(told, at) == {name}:
            begins = at if begins is None else begins
        elif begins is not None:
            found.append((begins, at))
            begins = None
    found += [(begins, None)] if begins is not None else []
    return [one for one in found if one[0] <= until]


def is_safe(world: World, name: str, ended: int | None, known: int) -> bool:
    one = world.releases[name]
    if not one.accepted or one.signed is None or one.signed > known:
        return False
    if (ended is not None and one.signed >= ended) or known >= one.signed + one.valid * 24:
        return False
    if one.revoked is not None and one.signed < one.revoked <= known:
        return False
    if one.data_revoked is not None and one.data_revoked <= known:
        return False
    if [stands for at, stands in one.marks if at <= known][-1:] == [True]:
        return False
    for history in world.services.values():
        told = known_of(history, known)
        for act in told:
            back = act.what == "rolled back" and act.before == name
            if back and not any(begins > act.at for begins, _ in surely(told, name, known)):
                return False
    return True


def expected(world: World, at: int, known: int) -> list[tuple[str, bool]]:
    told = known_of(world.services["production"], known)
    then = possible(told, at) or set()
    last = {name: list(surely(told, name, at))[-1:] for name in NAMES if name not in then}
    ran = sorted(((found[0], name) for name, found in last.items() if found), key=lambda one: -one[0][0])
    return [(name, is_safe(world, name, ends, known)) for (_, ends), name in ran]


# The same world as documents, for the rule itself.


class Papers:
    """Documents as the ledger has them at an hour; nothing is stored."""

    def __init__(self, world: World, known: int) -> None:
        self.world, self.known, self.seq = world, known, 0
        self.below: dict[str, Document] = {}
        self.releases = {name: self._release(name, one) for name, one in world.releases.items()}

    def made(self, kind: str, body: dict[str, Any], series: str, number: int, **links: list[str] | str) -> Document:
        self.seq += 1
        references = [
            {"role": role, "digest": digest}
            for role, named in links.items()
            for digest in ([named] if isinstance(named, str) else named)
        ]
        name = uuid.uuid5(PROJECT, f"{kind} {series}")
        envelope = Envelope.model_validate(
            {
                "schema": f"{kind}/1", "project": str(PROJECT), "series": str(name), "number": number,
                "previous": None if number == 1 else "sha256:" + "0" * 64, "contributors": [],
                "salt": f"{self.seq:032x}", "references": references, "body": body,
            }
        )  # fmt: skip
        return Document(
            digest=envelope.digest, kind=kind, version=1, series_id=name, number=number, project_id=PROJECT,
            title=str(body.get("title", kind)), content=envelope.to_bytes(), seq=self.seq,
        )  # fmt: skip

    def _release(self, name: str, one: Release) -> Document:
        data = self.made(kinds.DATASET, {"title": f"data of {name}"}, name, 1)
        waiver = self.made("governance.waiver", {"title": f"waiver of {name}"}, name, 1)
        spec = self.made(kinds.RUN_SPEC, {"title": f"spec of {name}"}, name, 1, dataset=data.digest)
        record = self.made(kinds.RUN_RECORD, {"title": f"record of {name}"}, name, 1, run_spec=spec.digest)
        release = self.made(kinds.RELEASE, {"title": name}, name, 1, run_record=record.digest, waiver=waiver.digest)
        self.below |= {d.digest: d for d in (data, waiver, spec, record, release)}
        return release

    def frozen(self) -> list[Frozen]:
        """The register and what happened, in the order of the ledger."""
        rows = [(act.known, place, env, act) for env, history in self.world.services.items()
                for place, act in enumerate(history) if act.known <= self.known]  # fmt: skip
        numbers: dict[str, int] = {}
        deployments: dict[str, str] = {}
        found = []
        for known, _, env, act in sorted(rows, key=lambda row: row[:3]):
            if act.what == "registered":
                numbers[env] = numbers.get(env, 0) + 1
                day = date.fromordinal(START.date().toordinal() + act.at // 24)
                body = {
                    "service": "queue", "environment": env, "criticality": "low", "max_outage_hours": 1,
                    "since": day.isoformat(), "owner": "a team", "until": None, "need_until": None,
                    "daily_impact": None, "currency": None, "stated_base": None,
                }  # fmt: skip
                release = self.releases[act.now].digest
                document = self.made(DEPLOYMENT, body, env, numbers[env], release=release)
                deployments[env] = document.digest
            else:
                links = {"now": act.now, "before": act.before}
                named = {role: self.releases[name].digest for role, name in links.items() if name}
                body = {"what": act.what, "at": rfc3339(hour(act.at)), "reason": "So decided.", "stated": None,
                        "stated_before": None}  # fmt: skip
                document = self.made(EVENT, body, f"{env} {self.seq}", 1, deployment=deployments[env], **named)
            found.append(Frozen(document, hour(known)))
        return found

    def facts(self, services: Sequence[serving.Service]) -> Known:
        standing: dict[str, inforce.InForce] = {}
        for name, release in self.releases.items():
            one = self.world.releases[name]
            for digest in self.below:
                standing.setdefault(digest, inforce.InForce(inforce.Standing.UNGOVERNED))
            links = [digest for digest, d in self.below.items() if d.title in (f"data of {name}", f"waiver of {name}")]
            data, waiver = links
            standing[release.digest] = self._standing(one.signed, one.valid, one.revoked)
            standing[data] = self._standing(0, 3650, one.data_revoked)
            standing[waiver] = self._standing(0, 1 + one.waiver_ends // 24, None)
        accepted = {
            d.digest for name, one in self.world.releases.items() if one.accepted
            for d in self.below.values() if d.title == f"record of {name}"
        }  # fmt: skip
        marks = {
            self.releases[name].digest: [self._mark(name, stands)]
            for name, one in self.world.releases.items()
            for stands in [stands for at, stands in one.marks if at <= self.known][-1:]
        }
        return Known(self.below, standing, accepted, marks, safe._rolled_back(services, hour(self.known)))

    def _standing(self, signed: int | None, valid: int, revoked: int | None) -> inforce.InForce:
        """The standing by the rule itself; an hour is an entry of the ledger."""
        rule = Rule({"compliance_officer": 1}, valid)
        given = () if signed is None else (Signed("officer", "compliance_officer", signed, hour(signed)),)
        asked = Ceremony("request", 0 if signed is None else signed, rule, frozenset(), given)
        return inforce.in_force(
            [asked],
            ledger_size=self.known + 1,
            time=hour(self.known),
            revoked_seqs=() if revoked is None else (revoked,),
        )

    def _mark(self, name: str, stands: bool) -> Mark:
        body = IncidentMarkBody(title="It refused", seen_at=rfc3339(START), reason="It did.", stands=stands)
        document = self.made(MARK, body.model_dump(), name, 1, release=self.releases[name].digest)
        return Mark(document, body, self.releases[name].digest, START)


def answer(world: World, at: int, known: int) -> list[tuple[str, bool]]:
    papers = Papers(world, known)
    read = {d.digest: d for d in papers.releases.values()}
    services = serving._further(serving._Register({}, {}), papers.frozen(), read).services
    found = next((one for one in services if one.body.environment == "production"), None)
    if found is None:
        return []
    judged = safe.before(found, hour(at), papers.facts(services))
    first = safe.last(judged)
    assert first == next((one for one in judged if one.safe), None)
    return [(one.name.removesuffix(" v1"), one.safe) for one in judged]


FINE = Release(accepted=True, signed=0, valid=400, revoked=None, data_revoked=None, marks=(), waiver_ends=0)
ROLLED_BACK = (
    Act(0, 20, "registered", "A", NOTHING), Act(30, 30, "deployed", "B", "A"), Act(50, 50, "rolled back", "A", "B"),
)  # fmt: skip
AGAIN = Act(96, 116, "registered", "B", "A")
MENDED = (
    Act(0, 20, "registered", "A", NOTHING), Act(30, 30, "stopped", NOTHING, "A"),
    Act(48, 68, "registered", "A", NOTHING),
)  # fmt: skip


def of(*history: Act) -> World:
    staging = (Act(0, 20, "registered", "C", NOTHING),)
    return World({"production": history, "staging": staging}, dict.fromkeys(NAMES, FINE))


# Put back by the register alone; planned to be, which is not yet so; by a day that was mended while an event tells of a
# stop in between.
@example(of(*ROLLED_BACK, AGAIN, Act(150, 150, "deployed", "A", "B")), 160, 0)
@example(of(*ROLLED_BACK, replace(AGAIN, known=70)), 80, 0)
@example(of(*MENDED), 40, 60)
@settings(max_examples=300)
@given(WORLDS, HOURS, st.integers(0, 100))
def test_what_ran_before_and_is_safe_is_what_a_look_at_every_hour_says(world: World, at: int, later: int) -> None:
    """Two environments, rollbacks, late and mended records, revocations after the fact, ended sign-offs and waivers."""
    assert answer(world, at, at + later) == expected(world, at, at + later)
