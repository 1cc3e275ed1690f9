"""A server that holds the seal key prints lies over true evidence, or hides what it prints: each is found, and named.

One governed run, told once; from it reports are made, and changed in every way.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from governance.access import AUDITOR
from governance.proof.charts.lineage import Lineage, LineagePicture
from governance.proof.checks.outcome import CheckLine
from governance.proof.checks.verify import examine
from governance.proof.files.attached import attached_lines, read_attached
from governance.proof.files.report_file import verify_report
from governance.proof.formats.canonical import dumps
from governance.proof.pages.claims import NOT_COMPARED, PAGES, VERIFY, told_lines
from governance.proof.pages.compare import rows_of, tables_of
from governance.proof.pages.drawing import DRAWN
from governance.proof.pages.report import ONE_BY_ONE
from governance.proof.pages.section_rows import LINEAGE
from governance.proof.reading.text import read_pages
from governance.reports import drawing, for_programs, tasks
from governance.reports.build import build_pdf
from governance.reports.gathered import gather
from governance.selectors import audit_findings as findings
from governance.services import audit_findings, people, signoff
from governance.services.reauthentication import Proof
from tests.governance.reports.calling import WARNED
from tests.governance.reports.drawings import DRAWINGS
from tests.governance.reports.lies import HIDDEN, LIES, MARKS, OF_A_RESULT, OF_FINDINGS, UNMARKED, Told, edited
from tests.governance.reports.mutations import HARMLESS, at, changes, chosen, put, shape
from tests.governance.reports.reread import Reread, dictated, in_places, left_out, warnings_left_out
from tests.support.stage import Stages
from tests.support.story import PASSWORD, Story, told

OF_KINDS = ("Undecidable", "Not looked for", "Looser than its preset", "Lifecycle unknown")


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    with stages.committed(told, state, tmp_path) as made:
        yield made


def told_of(story: Story, name: str) -> Told:
    """Return a true report on one of the story's documents."""
    made = Told(gather(story.report(name)), story.fingerprint)
    assert made.wrong(made.pdf) == []
    return made


@pytest.fixture
def plan(story: Story) -> Told:
    return told_of(story, "baseline_spec")


@pytest.fixture
def result(story: Story) -> Told:
    return told_of(story, "result")


@pytest.mark.attack(
    name="with the seal key, print a lie over true evidence, or hide or cover what is printed",
    caught_by="whoever verifies: the pages are read strictly and compared with the evidence, both ways",
    unless="it is a number or name in a known sentence of a kind, or in a chart of what no document tells; "
    "the verifier lists them",
)
def test_lies_over_true_evidence_are_found(plan: Told, result: Told) -> None:
    missed = []
    for report, lies in ((plan, LIES), (result, OF_A_RESULT)):
        for name, (lie, words) in lies.items():
            found = report.lied(lie(report.data))
            if not any(words in line for line in found):
                missed.append(f"{name}: {found[:3]}")
    for name, (change, words) in HIDDEN.items():
        found = plan.wrong(edited(plan.pdf, change))
        if not any(words in line for line in found):
            missed.append(f"{name}: {found[:3]}")
    assert not missed, "\n".join(missed)


def test_what_is_said_otherwise_or_left_out_is_missed(plan: Told, result: Told) -> None:
    _sentences(plan)
    missed = [one for report in (plan, result) for one in _left_out(report)]
    assert not missed, "\n".join(missed)


def test_changes_to_what_is_said_of_findings_and_of_standing_are_found(story: Story, plan: Told) -> None:
    missed = [*_findings(story, plan), *_marks(story)]
    assert not missed, "\n".join(missed)


def test_no_field_of_the_evidence_changes_unnoticed(story: Story, result: Told) -> None:
    assert set(_unnoticed(story, result)) <= set(HARMLESS)


