"""T: the current word of each source, the earliest date, what is stale, withdrawn or in conflict."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.lifecycle.made import NOON, base, held, in_days, inputs, seen
from training.lifecycle.loss import loss
from training.lifecycle.notice import usual
from training.lifecycle.words import current, earliest, is_stale

LATER = NOON + dt.timedelta(minutes=1)


def of(*words, **changed):
    return loss(base("b", *words), inputs(**changed), None)


def test_the_earliest_date_counts_and_differing_sources_are_all_kept() -> None:
    first, second = seen(300), seen(200, source="list", rank=4, document="6" * 64)
    found = of(first, second)
    assert (found.date, found.days.value, found.counted) == (in_days(200), 200, second)
    assert found.conflicts == found.words == (first, second)
    assert found.days.sources == ("6" * 64, "5" * 64)


def test_dates_of_different_channels_or_phases_are_no_conflict() -> None:
    assert of(seen(300), seen(200, channel="cloud"), seen(250, phase="serve-existing")).conflicts == ()


def test_a_source_that_moves_its_date_is_heard_with_its_last_word() -> None:
    old = seen(200, retrieved_at=NOON - dt.timedelta(days=9), seq=1)
    assert of(old, seen(300, seq=2)).date == in_days(300)
    assert of(seen(300, seq=2), old).date == in_days(300)


def test_a_source_that_says_two_things_at_once_is_heard_with_both() -> None:
    found = of(seen(300, place=0), seen(200, place=1))
    assert (found.date, len(found.conflicts)) == (in_days(200), 2)


def test_a_date_that_is_given_no_more_is_withdrawn() -> None:
    gone = seen(None, seq=2, retrieved_at=NOON)
    found = of(seen(200), gone)
    assert (found.date, found.withdrawn, found.days.value, found.days.label) == (None, (gone,), None, "unknown")
    assert not found.fresh
    assert of(seen(300), seen(None, source="list")).conflicts == ()


def test_who_never_gave_a_date_took_none_back() -> None:
    """A vendor's list of what can be had names no end of anything; another's date holds beside it."""
    listed = seen(None, source="list", rank=1)
    found = of(listed, seen(300, seq=2, rank=3))
    assert (found.withdrawn, found.fresh, found.date) == ((), True, in_days(300))
    assert of(listed).withdrawn == ()
    taken = of(seen(200, source="list"), replace(listed, seq=2, retrieved_at=NOON), seen(300, seq=3))
    assert [word.source for word in taken.withdrawn] == ["list"]
    elsewhere = of(seen(200, source="list", channel="cloud"), replace(listed, seq=2, retrieved_at=NOON))
    assert elsewhere.withdrawn == ()


def test_a_date_to_come_is_not_taken_back_before_it_was_given() -> None:
    assert of(seen(None), seen(200, seq=2, retrieved_at=LATER)).withdrawn == ()


def test_only_the_end_of_serving_is_a_loss() -> None:
    for phase in ("train-new", "train-existing", "serve-new", "extended"):
        assert of(seen(1, phase=phase)).date is None
    for phase in ("serve-existing", "retired"):
        assert of(seen(1, phase=phase)).date == in_days(1)


@pytest.mark.parametrize("precision", ["exact", "earliest", "tentative"])
def test_a_bound_counts_with_its_date_and_says_so(precision) -> None:
    found = of(seen(200, precision=precision))
    assert (found.days.value, found.days.label) == (200, "" if precision == "exact" else precision)


def test_of_equal_dates_the_exact_one_of_the_best_source_counts() -> None:
    best = seen(200, source="b", rank=2)
    words = (seen(200, source="a", precision="earliest", rank=1), seen(200, source="c", rank=3), best)
    assert of(*words).counted == best


def test_a_condition_on_use_is_shown_and_is_no_date() -> None:
    rule = seen(None, idle_days=15, retrieved_at=NOON, seq=2)
    found = of(seen(200), rule)
    assert (found.rules, found.withdrawn, found.date) == ((rule,), (), in_days(200))
    assert of(rule).date is None


def test_what_was_seen_later_was_not_known() -> None:
    found = of(seen(300), seen(100, seq=2, retrieved_at=LATER))
    assert found.date == in_days(300)
    assert of(seen(100, retrieved_at=LATER)).words == ()


def test_a_source_is_stale_when_it_was_not_read_for_longer_than_allowed() -> None:
    word = seen(300, retrieved_at=NOON - dt.timedelta(days=30))
    assert not is_stale(word, NOON, 30)
    assert is_stale(word, NOON + dt.timedelta(seconds=1), 30)
    again = replace(word, read_again=(NOON, LATER))
    assert not is_stale(again, NOON + dt.timedelta(days=1), 30)
    assert is_stale(again, NOON - dt.timedelta(seconds=1), 29), "a reading to come is none yet"


def test_every_channel_needs_a_date_from_a_source_that_was_read_in_time() -> None:
    long_ago = NOON - dt.timedelta(days=40)
    assert of(seen(300)).fresh
    assert not of(seen(300, retrieved_at=long_ago)).fresh
    assert of(seen(300, retrieved_at=long_ago), seen(300, source="list")).fresh
    assert not of(seen(300, retrieved_at=long_ago), seen(300, channel="cloud")).fresh
    assert not of(seen(None), seen(300, channel="cloud")).fresh


def test_weights_that_are_held_have_no_loss_until_somebody_gives_one() -> None:
    assert loss(held(), inputs(), None).days.label == "held"
    assert loss(held("h", seen(200)), inputs(), None).days.value == 200


def test_what_the_vendor_usually_does_is_said_of_hosted_models_without_a_date_alone() -> None:
    given = inputs()
    hint = usual([], given)
    assert loss(base(), given, hint).usual is hint
    assert loss(base("b", seen(200)), given, hint).usual is None
    assert loss(held(), given, hint).usual is None


@pytest.mark.parametrize(
    ("as_of", "date", "days"),
    [
        ("2028-02-28T12:00:00+00:00", "2028-03-01", 2),
        ("2027-02-28T12:00:00+00:00", "2027-03-01", 1),
        ("2028-02-29T00:00:00+00:00", "2029-02-28", 365),
        ("2026-12-31T23:30:00-08:00", "2027-01-01", 0),
        ("2027-01-01T00:30:00+01:00", "2027-01-01", 1),
        ("2026-03-29T01:30:00+01:00", "2026-03-30", 1),
        ("2026-11-26T12:00:00+00:00", "2026-11-20", -6),
    ],
)
def test_days_are_counted_in_utc_over_leap_days_and_clock_changes(as_of, date, days) -> None:
    moment = dt.datetime.fromisoformat(as_of)
    word = replace(seen(), date=dt.date.fromisoformat(date), retrieved_at=moment)
    assert loss(base("b", word), inputs(as_of=moment), None).days.value == days


@given(st.permutations([seen(300), seen(200, seq=2), seen(None, seq=3, source="list"), seen(250, channel="cloud")]))
def test_the_order_in_which_words_are_given_changes_nothing(words) -> None:
    assert of(*words) == of(seen(300), seen(200, seq=2), seen(None, seq=3, source="list"), seen(250, channel="cloud"))


def test_nobody_said_anything() -> None:
    assert current((), ("retired",), NOON) == ()
    assert earliest([seen(None)]) is None
