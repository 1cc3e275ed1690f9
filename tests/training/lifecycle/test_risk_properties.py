"""What must hold in every world: bad news never helps, no news is never good news."""

import datetime as dt
import math
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.training.lifecycle.made import NOON, worlds
from training.lifecycle.model import BANDS, SERVING_ENDS, STAGES, Inputs, Past
from training.lifecycle.risk import assess

tried = settings(max_examples=40)


def longer_or_same(after, before):
    """Whether a length has not become shorter; without a value it is longer than any."""
    return (math.inf if after.value is None else after.value) >= (math.inf if before.value is None else before.value)


def as_much(after, before):
    """Whether a figure that there was has not become less."""
    return before.value is None or after.value >= before.value


def as_early(after, before):
    """Whether a day that there was has not become later."""
    return before.value is None or after.value <= before.value


def bands(assessment):
    return [one.band for one in (*assessment.bases, *assessment.dependants)]


def never_better(after, before) -> None:
    for late, early in zip(bands(after), bands(before), strict=True):
        assert BANDS.index(late) >= BANDS.index(early)


def never_greener(after, before) -> None:
    for late, early in zip(bands(after), bands(before), strict=True):
        assert late != "green" or early == "green"


def moved(base, days):
    """Return the base with every end of its serving so many days earlier."""
    return replace(
        base,
        seen=tuple(
            replace(word, date=word.date - dt.timedelta(days=days))
            if word.date and word.phase in SERVING_ENDS
            else word
            for word in base.seen
        ),
    )


def order(assessment):
    places = [(one.place, one.dependant.digest) for one in assessment.dependants if one.place is not None]
    return [digest for _, digest in sorted(places)]


@tried
@given(world=worlds(), days=st.integers(0, 200))
def test_when_everything_ends_earlier_no_risk_is_lower(world: Inputs, days) -> None:
    before, after = assess(world), assess(replace(world, bases=tuple(moved(base, days) for base in world.bases)))
    never_better(after, before)
    for late, early in zip(after.dependants, before.dependants, strict=True):
        for name in ("too_late", "beyond_outage", "uncovered"):
            if early.too_late.label != "weak":
                assert as_much(getattr(late, name), getattr(early, name))
        assert as_early(late.latest_start, early.latest_start)
        assert early.life_covers_need is not False or late.life_covers_need is False


@tried
@given(world=worlds(), days=st.integers(0, 200), place=st.integers(0, 3))
def test_when_one_base_ends_earlier_its_risk_is_not_lower(world: Inputs, days, place) -> None:
    """Without the queue always. With it as long as nobody changes places: an earlier date can bring a dependant forward
    in the line, and what it gains there others lose."""
    assume(place < len(world.bases))
    bases = list(world.bases)
    bases[place] = moved(bases[place], days)
    before, after = assess(world), assess(replace(world, bases=tuple(bases)))
    for late, early in zip(after.dependants, before.dependants, strict=True):
        assert as_early(late.latest_start_alone, early.latest_start_alone)
    if order(before) == order(after):
        never_better(after, before)


@tried
@given(world=worlds(), times=st.integers(1, 3), more=st.integers(0, 30))
def test_when_requalifying_takes_longer_no_risk_is_lower(world: Inputs, times, more) -> None:
    slower = replace(
        world,
        past=tuple(replace(one, days=one.days * times + more) for one in world.past),
        estimates=tuple(
            replace(one, low=one.low * times + more, likely=one.likely * times + more, high=one.high * times + more)
            for one in world.estimates
        ),
    )
    before, after = assess(world), assess(slower)
    never_better(after, before)
    for late, early in zip(after.dependants, before.dependants, strict=True):
        for rows in ("alone", "queued"):
            for share in ("p50", "p80", "p95"):
                assert longer_or_same(getattr(getattr(late, rows), share), getattr(getattr(early, rows), share))
        assert as_much(late.too_late, early.too_late)
        assert as_much(late.uncovered, early.uncovered)


REMOVALS = {
    "licence": lambda world, at: replace(world, bases=changed(world.bases, at, licence_ok=False)),
    "custody": lambda world, at: replace(world, bases=changed(world.bases, at, custody_ok=False)),
    "drill": lambda world, at: replace(world, bases=changed(world.bases, at, drilled_on=None)),
    "all that was seen of what others host": lambda world, at: replace(
        world, bases=tuple(replace(base, seen=()) if base.hosted else base for base in world.bases)
    ),
    "dates that their sources take back": lambda world, at: replace(
        world, bases=changed_seen(world.bases, at, taken_back)
    ),
    "readings": lambda world, at: replace(world, bases=changed_seen(world.bases, at, read_long_ago)),
    "signatures of estimates": lambda world, at: replace(
        world, estimates=tuple(replace(one, signed=False) for one in world.estimates)
    ),
    "estimates": lambda world, at: replace(world, estimates=()),
    "stage times without an estimate": lambda world, at: replace(
        world, past=tuple(one for one in world.past if one.stage != STAGES[at]),
        estimates=tuple(one for one in world.estimates if one.stage != STAGES[at]),
    ),
    "the shortest stage time": lambda world, at: replace(world, past=without_shortest(world.past, STAGES[at])),
    "proof": lambda world, at: replace(world, dependants=changed(world.dependants, at, proven=False)),
    "the base of a dependant": lambda world, at: replace(world, dependants=changed(world.dependants, at, base=None)),
    "a base": lambda world, at: replace(world, bases=world.bases[:at] + world.bases[at + 1 :]),
}  # fmt: skip


