"""Bands, figures and the headline of small worlds that are worked out by hand."""

import datetime as dt
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal

import pytest

from tests.training.lifecycle.made import (
    NOON,
    base,
    dependant,
    estimates,
    held,
    in_days,
    inputs,
    past,
    seen,
)
from training.lifecycle.formulas import FORMULAS
from training.lifecycle.model import Capacity, Figure, Past
from training.lifecycle.risk import assess


def risk(*words, make=base, service=None, **changed):
    """Return the risk of one dependant of one base, whose requalification takes 60 days."""
    return assess(inputs(make("b", *words), dependants=(service or dependant(),), **changed)).dependants[0]


@pytest.mark.parametrize(("days", "band"), [(59, "red"), (60, "amber"), (149, "amber"), (150, "green"), (-1, "red")])
def test_the_band_is_that_of_the_latest_start(days, band) -> None:
    """R is 60 days, the next review in 90: past; before the review; on its day or later."""
    found = assess(inputs(base("b", seen(days)), dependants=(dependant(),)))
    assert (found.dependants[0].band, found.bases[0].band) == (band, band)
    assert found.dependants[0].latest_start.value == found.bases[0].latest_start.value == in_days(days - 60)


def test_part_of_a_day_counts_as_a_day() -> None:
    found = risk(seen(60), past=past(10.1))
    assert (found.band, found.latest_start.value) == ("red", in_days(-1))


def test_r_of_thousands_of_years_is_late_and_no_error() -> None:
    assert risk(seen(60), past=past(1e9)).latest_start.value == dt.date.min


@pytest.mark.parametrize("precision", ["earliest", "tentative"])
def test_a_bound_counts_as_its_date(precision) -> None:
    found = risk(seen(150, precision=precision))
    assert (found.band, found.latest_start.label) == ("green", precision)
    assert risk(seen(149, precision=precision)).band == "amber"
    found = risk(seen(150, precision=precision), past=(), estimates=estimates())
    for figure in (found.too_late, found.beyond_outage, found.uncovered, found.impact, found.latest_start):
        assert figure.label == precision, "of several labels the one that warns most"


def test_without_a_date_nothing_is_green() -> None:
    found = risk()
    assert (found.band, found.because) == ("unknown", ("No source gives a date on which it ends.",))
    assert (found.too_late.value, found.latest_start.value, found.place) == (None, None, None)
    assert found.queued.p50.label == "unknown"
    assert found.alone.p50.value == 60


def test_a_stale_date_warns_and_does_not_reassure() -> None:
    long_ago = NOON - dt.timedelta(days=31)
    assert risk(seen(300, retrieved_at=long_ago)).band == "unknown"
    assert risk(seen(100, retrieved_at=long_ago)).band == "amber"
    assert risk(seen(10, retrieved_at=long_ago)).band == "red"
    told = risk(seen(100, retrieved_at=long_ago)).because
    assert len(told) == 2
    assert "read in the last 30 days" in told[1], "a date that is near does not hide that its source is stale"


def test_a_date_taken_back_leaves_it_unknown_though_another_source_gives_a_later_one() -> None:
    found = risk(seen(300), seen(200, source="list"), seen(None, source="list", seq=2, retrieved_at=NOON))
    assert (found.band, found.because) == ("unknown", ("list gave a date and gives none any more.",))


def test_a_source_that_never_names_dates_is_not_said_to_have_taken_one_back() -> None:
    assert risk(seen(None)).because == ("No source gives a date on which it ends.",)
    assert risk(seen(300), seen(None, source="list")).band == "green"


def test_of_two_sources_the_earlier_date_decides() -> None:
    assert risk(seen(300), seen(100, source="list")).band == "amber"


def test_unknown_r_is_unknown_until_the_loss_itself_is_near() -> None:
    assert risk(seen(300), past=()).band == "unknown"
    assert risk(seen(80), past=()).band == "amber"
    assert risk(seen(-1), past=()).band == "red"
    assert not assess(inputs(base("b", seen(300)), past=())).requalification.known


def test_r_that_was_not_seen_to_end_is_no_reassurance_and_warns_by_what_it_is_at_least() -> None:
    times = past(10, 5) + past(20, 5, done=False)
    found = risk(seen(300), past=times)
    assert (found.band, found.latest_start.value, found.alone.p80.label) == ("unknown", None, "unbounded")
    assert (found.uncovered.value, found.uncovered.label) == (0.0, "at least")
    assert risk(seen(90), past=times).band == "red", "10 days of each stage, or at least 20: 100 in 80 of 100 cases"


