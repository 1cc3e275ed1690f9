"""The demo's papers are such as the installation takes."""

from demo import papers
from governance.policy import KIND
from governance.registry import KINDS
from governance.services.documents import check_body


def test_the_policy_says_who_signs_every_kind_that_is_signed() -> None:
    check_body(KINDS[KIND], papers.policy())
