"""A server that holds the seal key prints lies over true evidence, or hides what it prints: each is found, and named.

One governed run, told once; from it reports are made, and changed in every way.
"""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from governance.proof.canonical import dumps
from governance.proof.evidence import ATTACHMENT
from governance.proof.outcome import CheckLine
from governance.proof.page_claims import NOT_COMPARED, PAGES, page_lines
from governance.proof.page_facts import Facts
from governance.proof.report_file import verify_report
from governance.proof.verify import examine
from governance.reports import tasks
from governance.reports.build import build_pdf
from governance.reports.gathered import Gathered, gather
from governance.reports.lineage import report_data
from governance.reports.model import ReportData
from tests.governance.reports.lies import HIDDEN, LIES, OF_A_RESULT, edited
from tests.governance.reports.mutations import HARMLESS, at, changes, chosen, put, shape
from tests.support.story import Story

SEAL = "the visible seal has 0 lines"


class Told:
    """A report before it is sealed, and what its evidence tells of."""

    def __init__(self, story: Story, name: str) -> None:
        self.found: Gathered = gather(story.report(name))
        self.data: ReportData = report_data(self.found)
        self.pdf = tasks.unsealed(self.found)
        with pikepdf.open(BytesIO(self.pdf)) as opened:
            self.evidence = opened.attachments[ATTACHMENT].get_file().read_bytes()
        facts = examine(self.evidence, story.fingerprint).facts
        assert facts is not None
        self.facts: Facts = facts

    def lied(self, data: ReportData) -> list[str]:
        """Return what is found wrong with other pages over the same evidence."""
        return self.wrong(build_pdf(data, self.evidence))

    def wrong(self, pdf: bytes) -> list[str]:
        """Return what is found wrong with a file, but for the seal that it does not have yet."""
        lines = page_lines(pdf, self.facts)
        return [line.detail for line in lines if line.ok is False and SEAL not in line.detail]


@pytest.fixture
def story(fresh_database: None, state: Path) -> Story:
    return Story().tell()


@pytest.mark.attack(
    name="with the seal key, print a lie over true evidence, or hide or cover what is printed",
    caught_by="whoever verifies: the pages are read strictly and compared with the evidence, both ways",
    unless="it is running text, a chart or a name that the evidence does not hold, which the verifier lists",
)
def test_lies_over_true_evidence_are_found(story: Story) -> None:
    plan, result = Told(story, "baseline_spec"), Told(story, "result")
    assert (plan.wrong(plan.pdf), result.wrong(result.pdf)) == ([], [])
    missed = []
    for told, lies in ((plan, LIES), (result, OF_A_RESULT)):
        for name, (lie, words) in lies.items():
            found = told.lied(lie(told.data))
            if not any(words in line for line in found):
                missed.append(f"{name}: {found[:3]}")
    for name, (change, words) in HIDDEN.items():
        found = plan.wrong(edited(plan.pdf, change))
        if not any(words in line for line in found):
            missed.append(f"{name}: {found[:3]}")
    assert not missed, "\n".join(missed)
    _whole_files(story, plan)
    assert set(_unnoticed(story, result)) <= set(HARMLESS)


def _unnoticed(story: Story, told: Told) -> list[tuple[str, str]]:
    """Return which fields of the evidence can be changed, and how, in a file that is sealed anew, unnoticed."""
    sealed = tasks.sealed_file(told.found, told.pdf)
    evidence = json.loads(told.evidence)
    assert not _refused(sealed, told.evidence, story.fingerprint)
    return [
        (".".join(shape(path)), how)
        for path in chosen(evidence, 1)
        for how, new in changes(at(evidence, path))
        if not _refused(sealed, dumps(put(evidence, path, new)), story.fingerprint)
    ]


def _refused(sealed: bytes, evidence: bytes, fingerprint: str) -> bool:
    examined = examine(evidence, fingerprint)
    if examined.facts is None or any(line.ok is False for line in examined.lines):
        return True
    return any(line.ok is False for line in page_lines(sealed, examined.facts))


def _whole_files(story: Story, plan: Told) -> None:
    """What a reader gets who verifies the sealed files."""
    honest = tasks.sealed_file(plan.found, plan.pdf)
    outcome = verify_report(honest, story.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    assert [line.ok for line in outcome.checks if line.name in (PAGES, NOT_COMPARED)] == [True, None]
    assert "running text" in _said(outcome.checks, NOT_COMPARED)
    lie = replace(plan.data, title="Signed by everybody")
    outcome = verify_report(tasks.sealed_file(plan.found, build_pdf(lie, plan.evidence)), story.fingerprint)
    assert outcome.code == 1
    assert {line.name for line in outcome.checks if line.ok is False} == {PAGES}
    assert "'Signed by everybody'" in _said(outcome.checks, PAGES)
    # True pages of one report over the true evidence of another.
    other = Told(story, "rubric")
    swapped = tasks.sealed_file(plan.found, build_pdf(plan.data, other.evidence))
    assert "expected" in _said(verify_report(swapped, story.fingerprint).checks, PAGES)


def _said(checks: list[CheckLine], name: str) -> str:
    return " ".join(line.detail for line in checks if line.name == name)
