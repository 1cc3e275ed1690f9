"""What a vendor usually does, from its other models."""

import datetime as dt

from tests.training.lifecycle.made import NOON, base, held, in_days, inputs, seen
from training.lifecycle.notice import notices, usual
from training.lifecycle.risk import assess


def noticed(digest, days, **changed):
    """Return a model whose end was announced so many days before it."""
    return base(digest, seen(100, announced_on=in_days(100 - days)), **changed)


def test_the_notice_is_what_most_models_had_at_least_and_names_how_many() -> None:
    bases = [noticed(str(days), days) for days in (90, 180, 365, 30, 60)]
    found = usual(bases, inputs())
    assert (found.notice.p50.value, found.notice.p80.value, found.notice.p95.value) == (90, 30, 30)
    assert (found.notices, found.notice.p80.label, dict(found.notice.p80.inputs)) == (5, "weak", {"models": "5"})


def test_of_several_words_the_shortest_notice_counts_once() -> None:
    both = base("b", seen(100, announced_on=in_days(0)), seen(100, source="list", announced_on=in_days(60)))
    assert notices([both], inputs()) == [40]


def test_what_has_no_announcement_no_date_or_was_not_known_yet_has_no_notice() -> None:
    unknown = seen(100, retrieved_at=NOON + dt.timedelta(days=1))
    words = (seen(100, announced_on=None), seen(None), unknown)
    assert notices([base(str(place), word) for place, word in enumerate(words)], inputs()) == []


def test_weights_that_are_held_say_nothing_of_notices() -> None:
    found = usual([held("h", seen(100), released_on=in_days(-300))], inputs())
    assert (found.notices, found.lifetimes) == (0, 0)


def test_without_any_model_nothing_is_usual() -> None:
    found = usual([], inputs())
    assert (found.notice.p50.value, found.notice.p50.label, found.lifetimes) == (None, "unknown", 0)


def test_models_that_nothing_rests_on_count_for_what_is_usual_and_have_no_risk() -> None:
    undated = base("u", seen(None))
    others = tuple(noticed(str(days), days) for days in (90, 180, 365, 30, 60))
    found = assess(inputs(undated, others=(*others, noticed("x", 1, vendor="another"))))
    (risk,) = found.bases
    assert risk.loss.usual is not None
    assert (risk.loss.usual.notices, risk.loss.usual.notice.p50.value, risk.band) == (5, 90, "unknown")
    assert [one.bases for one in found.vendors] == [("u",)]


def test_lifetimes_count_models_still_offered_as_unfinished() -> None:
    ended = [base(str(age), seen(100), released_on=in_days(100 - age)) for age in (400, 500, 600)]
    offered = [base(f"o{age}", released_on=in_days(-age)) for age in (450, 700)]
    unborn = base("u", released_on=in_days(1))
    found = usual([*ended, *offered, unborn], inputs()).lifetime
    assert usual([*ended, *offered, unborn], inputs()).lifetimes == 5
    assert (found.p80.value, found.p50.value, found.p95.value) == (400, 600, 400)
    only = usual([ended[0], *offered], inputs()).lifetime
    assert (only.p80.value, only.p50.value, only.p50.label) == (400, None, "unbounded")
