"""The incident report and the change reports: sealed, verified without the server, and saying what the pages say."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from governance import store
from governance.errors import Invalid
from governance.models import Report
from governance.proof.answers import approval
from governance.proof.answers.changed import ALONE_HEAD, CHANGED_HEAD, STANDINGS
from governance.proof.files.report_file import verify_report
from governance.proof.formats.fields import rfc3339
from governance.proof.pages.changes import ROLES
from governance.proof.pages.compare import head_of, rows_of
from governance.proof.pages.incident import BEFORE, DATA, DOERS, EVENTS, PAPERS, SIGNERS, SPANS
from governance.proof.pages.report import BRIEF_HEAD
from governance.proof.reading.text import Element, read_pages
from governance.reports import tasks
from governance.reports.gathered import gather
from governance.reports.model import Standing
from governance.selectors import as_of
from governance.services import reports
from tests.governance.reports import lies as lies_of
from tests.governance.reports import poppler
from tests.governance.reports.lies import Told
from tests.governance.reports.reread import Reread, reread
from tests.support.story import PEOPLE, Story
from tests.training import continuity
from tests.training.continuity import row
from tests.training.served import happened, second_release, serving_release
from training.services import deployments, incidents, rollbacks


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
    # Without one of two signatures, the entry of it left out, too, the other is not what the policy asks for.
    second = next(one for one in told.facts.signed if one.said.printed_name == PEOPLE["officer2"][0])
    less = told.facts.evidence.model_copy(
        update={"signatures": [text for text in told.facts.evidence.signatures if text != second.envelope]}
    )
    leaves = {seq: leaf for seq, leaf in told.facts.leaves.items() if seq != second.leaf.seq}
    alone = Reread(told.pdf, replace(told.facts, evidence=less, leaves=leaves))
    cell = cell_of(alone)
    found = alone.otherwise(cell, says=cell.text.replace("2 signatures", "1 signature"))
    assert any("it is 'not in force: 1 signature; still missing: 1 ×" in problem for problem in found), found
    whole = Reread(told.pdf, told.facts)
    dated = whole.otherwise(cell_of(whole), says=cell_of(whole).text.replace("to ", "to 1 "))
    assert any("by its policy, signatures and entries it is 'in force from" in problem for problem in dated), dated


def cell_of(pages: Reread) -> Element:
    """Where the line of the thresholds says how they stand."""
    (brief,) = (table for table in pages.texts("Table") if head_of(table) == BRIEF_HEAD)
    return next(row[3] for row in rows_of(brief) if row[1].text == "Acceptance thresholds version 1")


def test_the_answers_are_worked_out_again_from_the_evidence(served: Story) -> None:
    """Another dataset, approver, base model, time or reason, a row less, or two true ones that changed places."""
    pages = reread(gather(asked(served, "incident", subject=served["service"])), served.fingerprint)
    assert not pages.wrong()
    tables: dict[tuple[str, ...], Element] = {}
    for table in pages.texts("Table"):
        tables.setdefault(tuple(head_of(table)), table)
    says = dict.fromkeys(("Then", "Standing then"), "not submitted for signature")
    missed = [
        (head, cell.text)
        for head in (PAPERS, DATA, SIGNERS, DOERS, BEFORE, SPANS, EVENTS)
        for name, cell in zip(head, rows_of(tables[head])[1], strict=True)
        if not pages.otherwise(cell, says=says.get(name, "0123456789ab"))
    ]
    assert not missed, missed
    facts = {row[0].text: row[1] for row in rows_of(pages.texts("Table")[0])}
    (data,), approver = rows_of(tables[DATA])[1:], rows_of(tables[SIGNERS])[1]
    (base,) = (one for one in pages.texts("Table") if head_of(one) == list(PAPERS) and "Tiny Llama" in one.text)
    verdict = next(one for one in pages.texts("P") if one.text == "Verdict: PASS.")
    earlier = served["dataset 1"].digest.removeprefix("sha256:")[:12]
    told = {
        **{one[0]: pages.otherwise(tables[one].kids[-1], says=None) for one in (DATA, SIGNERS, DOERS, SPANS, EVENTS)},
        # The version before is in the evidence, too, and signed by the same person.
        "the earlier data": pages.otherwise(data[0], says="Coding terms, April 2026 v1"),
        "its digest": pages.otherwise(data[4], says=earlier),
        "who approved": pages.exchanged(approver[1], data[3]),
        "base and data": pages.exchanged(rows_of(base)[1][0], data[0]),
        "what ran when": pages.exchanged(*(row[2] for row in rows_of(tables[SPANS])[1:3])),
        "what ran": pages.exchanged(facts["It ran"], facts["Last safe version"]),
        "signed": pages.otherwise(facts["Release signed by"], says="nobody"),
        "who agreed to the data": pages.otherwise(data[3], says="nobody"),
        "verdict": pages.otherwise(verdict, says="Verdict: FAIL."),
        "safe": pages.otherwise(rows_of(tables[BEFORE])[1][3], says="of unproven origin"),
        **{what: pages.otherwise(facts[what], says="Llama v2") for what in ("Trained on", "Base model", "Service")},
    }  # fmt: skip
    assert all(told.values()), [what for what, found in told.items() if not found]


def test_what_was_taken_back_and_what_is_not_known_stands_on_page_one(served: Story) -> None:
    """None of it can be left out, or said of something that was in force; nor can why something is not safe."""
    engineer, now = served.people["engineer"], timezone.now()
    (elsewhere,) = deployments.register(
        actor=engineer, project=served.project, row=row(service="Elsewhere", release=served["second"].digest)
    ).documents
    said: dict[str, Any] = {"actor": engineer, "deployment": elsewhere, "reason": "It answered in riddles."}
    rollbacks.record(what="deployed", at=now - timedelta(seconds=9), now=served["release"], **said)
    rollbacks.record(what="rolled back", at=now, now=served["second"], **said)
    continuity.revoke(served, "dataset")
    pages = reread(gather(asked(served, "incident", subject=served["service"])), served.fingerprint)
    assert not pages.wrong()
    below, gap = pages.exceptions("Not in force"), pages.exceptions("Not known")
    (shaken,) = below
    assert f"rests on {served['dataset']}, which was not in force then: revoked." in shaken.text
    approved = next(one[1] for one in rows_of(pages.texts("Table")[0]) if one[0].text == "Approved")
    safe = next(rows_of(one)[1][3] for one in pages.texts("Table") if tuple(head_of(one)) == BEFORE)
    assert "riddles" in safe.text
    assert (approved.text, len(gap)) == (approval.PARTLY, 1)
    told = {
        **{f"{one.text} left out": pages.otherwise(one, says=None) for one in (*below, *gap)},
        "another document": pages.otherwise(shaken, says=shaken.text.replace("Coding terms", "Coding rules")),
        "approved": pages.otherwise(approved, says=approval.APPROVED),
        "not safe": pages.otherwise(safe, says="safe"),
        "rolled back": pages.otherwise(safe, says=safe.text.replace("riddles", "rhymes")),
        "made up": pages.otherwise(
            gap[0], says="Not known. Who approved it: no signature counts for Chapter coder 1.1"
        ),
    }
    assert all(told.values()), [what for what, found in told.items() if not found]
    # Where two may have run, page one tells of each in its turn.
    between = timezone.now()
    deployments.register(
        actor=engineer, project=served.project, row=row(service="Elsewhere", release=served["release"].digest)
    )
    asked_at = {"time": rfc3339(between)}
    pages = reread(gather(asked(served, "incident", subject=elsewhere, parameters=asked_at)), served.fingerprint)
    assert not pages.wrong()
    facts = [line for line in rows_of(pages.texts("Table")[0]) if len(line) == 2]
    names = [line[1] for line in facts if line[0].text == "It may have been"]
    trained = [line[1] for line in facts if line[0].text == "Trained on"]
    assert (len(names), len(trained)) == (2, 2)
    assert pages.exchanged(*names)
    assert pages.exchanged(*trained)
    assert all(pages.otherwise(one, says=None) for one in pages.exceptions("Not known"))


def test_what_was_not_signed_yet_cannot_be_called_in_force_then(served: Story) -> None:
    """A day in the past, by the register, before anybody had signed anything."""
    past = asked(served, "incident", subject=served["service"], parameters={"time": "2026-03-01T00:00:00Z"})
    pages = reread(gather(past), served.fingerprint)
    assert not pages.wrong()
    tables = [one for one in pages.texts("Table") if tuple(head_of(one)) in (PAPERS, DATA)]
    then = [row[2] for table in tables for row in rows_of(table)[1:]]
    assert {cell.text for cell in then} == {"not submitted for signature"}
    assert all(pages.otherwise(cell, says=says) for cell in then for says in ("in force", "rejected", "lapsed"))


def test_what_changed_is_worked_out_again_from_the_documents(served: Story) -> None:
    """No difference can be said otherwise, be left out, or change places with another that is as true."""
    change = asked(served, "change", subject=served["second"], parameters={"since": served["release"].digest})
    period = asked(served, "project-change", project=served.project, parameters={})
    pages = reread(gather(change), served.fingerprint)
    assert not pages.wrong()
    tables = [one for one in pages.texts("Table") if tuple(head_of(one)) == CHANGED_HEAD]
    (data,) = (one for one in tables if "9 bytes" in one.text)
    spec = next(one for one in tables if "Learning rate" in one.text)
    (caption,) = (one for one in pages.texts("P") if one.text == "Coding terms, April 2026 v2 (dataset): changed.")
    (rows,) = (one for one in pages.texts("P") if "2000 rows, then 900" in one.text)
    cells = {cell.text: cell for line in rows_of(spec)[1:] for cell in line}
    headings = {one.text: one for one in pages.texts("H2")}
    (verdicts,) = (one for one in pages.texts("P") if one.text.startswith("Verdicts: PASS, then PASS."))
    fact = {row[0].text: row[1] for row in rows_of(next(iter(pages.texts("Table")))) if len(row) == 2}
    assert all(
        (
            *(pages.otherwise(cell, says="13 bytes") for cell in rows_of(data)[1]),
            pages.otherwise(data.kids[1], says=None),
            pages.otherwise(caption, says="Coding terms, April 2026 v2 (dataset): added."),
            pages.otherwise(rows, says=rows.text.replace("900", "2900")),
            pages.otherwise(rows, says=None),
            pages.exchanged(cells["0.0005"], cells["0.0001"]),
            pages.exchanged(rows_of(data)[1][2], rows_of(spec)[1][2]),
            pages.exchanged(fact["Before"], fact["After"]),
            pages.otherwise(fact["Documents"], says="6 changed, 11 the same"),
            pages.exchanged(headings["Training data"], headings["How it was trained"]),
            pages.otherwise(headings["Training data"], says=None),
            pages.otherwise(headings["Results side by side"], says=None),
            pages.otherwise(verdicts, says=verdicts.text.replace("PASS, then PASS", "FAIL, then PASS")),
            pages.otherwise(verdicts, says=verdicts.text.replace("Both answered the same", "They answered different")),
        )
    )
    pages = reread(gather(period), served.fingerprint)
    assert not pages.wrong()
    alone = next(one for one in pages.texts("Table") if tuple(head_of(one)) == ALONE_HEAD)
    given = next(one for one in pages.texts("Table") if tuple(head_of(one)) == ROLES)
    stood = next(one for one in pages.texts("Table") if tuple(head_of(one)) == STANDINGS)
    changed = next(one[1] for one in rows_of(next(iter(pages.texts("Table")))) if one[0].text == "Standings")
    (people,) = (one for one in pages.texts("P") if "Compared between ledger sizes" in one.text)
    assert all(
        (
            *(pages.otherwise(cell, says="dropped") for cell in rows_of(alone)[1]),
            pages.otherwise(alone.kids[1], says=None),
            *(pages.otherwise(cell, says="rejected") for cell in rows_of(stood)[1]),
            pages.otherwise(stood.kids[1], says=None),
            pages.otherwise(changed, says="2 changed"),
            pages.otherwise(given.kids[2], says=None),
            pages.exchanged(rows_of(given)[1][2], rows_of(given)[2][2]),
            pages.otherwise(people, says=people.text.replace("sizes 1 and", "sizes 30 and")),
        )
    )


@pytest.mark.attack(
    name="print other moments, or what changed between others, in a report of two moments",
    caught_by="title, sizes and standings are worked out again from the moments asked and the entries' times",
    unless="the entries next to the period are of other projects: when these were is the server's word",
)
def test_what_changed_between_two_moments_is_worked_out_again(served: Story) -> None:
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=800)):
        moments = [rfc3339(now - timedelta(days=1)), rfc3339(now), rfc3339(now + timedelta(days=790))]
        told = [
            asked(served, "project-change", project=served.project, parameters={"since": since, "time": time})
            for since, time in pairwise(moments)
        ]
        whole, quiet = (reread(gather(one), served.fingerprint) for one in told)
    assert not whole.wrong()
    assert not quiet.wrong(), "while nothing was recorded, standings ran out"
    title = quiet.texts("H1")[0]
    stood = next(one for one in quiet.texts("Table") if tuple(head_of(one)) == STANDINGS)
    (sizes,) = (one for one in quiet.texts("P") if "Compared between ledger sizes" in one.text)
    size = as_of.size_at(now)
    assert f"sizes {size} and {size}." in sizes.text
    assert all(
        (
            *(quiet.otherwise(cell, says="in force") for cell in rows_of(stood)[1][2:3]),
            quiet.otherwise(stood.kids[1], says=None),
            quiet.otherwise(title, says=title.text.replace(f"{now:%H:%M:%S}", "00:00:00")),
            quiet.otherwise(sizes, says=sizes.text.replace(f"sizes {size} ", f"sizes {size - 1} ")),
        )
    )
    whole.facts, quiet.facts = quiet.facts, whole.facts
    assert whole.wrong()
    assert quiet.wrong()


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
