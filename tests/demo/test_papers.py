"""The demo's papers are such as the installation takes."""

from datetime import date

import pytest

from demo import papers
from governance.policy import KIND
from governance.registry import KINDS
from governance.services.documents import check_body
from training.kinds.tuning import USE_CASE


def test_the_policy_says_who_signs_every_kind_that_is_signed() -> None:
    check_body(KINDS[KIND], papers.policy())


@pytest.mark.parametrize("today", [date(2026, 11, 28), date(2028, 2, 29), date(2031, 12, 31)])
def test_on_every_day_the_use_case_is_needed_for_another_year(today: date) -> None:
    body = papers.use_case(today)
    check_body(KINDS[USE_CASE], body)
    assert (date.fromisoformat(body["need_until"]) - today).days >= 365