def _findings(story: Story, plan: Told) -> list[str]:
    """Return which changes to what is said of an auditor's findings are not found."""
    owner, engineer = story.people["owner"], story.people["engineer"]
    auditor = people.person_enrol(actor=owner, username="eve", printed_name="Eve", password=PASSWORD)
    people.role_grant(actor=owner, user=auditor, role=AUDITOR, project=None, proof=Proof(PASSWORD))
    subject = plan.found.papers[plan.found.report.about]
    due = timezone.now() + timedelta(days=30)
    _, row = [
        audit_findings.raise_finding(
            actor=auditor, record=findings.record(auditor, record), severity="major", owner=engineer, due=due,
            text="Line 1 is wrong.\nSee document 2.", place="line 1",
        )
        for record in (subject.digest, f"entry:{subject.leaf.seq}")
    ]  # fmt: skip
    # A finding on the entry of a finding on an entry of the lineage.
    audit_findings.raise_finding(
        actor=auditor, record=findings.record(auditor, f"entry:{row.seq}"), severity="minor", owner=owner, due=due,
        text="It is not.",
    )  # fmt: skip
    answered = findings.get(auditor, row.pk)
    audit_findings.answer(actor=engineer, finding=answered, text="It was.")
    audit_findings.close(actor=auditor, finding=answered, outcome="mended", text="Looked at.")
    told = Told(gather(story.report("baseline_spec")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    assert [one.label for one in told.data.exceptions].count("Open finding") == 2
    found = {name: (told.lied(lie(told.data)), words) for name, (lie, words) in OF_FINDINGS.items()}
    return [f"{name}: {lines[:3]}" for name, (lines, words) in found.items() if not any(words in x for x in lines)]


def _marks(story: Story) -> list[str]:
    """Return which changes to the pages of a report on something revoked are not found."""
    officer = story.people["officer"]
    signoff.revoke(actor=officer, document=story["use_case"], reason="Too early.", proof=Proof(PASSWORD))
    told = Told(gather(story.report("use_case")), story.fingerprint)
    assert (told.data.mark, told.wrong(told.pdf)) == ("REVOKED", [])
    found = {name: (told.lied(lie(told.data)), words) for name, (lie, words) in MARKS.items()}
    found |= {name: (told.wrong(edited(told.pdf, change)), words) for name, (change, words) in UNMARKED.items()}
    return [f"{name}: {lines[:3]}" for name, (lines, words) in found.items() if not any(words in x for x in lines)]


def _sentences(plan: Told) -> None:
    """Whatever any sentence says otherwise is found, and what page one or a section of the ledger leaves out."""
    pages = Reread(plan.pdf, plan.facts)
    first, _, *sections = pages.pages.root.kids
    known = [one for one in sections if one.kids[0].text.partition(" ")[2] in (*LINEAGE, VERIFY, DRAWN, ONE_BY_ONE)]
    assert len(known) == len(LINEAGE) + 3
    parts = [part for one in known for part in one.all("P", "H1", "H2", "LBody")][::5]
    parts += first.all("P", "H1", "H2", "LBody")
    assert pages.exceptions("Demonstration")
    assert pages.exceptions("Refused")
    told = [one for label in OF_KINDS for one in pages.exceptions(label)]
    missed = list(pages.unnoticed([part for part in parts if part not in told]))
    # What kinds say of themselves follows from documents, or from what their sections say.
    others = [*told, *(part for one in sections if one not in known for part in one.all("P", "H2", "LBody"))]
    missed += [part.text for part in others[::4] if not pages.otherwise(part, says="All is well")]
    # Nor do the places of known sentences take words of the printer's, or what is here beside the lineage a reason.
    lies = [(part, lie) for part in others if (lie := in_places(plan.facts, part.text, "all is well"))]
    assert lies
    missed += [lie for part, lie in lies if not pages.otherwise(part, says=lie)]
    [beside] = [one for one in sections if one.kids[0].text.endswith(" Policies and other documents")]
    [row, *_] = [one for table in tables_of(beside) for one in rows_of(table)[1:]]
    missed += [cell.text for cell in row[3:5] if not pages.otherwise(cell, says="All is well")]
    assert not missed, "\n".join(missed)


def _left_out(told: Told) -> list[str]:
    """Return what of documents' own sections, and of what page one warns of because of them, nobody misses."""
    pages = Reread(told.pdf, told.facts)
    tried, missed = left_out(pages)
    warned, unwarned = warnings_left_out(pages)
    assert tried > 50
    assert warned >= 2
    for schema, body, linked, labels in WARNED:
        lacks = dictated(pages, schema, body, **linked)
        missed += [f"{schema}: {label}" for label in labels if not any(one.startswith(f"{label}. ") for one in lacks)]
    return [*missed, *unwarned]


def _unnoticed(story: Story, told: Told) -> list[tuple[str, str]]:
    """Return which fields of the evidence can be changed, and how, in a file that is sealed anew, unnoticed."""
    sealed = tasks.sealed_file(told.found, told.pdf)
    pages, attached = read_pages(sealed), read_attached(sealed)

    def refused(evidence: bytes) -> bool:
        examined = examine(evidence, story.fingerprint)
        if examined.facts is None or any(line.ok is False for line in examined.lines):
            return True
        if any(line.ok is False for line in told_lines(pages, examined.facts)):
            return True
        return any(line.ok is False for line in attached_lines(attached, examined.facts))

    evidence = json.loads(told.evidence)
    assert not refused(told.evidence)
    return [
        (".".join(shape(path)), how)
        for path in chosen(evidence, 1)
        for how, new in changes(at(evidence, path))
        if not refused(dumps(put(evidence, path, new)))
    ]


def test_who_verifies_a_sealed_file_is_told_of_pages_that_lie(story: Story, plan: Told) -> None:
    honest = tasks.sealed_file(plan.found, plan.pdf)
    outcome = verify_report(honest, story.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    assert [line.ok for line in outcome.checks if line.name == PAGES] == [True]
    assert {line.ok for line in outcome.checks if line.name == NOT_COMPARED} == {None}
    assert "what each threshold can show" in _said(outcome.checks, NOT_COMPARED)
    lie = replace(plan.data, title="Signed by everybody")
    lied = build_pdf(lie, plan.evidence, for_programs.made(plan.found).files)
    outcome = verify_report(tasks.sealed_file(plan.found, lied), story.fingerprint)
    assert outcome.code == 1
    assert {line.name for line in outcome.checks if line.ok is False} == {PAGES}
    assert "'Signed by everybody'" in _said(outcome.checks, PAGES)
    # True pages of one report over the true evidence of another.
    other = Told(gather(story.report("rubric")), story.fingerprint)
    swapped = tasks.sealed_file(plan.found, build_pdf(plan.data, other.evidence))
    assert "expected" in _said(verify_report(swapped, story.fingerprint).checks, PAGES)


def test_drawings_that_are_told_truly_and_show_something_else_are_found(
    story: Story, plan: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lie in ("an arrow turned round", "an arrow left out"):

        def lying(lineage: Lineage, lie: str = lie) -> LineagePicture:
            picture = LineagePicture(lineage)
            DRAWINGS[lie](picture)
            return picture

        with monkeypatch.context() as patched:
            patched.setattr(drawing, "LineagePicture", lying)
            lied = build_pdf(plan.data, plan.evidence, for_programs.made(plan.found).files)
        outcome = verify_report(tasks.sealed_file(plan.found, lied), story.fingerprint)
        assert outcome.code == 1
        wrong = [line.detail for line in outcome.checks if line.ok is False]
        assert len(wrong) == 1, wrong
        assert "the drawing of the lineage draws something else" in wrong[0]


def _said(checks: list[CheckLine], name: str) -> str:
    return " ".join(line.detail for line in checks if line.name == name)
