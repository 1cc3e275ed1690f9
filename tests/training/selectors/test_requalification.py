"""Stage times and retrains from the ledger; estimates count once they are signed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import Document
from governance.selectors import ledger
from governance.services import documents
from tests.support import papers
from tests.support.story import Story
from tests.training import continuity
from training.lifecycle.model import STAGES, Past
from training.selectors import requalification as select

ESTIMATE = {
    "title": "How long it takes",
    "basis": "The engineers were asked.",
    "stages": [{"stage": "data", "low": "5", "likely": "10", "high": "30"}],
}


def stages(found: list[Past]) -> list[tuple[str, bool]]:
    return sorted(((one.stage, one.done) for one in found), key=lambda each: STAGES.index(each[0]))


def at(document: Document) -> int:
    """Return the ledger's size when it held this document last."""
    return document.seq + 1


def test_a_release_tells_every_stage(story: Story) -> None:
    found = select.past()
    assert stages(found) == [(stage, True) for stage in STAGES]
    assert {one.subject for one in found} == {story["release"].digest}
    began = ledger.time_of(at(story["contract"]))
    ended = ledger.time_of(ledger.size())
    assert sum(one.days for one in found) <= (ended - began).total_seconds() / 86400 + 1e-6


def test_as_of_earlier_sizes_the_next_stage_is_open(story: Story) -> None:
    for name, reached in (
        ("dataset", []),
        ("set", ["data"]),
        ("baseline_spec", ["data", "plan"]),
        ("run_spec", ["data", "plan", "baseline"]),
        ("tuned_spec", ["data", "plan", "baseline", "run"]),
        ("release", ["data", "plan", "baseline", "run", "verdict"]),
    ):
        found = select.past(at(story[name]), timezone.now() + timedelta(days=10))
        waiting = next(stage for stage in STAGES if stage not in reached)
        assert stages(found) == [*((stage, True) for stage in reached), (waiting, False)], name
        assert next(one for one in found if not one.done).days == pytest.approx(10, abs=0.1)


def test_what_a_second_release_uses_again_took_no_time_again(story: Story) -> None:
    story.run_spec("run_spec 2", baseline="baseline")
    story.made["record"] = story.run("run_spec 2", story._record)
    story.made.pop("result")
    story.evaluate()
    story.release()
    found = [one for one in select.past() if one.subject == story["release"].digest]
    assert stages(found) == [("run", True), ("verdict", True), ("release", True)]
    assert select.retrains()[story.project.pk].count == 1


def test_a_revoked_release_took_the_time_it_took(story: Story) -> None:
    before = select.past()
    continuity.revoke(story, "release")
    assert select.past() == before
    assert select.retrains()[story.project.pk].count == 0


def test_a_row_that_the_ledger_does_not_know_tells_nothing(story: Story) -> None:
    size, now = ledger.size() + 2_000_000, timezone.now()
    before = select.past(size, now)
    continuity.forged(story["dataset"])
    assert select.past(size, now) == before


def test_an_estimate_counts_once_it_is_signed(story: Story) -> None:
    made = continuity.submit(story, "owner", "training.requalification_estimate", ESTIMATE, shelf=True)
    (found,) = select.estimates()
    assert (found.stage, found.low, found.likely, found.high, found.signed) == ("data", 5.0, 10.0, 30.0, False)
    story.made["estimate"] = made
    story.sign("estimate", requester="owner", signers=("officer",))
    assert [one.signed for one in select.estimates()] == [True]
    newer = ESTIMATE | {"stages": [{"stage": "data", "low": "1", "likely": "1", "high": "1"}]}
    documents.document_submit(
        actor=story.people["owner"], project=None, kind="training.requalification_estimate", body=newer, base=made
    )
    (still,) = select.estimates()
    assert (still.document, still.high) == (made.digest, 30.0)
    hopeful = continuity.submit(story, "owner", "training.requalification_estimate", newer, shelf=True)
    story.made["hopeful"] = hopeful
    story.sign("hopeful", requester="owner", signers=("officer",))
    (longest,) = select.estimates()
    assert (longest.document, longest.high) == (made.digest, 30.0), "no second estimate shortens what another says"


@pytest.mark.postgres
def test_queries_do_not_grow(story: Story, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(60) as first:
        select.past()
    for number in range(3):
        story.submit(
            "engineer", f"more {number}", "training.dataset", papers.dataset(story.bytes(f"rows {number}")),
            contract="contract",
        )  # fmt: skip
        story.sign(f"more {number}", requester="engineer", signers=("dataowner",))
    with django_assert_max_num_queries(len(first.captured_queries)):
        select.past()
