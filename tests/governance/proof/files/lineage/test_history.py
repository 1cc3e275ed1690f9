"""When an attempt began, when and how it ended, and what came of it: from ledger entries alone."""

from types import SimpleNamespace
from typing import Any

import pytest

from governance import events
from governance.job_states import AttemptState
from governance.proof.files.lineage.history import attempts

CONSUMED, RECEIVED, ENDED, OVER = (
    events.PERMIT_CONSUMED,
    events.ATTEMPT_RECEIVED,
    events.ATTEMPT_ENDED,
    events.JOB_ENDED,
)


def leaf(time: str, event: str, **data: Any) -> Any:
    return SimpleNamespace(time=time, event=event, data=data)


def told(*stories: list[Any], over: Any = None, papers: dict[str, Any] | None = None) -> list[Any]:
    permits = [SimpleNamespace(permit=SimpleNamespace(spec="spec"), story=tuple(story)) for story in stories]
    run = SimpleNamespace(permits=permits, story=(over,) if over else ())
    found: Any = SimpleNamespace(runs=[run], nodes=papers or {})
    return list(attempts(found))


@pytest.mark.parametrize(
    ("story", "over", "end"),
    [
        ([], None, (None, None, "")),
        ([leaf("1", CONSUMED)], None, ("1", None, "")),
        ([leaf("1", CONSUMED), leaf("2", ENDED, state="lost")], None, ("1", "2", "failed")),
        ([leaf("1", CONSUMED), leaf("2", ENDED, state=AttemptState.STOPPED.value)], None, ("1", "2", "stopped")),
        ([leaf("1", CONSUMED), leaf("2", RECEIVED)], None, ("1", None, "")),
        ([leaf("1", CONSUMED), leaf("2", RECEIVED)], leaf("3", OVER, output="made"), ("1", "3", "made")),
        ([leaf("1", CONSUMED), leaf("2", RECEIVED)], leaf("3", OVER, output=None), ("1", "3", "failed")),
        ([leaf("1", CONSUMED), leaf("2", RECEIVED), leaf("3", ENDED, state="failed")], None, ("1", "3", "failed")),
        ([leaf("1", CONSUMED)], leaf("3", OVER, output="made"), ("1", None, "")),
    ],
)
def test_an_end_is_what_the_ledger_says(story: list[Any], over: Any, end: tuple[Any, ...]) -> None:
    [attempt] = told(story, over=over, papers={"made": "paper"})
    assert (attempt.began, attempt.ended, attempt.end) == end
    assert attempt.output == ("paper" if attempt.end == "made" else None)


def test_only_the_attempt_whose_result_was_taken_made_something() -> None:
    first, second = told(
        [leaf("1", CONSUMED), leaf("2", RECEIVED), leaf("3", ENDED, state="failed")],
        [leaf("4", CONSUMED), leaf("5", RECEIVED)],
        over=leaf("6", OVER, output="made"),
    )
    assert (first.end, second.end) == ("failed", "made")
    assert second.output is None, "made, but not in this lineage"
