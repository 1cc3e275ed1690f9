"""What the gate asks of a base model's life: unknown, stale, weak and late words are a "no"."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.gate.base_models import LifeFacts, custody, trainable, useful_life
from training.lifecycle.model import Phase, Precision, Seen

TODAY = date(2026, 11, 26)
NEED = date(2027, 12, 31)


def word(on: date | None, phase: Phase = "retired", precision: Precision = "exact") -> Seen:
    return Seen(
        model="m", channel="api", phase=phase, date=on, precision=precision, announced_on=None, words="ends", url="",
        source="vendor", rank=1, retrieved_at=datetime(2026, 11, 1, tzinfo=UTC), snapshot=None, idle_days=None,
        document="sha256:" + "0" * 64, seq=1, place=0,
    )  # fmt: skip


HOSTED = LifeFacts(
    today=TODAY, need_until=NEED, ends=word(date(2028, 6, 1)), stale=False, withdrawn=(),
    training_ends=word(date(2028, 1, 1), "train-new"), training_stale=False, hosted=True, identity="vendor m-2026",
    drilled_on=None, fault="", fallback=False,
)  # fmt: skip
HELD = replace(HOSTED, ends=None, training_ends=None, hosted=False, identity="", drilled_on=date(2026, 10, 1))


def test_a_model_that_lasts_is_a_yes() -> None:
    for facts in (HOSTED, HELD):
        assert useful_life(facts).passed
        assert custody(facts).passed
        assert trainable(facts).passed


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (replace(HOSTED, ends=None), "unknown"),
        (replace(HELD, drilled_on=None), "no restore drill"),
        (replace(HOSTED, stale=True), "too long ago"),
        (replace(HOSTED, withdrawn=("vendor",)), "vendor gave a date and gives none any more"),
        (replace(HELD, withdrawn=("vendor",)), "vendor gave a date and gives none any more"),
        (replace(HOSTED, need_until=None), "until when it is needed is not stated"),
        (replace(HOSTED, ends=word(date(2027, 12, 30))), "lost on 2027-12-30"),
        (replace(HOSTED, ends=word(date(2027, 12, 30), precision="tentative")), "(tentative)"),
        (replace(HOSTED, need_until=None, ends=word(TODAY)), "lost on 2026-11-26"),
        (replace(HELD, ends=word(date(2027, 1, 1))), "lost on 2027-01-01"),
    ],
)
def test_unknown_stale_and_late_are_a_no(facts: LifeFacts, found: str) -> None:
    answer = useful_life(facts)
    assert not answer.passed
    assert found in answer.found
    assert answer.remedy
    assert answer.who


def test_custody_asks_for_a_drill_of_weights_and_for_the_identity_of_what_is_hosted() -> None:
    assert not custody(replace(HELD, drilled_on=None)).passed
    assert not custody(replace(HOSTED, identity="")).passed


def test_a_later_drill_that_failed_takes_custody_back() -> None:
    failed = replace(HELD, fault="the restore drill of 2026-11-20 failed: weights altered")
    assert not custody(failed).passed
    assert "altered" in custody(failed).found
    assert not useful_life(failed).passed


def test_training_that_ends_too_early_needs_a_plan() -> None:
    frozen = replace(HOSTED, training_ends=word(date(2027, 3, 1), "train-new"))
    assert not trainable(frozen).passed
    assert "2027-03-01" in trainable(frozen).found
    assert trainable(replace(frozen, fallback=True)).passed
    assert trainable(replace(frozen, need_until=date(2027, 3, 1))).passed
    assert not trainable(replace(frozen, need_until=None)).passed, "needed without an end"


def test_that_training_goes_on_is_no_guess() -> None:
    unknown = replace(HOSTED, training_ends=None)
    assert not trainable(unknown).passed
    assert "unknown" in trainable(unknown).found
    assert not trainable(replace(HOSTED, training_stale=True)).passed
    assert "too long ago" in trainable(replace(HOSTED, training_stale=True)).found
    assert trainable(replace(unknown, fallback=True)).passed


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.booleans())
def test_an_earlier_end_never_helps(ends: date, other: date, stale: bool) -> None:
    early, late = sorted((ends, other))
    sooner = useful_life(replace(HOSTED, ends=word(early), stale=stale))
    later = useful_life(replace(HOSTED, ends=word(late), stale=stale))
    assert later.passed or not sooner.passed
