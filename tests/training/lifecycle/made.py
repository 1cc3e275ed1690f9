"""Small worlds for the tests of retirement risk: everything has a plain default, and a test says what matters to it."""

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from training.lifecycle.model import (
    STAGES,
    Base,
    Capacity,
    Dependant,
    Estimate,
    Inputs,
    Past,
    Seen,
)

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
TODAY = NOON.date()
POINTS = [(0.0, 0.0, 1.0), (1.0, 4.0, 9.0), (5.0, 20.0, 60.0), (30.0, 30.0, 30.0)]


def in_days(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def seen(days: int | None = 300, **changed: Any) -> Seen:
    """Return a word of the vendor, read yesterday: it ends in so many days, None: no date is given."""
    given: dict[str, Any] = {
        "model": "m-1",
        "channel": "api",
        "phase": "retired",
        "date": None if days is None else in_days(days),
        "precision": "exact",
        "announced_on": in_days(-60),
        "words": "shutdown",
        "url": "https://vendor.example/deprecations",
        "source": "vendor",
        "rank": 1,
        "retrieved_at": NOON - dt.timedelta(days=1),
        "snapshot": None,
        "idle_days": None,
        "document": "5" * 64,
        "seq": 1,
        "place": 0,
    }
    return Seen(**given | changed)


def base(digest: str = "b", *words: Seen, **changed: Any) -> Base:
    """Return a hosted base model of which `words` were said."""
    given: dict[str, Any] = {
        "title": f"model {digest}",
        "vendor": "vendor",
        "hosted": True,
        "licence_ok": True,
        "custody_ok": False,
        "drilled_on": None,
    }
    return Base(digest=digest, seen=words, **given | changed)


def held(digest: str = "h", *words: Seen, **changed: Any) -> Base:
    """Return a base model whose weights are held, verified and restored in a drill last week."""
    return base(digest, *words, **{"hosted": False, "custody_ok": True, "drilled_on": in_days(-7)} | changed)


def dependant(digest: str = "d", of: str | None = "b", **changed: Any) -> Dependant:
    given: dict[str, Any] = {
        "title": f"service {digest}",
        "project": "p",
        "criticality": "standard",
        "max_outage_hours": 24,
        "since": in_days(-400),
        "need_until": None,
        "daily_impact": Decimal(100),
        "currency": "EUR",
        "proven": True,
        "retrains": 2,
        "observed_days": 400,
        "fallback": None,
    }
    return Dependant(digest=digest, base=of, **given | changed)


def past(days: float = 10, count: int = 5, *, done: bool = True) -> tuple[Past, ...]:
    """Return so many requalifications whose every stage took (or is open for) so many days."""
    return tuple(Past(f"{days}-{done}-{number}", stage, days, done) for number in range(count) for stage in STAGES)


def estimates(low: float = 5, likely: float = 10, high: float = 20, **changed: Any) -> tuple[Estimate, ...]:
    return tuple(Estimate(stage, low, likely, high, "e" * 64, **{"signed": True} | changed) for stage in STAGES)


def inputs(*bases: Base, **changed: Any) -> Inputs:
    """Return inputs with five completed requalifications of 60 days each, a review in 90 days, places for everybody."""
    given: dict[str, Any] = {
        "as_of": NOON,
        "next_review": in_days(90),
        "stale_days": 30,
        "seed": 7,
        "runs": 40,
        "dependants": (),
        "past": past(),
        "estimates": (),
        "capacity": Capacity(9, 9, 9),
    }
    return Inputs(bases=bases, **given | changed)


@st.composite
def words(draw: st.DrawFn, digest: str) -> Seen:
    return seen(
        draw(st.none() | st.integers(-50, 400)),
        channel=draw(st.sampled_from(["api", "cloud"])),
        source=draw(st.sampled_from(["vendor", "list"])),
        phase=draw(st.sampled_from(["retired", "serve-existing", "train-new"])),
        precision=draw(st.sampled_from(["exact", "earliest", "tentative"])),
        retrieved_at=NOON - dt.timedelta(days=draw(st.integers(0, 45))),
        document=digest * 64,
        seq=draw(st.integers(1, 9)),
    )


@st.composite
def worlds(draw: st.DrawFn, /, **changed: Any) -> Inputs:
    """Return small worlds with all that can be missing missing at times."""
    names = "abcd"[: draw(st.integers(1, 4))]
    bases = []
    for name in names:
        said = draw(st.lists(words(name), max_size=3))
        known = draw(st.booleans())
        make = draw(st.sampled_from([base, held]))
        bases.append(
            make(name, *said, licence_ok=known or draw(st.booleans()), vendor=draw(st.sampled_from(["v", "w"])))
        )
    dependants = [
        dependant(
            f"d{number}",
            draw(st.sampled_from([*names, None, "elsewhere"])),
            criticality=draw(st.sampled_from(["low", "standard", "high"])),
            proven=draw(st.integers(0, 3)) > 0,
            daily_impact=draw(st.sampled_from([None, Decimal(10)])),
            need_until=draw(st.sampled_from([None, in_days(100)])),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    lengths = st.integers(0, 60).map(float)
    times = [
        Past(f"{stage}-{number}", stage, draw(lengths), draw(st.integers(0, 4)) > 0)
        for stage in STAGES
        for number in range(draw(st.sampled_from([0, 3, 6])))
    ]
    estimated = [
        Estimate(stage, *draw(st.sampled_from(POINTS)), "e" * 64, draw(st.integers(0, 3)) > 0) for stage in STAGES
    ]
    places = st.integers(1, 3)
    given = {
        "dependants": tuple(dependants),
        "past": tuple(times),
        "estimates": tuple(estimated),
        "capacity": Capacity(draw(places), draw(places), draw(places)),
        "runs": 20,
    }
    return inputs(*bases, **given | changed)