def test_an_overdue_review_is_unknown() -> None:
    assert risk(seen(300), next_review=in_days(-1)).band == "unknown"
    assert risk(seen(300), next_review=in_days(0)).band == "green"


def test_open_weights_are_green_with_hashes_licence_and_a_drill() -> None:
    found = risk(make=held)
    assert (found.band, found.too_late.value, found.too_late.label) == ("green", 0.0, "held")
    assert found.impact.value == 0
    ended = base("ended", seen(10))
    assert assess(inputs(held("b"), ended, dependants=(dependant(),))).dependants[0].too_late.label == "held"
    for wrong in (
        {"custody_ok": False}, {"licence_ok": False}, {"drilled_on": None}, {"drilled_on": in_days(1)},
    ):  # fmt: skip
        found = assess(inputs(held("b", **wrong), dependants=(dependant(),))).dependants[0]
        assert (found.band, found.too_late.value) == ("unknown", None), wrong


def test_a_date_given_for_weights_that_are_held_counts_like_any_other() -> None:
    assert risk(seen(100), make=held).band == "amber"
    assert risk(seen(300), make=held).band == "green"


def test_a_licence_that_forbids_it_is_never_green() -> None:
    assert assess(inputs(base("b", seen(300), licence_ok=False))).bases[0].band == "unknown"


@pytest.mark.parametrize("of", [None, "elsewhere"])
def test_a_dependant_without_a_base_is_unknown(of) -> None:
    found = risk(seen(300), service=dependant(of=of))
    assert (found.band, found.because) == ("unknown", ("No base model is known that it needs.",))


def test_an_unproven_dependant_is_unknown_at_best_and_takes_nothing_from_its_base() -> None:
    found = assess(inputs(base("b", seen(300)), dependants=(dependant(proven=False),)))
    assert (found.dependants[0].band, found.bases[0].band) == ("unknown", "green")
    assert found.headline.unproven == ("d",)
    assert risk(seen(10), service=dependant(proven=False)).band == "red"


def test_the_gap_counts_from_the_loss_to_the_end_of_requalifying() -> None:
    found = risk(seen(50))
    assert (found.too_late.value, found.uncovered.value, found.impact.value) == (1.0, 10.0, Decimal("1000.00"))
    assert found.beyond_outage.value == 1.0
    assert risk(seen(60)).too_late.value == 0.0
    tolerant = risk(seen(50), service=dependant(max_outage_hours=240))
    assert (tolerant.too_late.value, tolerant.beyond_outage.value) == (1.0, 0.0)
    assert risk(seen(50), service=dependant(daily_impact=None)).impact.label == "unknown"


def test_the_vendors_usual_notice_is_a_hint_and_no_date() -> None:
    others = [base(str(days), seen(100, announced_on=in_days(100 - days))) for days in (30, 90, 30, 90)]
    others = [replace(other, digest=str(place)) for place, other in enumerate(others)]
    found = assess(inputs(base("b"), *others, dependants=(dependant(),))).dependants[0]
    assert (found.band, found.too_late.value, found.too_late.label) == ("unknown", 0.5, "weak")
    assert dict(found.too_late.inputs)["notices"] == "4"


def test_the_queue_is_by_loss_then_criticality_then_digest() -> None:
    services = (
        dependant("d1", "later"), dependant("d2", "b", criticality="low"), dependant("d3", "b"),
        dependant("d4", "b", criticality="high"), dependant("d0", "b"), dependant("d5", None),
    )  # fmt: skip
    given = inputs(base("b", seen(100)), base("later", seen(300)), dependants=services, capacity=Capacity(1, 1, 1))
    found = assess(given).dependants
    assert [one.place for one in found] == [5, 4, 3, 1, 2, None]
    assert [one.queued.p80.value for one in found] == [180, 150, 120, 60, 90, None]
    assert {one.alone.p80.value for one in found} == {60}


def test_waiting_makes_a_band_worse_and_the_base_is_as_late_as_its_last_dependant() -> None:
    services = (dependant("d0"), dependant("d1"))
    found = assess(inputs(base("b", seen(160)), dependants=services, capacity=Capacity(1, 1, 1)))
    assert [one.band for one in found.dependants] == ["green", "amber"]
    assert [one.latest_start.value for one in found.dependants] == [in_days(100), in_days(70)]
    assert [one.latest_start_alone.value for one in found.dependants] == [in_days(100)] * 2
    assert (found.bases[0].band, found.bases[0].latest_start.value) == ("amber", in_days(70))


