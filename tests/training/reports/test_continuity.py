"""What reports say of deployments, plans, drills and estimates: page one warns of what nothing proves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from governance import store
from governance.models import Document
from governance.reports import tasks
from tests.governance.reports import poppler
from tests.support.stage import Stages
from tests.support.story import Story, told
from tests.training import continuity
from training.services import deployments, fallbacks


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    """The story in a database of its own: the task that builds a report sees what is committed."""
    with stages.committed(told, state, tmp_path) as made:
        yield made


def page_one(story: Story, document: Document, folder: Path) -> tuple[str, str]:
    """Return the text of the first page, and of the whole report."""
    story.made["subject"] = document
    report = story.report("subject")
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == report.State.READY, report.error
    pdf = store.read(report.file_sha256)
    return (" ".join(poppler.text(pdf, folder, page=1).split()), " ".join(poppler.text(pdf, folder).split()))


def test_page_one_warns_of_what_nothing_proves_and_of_what_nobody_released(story: Story, tmp_path: Path) -> None:
    engineer = story.people["engineer"]
    rows = {
        "unproven": continuity.row(stated_base="Some model", environment="a"),
        "thin": continuity.row(run_record=story["record"].digest, environment="b"),
        "released": continuity.row(release=story["release"].digest, environment="c"),
    }
    told = {}
    for name, row in rows.items():
        (document,) = deployments.register(actor=engineer, project=story.project, row=row).documents
        told[name] = page_one(story, document, tmp_path)
    assert "Nothing proves what" in told["unproven"][0]
    assert "said to run on “Some model”" in told["unproven"][0]
    assert "nobody here agreed that it may serve" in told["thin"][0]
    assert "Nothing proves" not in told["released"][0]
    assert "nobody here agreed" not in told["released"][0]
    assert "24 hours" in told["released"][1]


def test_plan_drill_and_estimate_read_as_they_were_written(story: Story, tmp_path: Path) -> None:
    plan = continuity.fallback(story)
    _, whole = page_one(story, plan, tmp_path)
    assert "tune a successor and release it" in whole.lower()
    assert "at least every 90 days" in whole
    made = fallbacks.drill(
        actor=story.people["engineer"], plan=plan, date=timezone.now().date().isoformat(), outcome="failed",
        finding="Nobody had the list.",
    )  # fmt: skip
    assert "Nobody had the list." in page_one(story, made, tmp_path)[1]
    stages = [{"stage": "run", "low": "5", "likely": "10", "high": "30.5"}]
    body = {"title": "How long", "basis": "Asked.", "stages": stages}
    estimate = continuity.submit(story, "owner", "training.requalification_estimate", body, shelf=True)
    whole = page_one(story, estimate, tmp_path)[1]
    assert "run done" in whole
    assert "30.5" in whole
