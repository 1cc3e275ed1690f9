"""Each rule of the bands by itself: the best band that it allows, and its words."""

import pytest

from tests.training.lifecycle.made import TODAY, base, dependant, held, in_days, inputs, seen
from training.lifecycle.bands import Reason, Start, judged, of_base, of_dependant
from training.lifecycle.loss import loss
from training.lifecycle.model import BANDS


def of(start, *words, make=base, **changed):
    given = inputs(**changed)
    model = make("b", *words)
    return judged(of_base(model, loss(model, given, None), start, given))


def test_the_start_decides_not_what_it_is_at_most() -> None:
    """Where few draws are infinite, the quantile is known and the least that R is lies below it."""
    assert of(Start(in_days(-1), in_days(200)), seen(300))[0] == "red"
    assert of(Start(in_days(89), in_days(200)), seen(300))[0] == "amber"
    assert of(Start(in_days(90), in_days(200)), seen(300))[0] == "green"


def test_without_a_start_what_it_is_at_most_warns_and_the_reason_is_named() -> None:
    for at_most, band in ((-1, "red"), (89, "amber"), (90, "unknown")):
        found, words = of(Start(None, in_days(at_most), "Nobody knows."), seen(300))
        assert found == band
        assert (words == ("Nobody knows.",)) == (band == "unknown")


def test_all_that_is_missing_is_named() -> None:
    band, words = of(None, make=lambda digest: held(digest, custody_ok=False, drilled_on=None, licence_ok=False))
    assert (band, len(words)) == ("unknown", 3)
    assert [word for word in words if "licence" in word.lower()]


def test_only_what_decided_is_named() -> None:
    band, words = of(Start(TODAY, TODAY), seen(300), next_review=in_days(1))
    assert (band, len(words)) == ("amber", 1)
    assert str(TODAY) in words[0]


def test_a_drill_of_today_counts_and_one_to_come_does_not() -> None:
    assert of(None, make=lambda digest: held(digest, drilled_on=TODAY))[0] == "green"
    assert of(None, make=lambda digest: held(digest, drilled_on=in_days(1)))[0] == "unknown"


@pytest.mark.parametrize("band", BANDS)
def test_an_unproven_origin_takes_green_alone(band) -> None:
    found = judged(of_dependant(dependant(proven=False), [Reason(band, "so")]))[0]
    assert found == ("unknown" if band == "green" else band)
    assert judged(of_dependant(dependant(), [Reason(band, "so")])) == (band, ("so",))


def test_without_any_rule_nothing_is_known() -> None:
    assert judged([]) == ("unknown", ())


def test_what_a_drill_found_wrong_is_said_and_is_never_green() -> None:
    wrong = "the restore drill of 2026-11-20 failed: 1 file altered"
    for verified in (True, False):
        band, words = of(None, make=lambda digest, ok=verified: held(digest, custody_ok=ok, fault=wrong))
        assert (band, words) == ("unknown", ("The restore drill of 2026-11-20 failed: 1 file altered.",))


def test_a_licence_that_nobody_agreed_to_and_one_that_forbids_are_told_apart() -> None:
    for agreed, said in ((True, "does not permit"), (False, "No version of its document is in force")):
        band, (words,) = of(None, make=lambda digest, ok=agreed: held(digest, licence_ok=False, agreed=ok))
        assert band == "unknown"
        assert said in words
