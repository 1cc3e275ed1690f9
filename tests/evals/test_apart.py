"""Asking the engine in a process of its own: what it says, that it says no, and that it is stopped."""

from pathlib import Path

import pytest
from django.conf import settings

from evals.selectors import apart
from governance.errors import Invalid

ASKED = "evals.engine.judgement"


def test_what_it_says_no_to_is_told_in_its_words() -> None:
    with pytest.raises(Invalid, match=r"they do not fit: \d+ validation errors") as refused:
        apart.ask(ASKED, {}, "outputs", "they do not fit")
    assert refused.value.field == "outputs"


def test_one_that_hangs_or_is_killed_is_told_apart_from_one_that_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="they do not fit: it was stopped") as stopped:
        apart.ask("evals.engine.no_such_module", {}, "outputs", "they do not fit")
    assert "Traceback" not in str(stopped.value), "whoever asks is not told of our insides"
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    with pytest.raises(Invalid, match=r"it took more than 0\.01 seconds"):
        apart.ask(ASKED, {}, "outputs", "they do not fit")


def test_nothing_else_starts_a_process_here() -> None:
    """So that each of them ends: a copy forgot what becomes of one that hangs."""
    root = Path(settings.BASE_DIR)
    starting = {str(p.relative_to(root)) for p in (root / "evals").rglob("*.py") if "subprocess" in p.read_text()}
    assert starting == {"evals/selectors/apart.py"}
