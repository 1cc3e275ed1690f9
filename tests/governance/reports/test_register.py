"""The sealed register: counted again by its reader, and refused when a row is dropped or forged or an entry hidden."""

from typing import Any

import pytest

from governance import registry
from governance.access import AUDITOR
from governance.errors import Denied, Invalid
from governance.models import Report
from governance.proof import merkle
from governance.proof.evidence import Evidence
from governance.proof.fields import base64_bytes
from governance.proof.register import Register
from governance.proof.report_file import verify_report
from governance.proof.verify import verify_evidence
from governance.reports import register as pages
from governance.reports.gathered import gather
from governance.selectors import register as select
from governance.services import jobs, reports
from tests.governance import cast
from tests.governance import jobs as sample
from tests.governance.cast import World
from tests.governance.reports import poppler
from tests.governance.reports.test_extract import built, evidence_in


@pytest.fixture
def world(committed_world: World, monkeypatch: Any) -> World:
    """Two runs, one release as far as notes are releases, and an auditor of everything."""
    world = committed_world
    monkeypatch.setattr(select, "kinds", lambda: [cast.NOTE])
    monkeypatch.setitem(registry.KINDS, cast.NOTE, cast.NOTE_KIND)
    sample.done(world, monkeypatch, world.note("Done"))
    jobs.cancel(actor=world.engineer, job=jobs.launch(actor=world.engineer, spec=world.note("Cancelled")))
    world.enrol("chief_auditor", AUDITOR)
    return world


def faults(world: World, evidence: dict[str, Any]) -> list[str]:
    changed = Evidence.model_validate(evidence).to_bytes()
    return [
        line.detail
        for line in verify_evidence(changed, world.fingerprint)
        if line.name in ("register", "period") and line.ok is False
    ]


@pytest.mark.attack(
    name="drop a row from a sealed register, forge one, or hide an entry of its period",
    caught_by="countersign verify counts the register again from the whole, proven range of entries",
    unless="the log signed another history, which a kept checkpoint shows; what was never recorded is in none",
)
def test_it_is_counted_again_and_nothing_can_be_left_out(world: World, tmp_path: Any) -> None:
    report = reports.request(actor=world.chief_auditor, kind="register")
    pdf = built(report)
    outcome = verify_report(pdf, world.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    [line] = [line for line in outcome.checks if line.name == "register"]
    assert "2 runs" in line.detail
    told = pages.made(gather(report))
    assert told == select.of(None, 0, report.ledger_size)
    text = " ".join(poppler.text(pdf, tmp_path).split())
    for said in ("Register of runs", "1 run was cancelled", "succeeded", "accepted", told.digest[7:15]):
        assert said in text, said

    evidence = evidence_in(pdf)
    claim, period = evidence["counted"], evidence["period"]
    assert faults(world, evidence) == []
    lesser = Register(None, told.first, told.stop, told.kinds, told.runs[1:], told.releases, told.refused)
    forged = (*told.runs[:-1], (*told.runs[-1][:6], "succeeded", told.runs[-1][7]))
    better = Register(None, told.first, told.stop, told.kinds, forged, told.releases, told.refused)
    for lie in (lesser, better):
        changed = {**claim, "digest": lie.digest, "counts": lie.counts}
        assert "missing, added or forged" in faults(world, {**evidence, "counted": changed})[0]
    assert faults(world, {**evidence, "counted": {**claim, "counts": {**claim["counts"], "runs": 1}}})
    assert faults(world, {**evidence, "counted": {**claim, "kinds": []}})
    assert faults(world, {**evidence, "counted": None})
    assert faults(world, {**evidence, "period": None})
    last = int(told.runs[-1][-1])  # the cancelling, as a hash alone
    hidden = {str(last): merkle.leaf_hash(base64_bytes(period["leaves"][last])).hex()}
    blind = {**period, "leaves": [*period["leaves"][:last], "", *period["leaves"][last + 1 :]], "hidden": hidden}
    assert "hidden" in faults(world, {**evidence, "period": blind})[0]
    short = {**period, "leaves": period["leaves"][:last]}
    assert faults(world, {**evidence, "period": short})


def test_a_projects_register_and_one_of_a_period(world: World, tmp_path: Any) -> None:
    report = reports.request(actor=world.auditor, kind="register", project=world.project)
    pdf = built(report)
    assert verify_report(pdf, world.fingerprint).code == 0
    assert pages.made(gather(report)) == select.of(world.project, 0, report.ledger_size)
    with pytest.raises(Invalid, match="no ledger entry"):
        reports.request(actor=world.chief_auditor, kind="register", parameters={"first": "2099-01-01"})
    days = {"first": "2026-02-02", "last": "2026-02-01"}
    with pytest.raises(Invalid, match="or later"):
        reports.request(actor=world.chief_auditor, kind="register", parameters=days)
    with pytest.raises(Denied):
        reports.request(actor=world.engineer, kind="register", project=world.project)
    again = Report.objects.get(pk=report.pk)
    assert pages.claim(gather(again)) == pages.claim(gather(report))