def test_a_base_is_as_uncertain_as_its_most_uncertain_dependant() -> None:
    """One of six runs has not ended: more than a fifth of the draws for some dependants, less for others."""
    services = tuple(dependant(f"d{number}") for number in range(8))
    unended = (Past("open", "run", 50, done=False),)
    found = assess(inputs(base("b", seen(300)), dependants=services, past=past() + unended))
    assert {one.latest_start.value is None for one in found.dependants} == {True, False}
    assert {one.band for one in found.dependants} == {"green", "unknown"}
    assert (found.bases[0].band, found.bases[0].latest_start.value) == ("unknown", None)
    two = {"dependants": services[:2], "past": past() + unended, "capacity": Capacity(1, 1, 1), "seed": 13}
    late = assess(inputs(base("b", seen(115)), **two))
    assert [one.latest_start.value for one in late.dependants] == [None, in_days(-15)]
    assert (late.dependants[0].band, late.bases[0].band) == ("amber", "red")


def test_a_figure_that_rests_on_an_estimate_says_so_and_names_it() -> None:
    found = risk(seen(300), past=(), estimates=estimates())
    for figure in (found.alone.p80, found.queued.p80, found.too_late, found.latest_start, found.uncovered):
        assert (figure.label, figure.sources[-1]) == ("estimate", "e" * 64)


def test_life_covers_the_need_only_by_a_fresh_date_or_safe_weights() -> None:
    long_ago = NOON - dt.timedelta(days=31)
    service = dependant(need_until=in_days(200))
    assert risk(seen(200), service=service).life_covers_need is True
    assert risk(seen(199), service=service).life_covers_need is False
    assert risk(seen(200, retrieved_at=long_ago), service=service).life_covers_need is None
    assert risk(service=service).life_covers_need is None
    assert risk(seen(300)).life_covers_need is None
    assert risk(make=held, service=service).life_covers_need is True


def test_vendors_and_headline_count_what_hangs_on_whom() -> None:
    services = (
        dependant("d0", "b"), dependant("d1", "b", currency="USD"), dependant("d2", "w"), dependant("d3", None),
    )  # fmt: skip
    given = inputs(base("b", seen(50)), base("w", seen(300), vendor="acme"), dependants=services)
    found = assess(given)
    assert [(one.vendor, one.share.value, one.worst) for one in found.vendors] == [
        ("acme", 0.25, "green"), ("vendor", 0.5, "red"),
    ]  # fmt: skip
    counts = {band: figure.value for band, figure in found.headline.by_band}
    assert counts == {"green": 1, "unknown": 1, "amber": 0, "red": 2}
    assert found.headline.past_latest_start == ("d0", "d1")
    assert (found.headline.uncovered.value, found.headline.uncovered.label) == (20.0, "at least")
    amounts = {currency: (figure.value, figure.label) for currency, figure in found.headline.impact}
    assert amounts == {"EUR": (Decimal("1000.00"), "at least"), "USD": (Decimal("1000.00"), "")}


def test_nothing_to_assess_is_an_empty_assessment() -> None:
    found = assess(inputs(past=()))
    assert (found.bases, found.dependants, found.vendors) == ((), (), ())
    assert found.headline.uncovered.value is None


def figures(what):
    """Yield every figure anywhere inside."""
    if isinstance(what, Figure):
        yield what
    elif is_dataclass(what) and not isinstance(what, type):
        for field in fields(what):
            yield from figures(getattr(what, field.name))
    elif isinstance(what, tuple):
        for part in what:
            yield from figures(part)


def test_every_figure_opens_to_a_formula_its_moment_and_a_reason_where_it_has_no_value() -> None:
    others = (base("c"), held("h"), base("w", seen(200), seen(100, phase="train-new")))
    services = (dependant("d0"), dependant("d1", "c"), dependant("d2", "h"), dependant("d3", None))
    found = list(figures(assess(inputs(base("b", seen(50)), *others, dependants=services))))
    assert len(found) > 100
    for figure in found:
        assert figure.formula in FORMULAS
        assert figure.as_of == NOON
        assert (figure.value is not None) or figure.label in {"unknown", "unbounded", "held"}


def test_the_core_loads_neither_django_nor_a_numerical_library() -> None:
    code = (
        "import sys, training.lifecycle.risk\n"
        "heavy = {'django', 'numpy', 'scipy', 'pandas', 'statsmodels', 'lifelines'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
