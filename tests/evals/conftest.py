"""The governed installation that these tests attack, and the same sample of cases in each run."""

import hashlib
from types import SimpleNamespace

import pytest

from evals.services import grading
from governance.models import GradingRound
from tests.support.governed_fixtures import already, each_site, site, sites

__all__ = ["already", "each_site", "site", "sites"]


@pytest.fixture(autouse=True)
def same_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an installation's grading rounds draw the same cases each time: the seed of each follows from its number.

    By chance a small round may draw no answer that people call bad, and then nothing is left to test.
    """

    def seed(size: int) -> str:
        return hashlib.sha256(str(GradingRound.objects.count()).encode()).hexdigest()[: 2 * size]

    monkeypatch.setattr(grading, "secrets", SimpleNamespace(token_hex=seed))
