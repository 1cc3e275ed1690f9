"""Reports of services, releases and base models: asked for from their pages, of the answer that the page shows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance import store
from governance.models import Report
from governance.proof.files.report_file import verify_report
from governance.reports import tasks
from tests.governance.reports import poppler
from tests.support.story import Story
from tests.training.at_risk import hosted


@pytest.fixture
def as_(story: Story) -> Callable[[str], Client]:
    def client(name: str) -> Client:
        made = Client()
        made.force_login(story.people[name], backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def sealed(story: Story, report: Report, tmp_path: Path) -> str:
    """Return the text of a report, having verified it as its reader would."""
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    pdf = store.read(report.file_sha256)
    assert (verified := verify_report(pdf, story.fingerprint)).code == 0, verified
    return " ".join(poppler.text(pdf, tmp_path).split())


def test_what_changed_between_two_base_models_is_sealed_from_their_page(story: Story, as_, tmp_path: Path) -> None:
    after, before = hosted(story), story["base"]
    client, ask = as_("owner"), reverse("report-ask", args=["change"])
    assert f"{ask}?p-document=" in text(client.get(reverse("document", args=[after.digest])))
    assert client.post(ask, {"p-document": after.digest, "p-since": before.digest})["Location"] == reverse("reports")
    report = Report.objects.get(kind="change")
    assert (report.subject, report.project) == (after, None)
    assert f"From {before} to {after}" in sealed(story, report, tmp_path)
