"""The incident report and the change reports: sealed, verified without the server, and saying what the pages say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from governance import store
from governance.errors import Invalid
from governance.models import Report
from governance.proof.page_answers import CHECKS, DATA, DOERS, EVENTS, PAPERS, SIGNERS
from governance.proof.page_compare import head_of, rows_of
from governance.proof.page_text import read_pages
from governance.proof.report_file import verify_report
from governance.reports import tasks
from governance.reports.gathered import gather
from governance.reports.model import Standing
from governance.services import reports
from tests.governance.reports import lies as lies_of
from tests.governance.reports import poppler
from tests.governance.reports.lies import Told
from tests.governance.reports.reread import reread
from tests.support.story import PEOPLE, Story
from tests.training import continuity
from tests.training.served import happened, second_release, serving_release
from training.services import incidents


@pytest.fixture
def served(story: Story) -> Story:
    """Two releases, the second of which runs and is marked."""
    serving_release(story)
    second = second_release(story)
    happened(story, "deployed", timezone.now(), "second")
    incidents.mark(
        actor=story.people["engineer"], release=second, title="Refused every claim", seen_at=timezone.now(),
        reason="It answered with refusals.",
    )  # fmt: skip
    return story


def built(story: Story, tmp_path: Path, report: Report) -> str:
    """Return the text of a report, having verified it as its reader would."""
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    pdf = store.read(report.file_sha256)
    verified = verify_report(pdf, story.fingerprint)
    assert verified.code == 0, verified
    return poppler.text(pdf, tmp_path)


def asked(story: Story, kind: str, **more: Any) -> Report:
    return reports.request(actor=story.people["owner"], kind=kind, **more)


def test_the_reports_answer_as_the_pages_do(served: Story, tmp_path: Path) -> None:
    report = asked(served, "incident", subject=served["service"])
    text = built(served, tmp_path, report)
    for words in (
        "Chapter coder 1.1 v2 ran in Coding queue (production)", "Refused every claim", PEOPLE["officer"][0],
        PEOPLE["dataowner"][0], "launched the run", "Learning rate", "Last safe version Chapter coder 1.0",
        "What was recorded",
    ):  # fmt: skip
        assert words in text, words
    change = asked(served, "change", subject=served["second"], parameters={"since": served["release"].digest})
    text = built(served, tmp_path, change)
    for words in ("From Chapter coder 1.0 v1 to Chapter coder 1.1 v2", "Learning rate", "900", "Results side by side"):
        assert words in text, words
    period = asked(served, "project-change", project=served.project, parameters={})
    assert "came into force" in built(served, tmp_path, period)


def test_what_the_answers_rest_on_is_told_in_brief_and_held_against_the_evidence(served: Story) -> None:
    """A line for each document: none false, none missing, none added, and no section of the proof left out."""
    told = Told(gather(asked(served, "incident", subject=served["service"])), served.fingerprint)
    data, pages = told.data, read_pages(told.pdf)
    assert (told.wrong(told.pdf), pages.count < 16, {*told.facts.documents} > {one.digest for one in data.nodes}) == (
        [], True, True,
    )  # fmt: skip
    release = next(place for place, one in enumerate(data.nodes) if one.digest == served["second"].digest)
    event = next(place for place, one in enumerate(data.nodes) if one.kind == "Deployment event")
    lies = {
        "Title is printed as 'Chapter coder 9'": lies_of.node(release, title="Chapter coder 9"),
        "version 7": lies_of.node(release, number=7),
        "Mallory": lies_of.node(release, author="Mallory"),
        "Entry is printed as '3'": lies_of.node(release, entry=3),
        "'Signed' and 'recorded": lies_of.node(event, standing=Standing.SIGNED),
        "which there is not": lies_of.node(event, standing=Standing.RECORDED, status=""),
        "documents beside the lineage are printed": lambda data: replace(
            data, nodes=(*data.nodes[:event], *data.nodes[event + 1 :]), drawn=False
        ),
        "is not in the evidence": lies_of.node(event, digest=lies_of.STRANGE),
        "'Refusals' is there 0 times": lambda data: replace(
            data, sections=tuple(one for one in data.sections if one.title != "Refusals")
        ),
        "document 1 tells of Digest, Status": lambda data: replace(data, in_brief=""),
        "an exception that there is: Refused": lambda data: replace(
            data, exceptions=tuple(one for one in data.exceptions if one.label != "Refused")
        ),
    }
    missed = {words: found for words, lie in lies.items() if words not in " ".join(found := told.lied(lie(data)))}
    assert not missed, missed


def test_the_answers_are_held_against_the_documents_and_entries_that_they_name(served: Story) -> None:
    """Another dataset, approver, base model, time or reason, or a row less: none of it goes unnoticed."""
    pages = reread(gather(asked(served, "incident", subject=served["service"])), served.fingerprint)
    assert not pages.wrong()
    heads = [list(head) for head in CHECKS]
    tables = [table for table in pages.texts("Table") if head_of(table) in heads]
    assert {tuple(head_of(table)) for table in tables} >= {PAPERS, DATA, SIGNERS, DOERS, EVENTS}
    missed = []
    for table in tables:
        head = tuple(head_of(table))
        for row in rows_of(table)[1:]:
            missed += [
                (name, cell.text)
                for name, cell in zip(head, row, strict=True)
                if name not in CHECKS[head][1] and not pages.otherwise(cell, says="0123456789ab")
            ]
    assert not missed, missed
    for head in (DATA, SIGNERS):
        table = next(one for one in tables if tuple(head_of(one)) == head)
        assert pages.otherwise(table.kids[-1], says=None), head


def test_later_facts_change_no_report(served: Story) -> None:
    """As of its ledger size: what is revoked, renamed or recorded later is in none of it."""
    from training.reports import incident

    report = asked(served, "incident", subject=served["service"])
    pages = incident.INCIDENT.pages
    assert pages is not None
    before = pages(gather(report))
    continuity.revoke(served, "release")
    served.people["engineer"].printed_name = "Renamed Since"
    served.people["engineer"].save()
    happened(served, "rolled back", timezone.now(), "release")
    assert pages(gather(report)) == before


@pytest.mark.parametrize(
    ("kind", "about", "parameters"),
    [
        ("incident", "release", {}),
        ("incident", "service", {"time": "2126-01-01T00:00:00Z"}),
        ("incident", "service", {"time": "yesterday"}),
        ("change", "second", {"since": "sha256:" + "0" * 64}),
        ("change", "second", {}),
    ],
)
def test_questions_that_make_no_sense_are_refused(
    served: Story, kind: str, about: str, parameters: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        asked(served, kind, subject=served[about], parameters=parameters)
    assert not Report.objects.filter(kind=kind).exists()
