"""The sealed register: counted again by its reader, and refused when a row is dropped or forged or an entry hidden."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from governance import registry
from governance.access import AUDITOR, COMPLIANCE_OFFICER, OWNER
from governance.errors import Denied, Invalid
from governance.job_states import AttemptState
from governance.models import Attempt, Report
from governance.proof.checks.evidence import Evidence
from governance.proof.checks.verify import examine, verify_evidence
from governance.proof.files.report_file import verify_report
from governance.proof.formats import merkle
from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.leaf import DOCUMENT_FROZEN, DOCUMENT_SIGNED, JOB_ADMITTED, PERMIT_ISSUED, Leaf
from governance.proof.history.register import RUN_COLUMNS, Register
from governance.proof.pages.claims import page_lines
from governance.proof.pages.register import printed
from governance.proof.words import vocabulary
from governance.proof.words.running_text import NO_EXCEPTION, NONE_COUNTED
from governance.reports import register as pages
from governance.reports.gathered import gather
from governance.selectors import ledger
from governance.selectors import register as select
from governance.services import attempts, jobs, permits, reports
from tests.governance import cast
from tests.governance import jobs as sample
from tests.governance.cast import World
from tests.governance.reports import poppler
from tests.governance.reports.lies import Told
from tests.governance.reports.reread import Reread, reread
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


def faults(world: World, evidence: dict[str, Any], *names: str) -> list[str]:
    changed = Evidence.model_validate(evidence).to_bytes()
    return [
        line.detail
        for line in verify_evidence(changed, world.fingerprint)
        if line.name in (names or ("register", "period")) and line.ok is False
    ]


@pytest.mark.attack(
    name="drop a row from a sealed register, forge one, or hide an entry of its period",
    caught_by="countersign verify counts the register again from the whole, proven range of entries",
    unless="the log signed another history, which a kept checkpoint shows; what was never recorded is in none",
)
def test_it_is_counted_again_and_nothing_can_be_left_out(world: World, tmp_path: Any, monkeypatch: Any) -> None:
    report = reports.request(actor=world.chief_auditor, kind="register")
    pdf = built(report)
    outcome = verify_report(pdf, world.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    [line] = [line for line in outcome.checks if line.name == "register"]
    assert "2 runs" in line.detail
    told = pages.made(gather(report))
    assert told == select.of(None, 0, report.ledger_size)
    text = " ".join(poppler.text(pdf, tmp_path).split())
    assert printed(RUN_COLUMNS, ("1", 7, "2026-11-27T00:18:40.484602Z", "train", "id", "", "lost", 8)) == [
        "1", 7, "2026-11-27 00:18:40", "training run", "id", "", "lost", 8,
    ]  # fmt: skip
    for said in ("Register of runs", "1 run was cancelled", "succeeded", "accepted", told.digest[7:15], "When (UTC)"):
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
    none = Register(None, told.first, told.stop, (), told.runs, (), told.refused)
    uncounted = {"kinds": [], "digest": none.digest, "counts": none.counts}
    assert faults(world, {**evidence, "counted": uncounted}) == []  # notes are releases in this test alone
    words = vocabulary.kinds()
    monkeypatch.setitem(words, cast.NOTE, replace(next(iter(words.values())), releases=True))
    assert "not counted as releases" in faults(world, {**evidence, "counted": uncounted})[0]
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


@pytest.mark.attack(
    name="begin a register late, or leave out how something began that goes on in it",
    caught_by="countersign verify holds the entries next to the period against the days asked, and wants the beginning "
    "of each run, attempt and release told of",
    unless="it is an earlier entry that begins nothing: those are the server's word, and the verifier says so",
)
def test_of_what_began_before_the_beginning_is_proved_and_the_days_are_those_asked(
    world: World, monkeypatch: Any
) -> None:
    release = world.note("Release")
    request = world.ask(release)
    world.sign(request, world.owner, OWNER)
    sample.register(monkeypatch)
    job = jobs.launch(actor=world.engineer, spec=world.note("Goes on"))
    issued = permits.issue(job=job)
    assert issued is not None
    permits.consume(permit=bytes(issued[0].permit), secret=issued[1], nonce="n" * 32)
    first = ledger.size()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        world.sign(request, world.officer, COMPLIANCE_OFFICER)
        attempt = Attempt.objects.select_related("job__project", "job__requested_by").get(job=job)
        assert attempts.end(attempt=attempt, state=AttemptState.FAILED, reason="It broke", retry=False)
        today = timezone.now().date().isoformat()
        report = reports.request(actor=world.chief_auditor, kind="register", parameters={"first": today})
        own = reports.request(
            actor=world.auditor, kind="register", project=world.project, parameters={"first": today, "last": today}
        )
        assert verify_report(built(own), world.fingerprint).code == 0
        pdf = built(report)
    outcome = verify_report(pdf, world.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    found = gather(report)
    told = pages.made(found)
    assert told == select.of(None, first, report.ledger_size)
    assert told.counts["runs begun before"] == 1
    assert [row[5] for row in told.releases if row[4] == release.digest] == ["2 signatures"]
    assert not found.signoffs
    assert not found.runs

    printed = Told(found, world.fingerprint)
    assert printed.wrong(printed.pdf) == []
    read = Reread(printed.pdf, printed.facts)
    assert read.exceptions("Failed")
    assert not list(read.unnoticed(read.warned(), says="Failed. 2 runs failed."))
    other = "2026-01-01 to 2026-12-31"
    assert any(other in line for line in printed.lied(replace(printed.data, title=f"Register, {other}")))
    for label, said in (("Period", other), ("Entries", "9, from 1 to 9")):
        lead = tuple(replace(one, value=said) if one.label == label else one for one in printed.data.lead)
        assert any(f"page one, {label}" in line for line in printed.lied(replace(printed.data, lead=lead))), label

    evidence = evidence_in(pdf)
    of_project = {**evidence, "report": {**evidence["report"], "project": str(world.project.pk)}}
    facts = examine(Evidence.model_validate(of_project).to_bytes(), world.fingerprint).facts
    assert facts is not None
    assert any("is of None" in line.detail for line in page_lines(printed.pdf, facts) if line.ok is False)
    around = {Leaf.from_bytes(base64_bytes(one["leaf"])).event: one for one in evidence["around"]}
    begins = {JOB_ADMITTED, PERMIT_ISSUED, DOCUMENT_FROZEN}
    assert begins | {DOCUMENT_SIGNED} <= set(around)
    for event, gone in around.items():
        rest = [one for one in evidence["around"] if one is not gone]
        # Whoever adapts the claim is found out all the same, unless the entry begins nothing.
        shorter = gather(report)
        monkeypatch.setitem(shorter.__dict__, "around", {s: x for s, x in found.around.items() if s != gone["index"]})
        lie = pages.claim(shorter).model_dump()
        adapted = faults(world, {**evidence, "around": rest, "counted": lie})
        assert bool(adapted) == (event in begins), event
        if event in (*begins, DOCUMENT_SIGNED):
            assert faults(world, {**evidence, "around": rest}), event
    everything = [line for line in outcome.checks if line.name == "register" and line.ok is None]
    assert "a register from the first entry on shows it" in everything[0].detail
    leaf = base64_bytes(around[JOB_ADMITTED]["leaf"])
    forged = {**around[JOB_ADMITTED], "leaf": base64_text(leaf.replace(b'"note"', b'"tone"'))}
    changed = Evidence.model_validate({**evidence, "around": [forged]}).to_bytes()
    assert any(line.name == "ledger" and line.ok is False for line in verify_evidence(changed, world.fingerprint))
    # The entries next to the period are its ends: a register that begins later is of other days than were asked.
    [last] = [one for one in evidence["around"] if one["index"] == first - 1]
    assert faults(world, {**evidence, "around": [one for one in evidence["around"] if one is not last]}, "days")
    for day in ("2026-01-01", (timezone.now() + timedelta(days=9)).date().isoformat(), "soon"):
        asked = {**evidence["report"], "parameters": {"first": day, "last": None}}
        assert faults(world, {**evidence, "report": asked}, "days"), day


def test_page_one_of_a_quiet_period_does_not_say_that_nothing_was_ever_revoked(world: World, tmp_path: Any) -> None:
    note = world.note("Revoked before the period")
    world.agree(note)
    world.revoke(note)
    later = timezone.now() + timedelta(days=2)
    with time_machine.travel(later, tick=False):
        world.note("The only act of the period")
        asked = {"first": f"{later:%Y-%m-%d}"}
        report = reports.request(actor=world.owner, kind="register", project=world.project, parameters=asked)
        pdf = built(report)
    text = " ".join(poppler.text(pdf, tmp_path).split())
    assert NONE_COUNTED in text
    assert NO_EXCEPTION not in text
    assert verify_report(pdf, world.fingerprint).code == 0
    pages = reread(gather(report), world.fingerprint)
    [said] = [one for one in pages.texts("LBody") if NONE_COUNTED in " ".join(one.text.split())]
    assert pages.otherwise(said, says=f"None. {NO_EXCEPTION}"), "nor may it, by whoever holds the seal key"