def changed(all_of_them, at, **how):
    return tuple(replace(one, **how) if place == at else one for place, one in enumerate(all_of_them))


def changed_seen(bases, at, how):
    return tuple(replace(one, seen=how(one.seen)) if place == at else one for place, one in enumerate(bases))


def taken_back(words):
    return (*words, *(replace(word, date=None, seq=99, retrieved_at=NOON) for word in words))


def read_long_ago(words):
    return tuple(replace(word, retrieved_at=NOON - dt.timedelta(days=100)) for word in words)


def without_shortest(past: tuple[Past, ...], stage):
    ended = [one for one in past if one.stage == stage and one.done]
    shortest = min(ended, key=lambda one: one.days, default=None)
    return tuple(one for one in past if one is not shortest)


@settings(max_examples=150)
@given(world=worlds(), removal=st.sampled_from(sorted(REMOVALS)), at=st.integers(0, 5))
def test_taking_reassurance_away_turns_nothing_green(world: Inputs, removal, at) -> None:
    """For weights that are held, what is seen only warns: without any word of an end, custody decides."""
    less = REMOVALS[removal](world, at)
    before, after = assess(world), assess(less)
    if len(less.bases) == len(world.bases):
        never_greener(after, before)
    else:
        still = {one.dependant.digest: one.band for one in before.dependants}
        assert all(one.band != "green" or still[one.dependant.digest] == "green" for one in after.dependants)


@tried
@given(world=worlds(), at=st.integers(0, 4))
def test_adding_a_dependant_never_shortens_r_or_betters_a_band(world: Inputs, at) -> None:
    assume(at < len(world.dependants))
    fewer = assess(replace(world, dependants=world.dependants[:at] + world.dependants[at + 1 :]))
    more = {one.dependant.digest: one for one in assess(world).dependants}
    for one in fewer.dependants:
        same = more[one.dependant.digest]
        assert BANDS.index(same.band) >= BANDS.index(one.band)
        for share in ("p50", "p80", "p95"):
            if one.place is not None:
                assert longer_or_same(getattr(same.queued, share), getattr(one.queued, share))
            assert getattr(same.alone, share) == getattr(one.alone, share)


@tried
@given(world=worlds())
def test_what_is_not_known_is_never_green(world: Inputs) -> None:
    found = assess(world)
    bases = {one.base.digest: one for one in found.bases}
    for one in found.bases:
        if one.band == "green":
            assert one.base.licence_ok
            assert not one.loss.withdrawn
            assert one.loss.date is not None or not one.base.hosted
            assert one.loss.date is None or (one.loss.fresh and found.requalification.known)
            assert one.base.hosted or (one.base.custody_ok and one.base.drilled_on)
    for service in found.dependants:
        if service.band == "green":
            assert service.dependant.proven
            assert bases[service.dependant.base or ""].loss.date is not None or service.too_late.label == "held"


@tried
@given(world=worlds(), later=st.integers(1, 400))
def test_what_was_learned_later_changes_nothing_as_of_then(world: Inputs, later) -> None:
    """Risk as it was known on a past date, from what was known then."""
    moment = NOON + dt.timedelta(days=later)
    wiser = replace(
        world,
        bases=tuple(
            replace(
                base,
                seen=(*base.seen, *(replace(word, date=None, seq=50, retrieved_at=moment) for word in base.seen)),
            )
            for base in world.bases
        ),
    )
    then, now = assess(wiser), assess(world)
    assert bands(then) == bands(now)
    assert [one.loss for one in then.bases] == [one.loss for one in now.bases]


@tried
@given(world=worlds(), hours=st.integers(-12, 14), shuffle=st.randoms(use_true_random=False))
def test_neither_the_zone_of_a_moment_nor_the_order_of_inputs_changes_anything(world: Inputs, hours, shuffle) -> None:
    zone = dt.timezone(dt.timedelta(hours=hours))

    def mixed(parts):
        parts = list(parts)
        shuffle.shuffle(parts)
        return tuple(parts)

    same = replace(
        world, as_of=world.as_of.astimezone(zone), bases=mixed(world.bases), dependants=mixed(world.dependants)
    )
    before = {one.dependant.digest: (one.band, one.queued, one.too_late.value) for one in assess(world).dependants}
    for one in assess(same).dependants:
        assert before[one.dependant.digest] == (one.band, one.queued, one.too_late.value)
