"""The ledger extract: complete or refused, of another project nothing but hashes, and for those alone who may ask."""

import json
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from governance import store
from governance.access import AUDITOR
from governance.errors import Denied, Invalid, NotFound
from governance.models import Document, Report, User
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.evidence import ATTACHMENT, Evidence
from governance.proof.checks.kept_checkpoints import Kept
from governance.proof.checks.verify import verify_evidence
from governance.proof.files.report_file import checkpoint_in, verify_report
from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.leaf import Leaf
from governance.proof.pages.extract import about
from governance.reports import tasks
from governance.reports.gather_evidence import evidence
from governance.reports.gathered import Gathered, gather
from governance.selectors import ledger
from governance.selectors import reports as select
from governance.selectors.witnesses import note_of
from governance.services import jobs as launching
from governance.services import people, permits, reports
from governance.services.checkpoints import checkpoint_at
from governance.services.reauthentication import Proof
from tests.governance import jobs
from tests.governance.cast import PASSWORD, World
from tests.governance.reports import poppler
from tests.governance.reports.reread import reread


@pytest.fixture
def world(committed_world: World) -> World:
    world = committed_world
    world.agree(world.note("Signed"))
    people.role_grant(
        actor=world.owner, user=world.auditor, role=AUDITOR, project=world.projects["other"], proof=Proof(PASSWORD)
    )
    world.enrol("chief_auditor", AUDITOR)
    return world


def built(report: Report) -> bytes:
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    return store.read(report.file_sha256)


def evidence_in(pdf: bytes) -> dict[str, Any]:
    with pikepdf.open(BytesIO(pdf)) as opened:
        found: dict[str, Any] = json.loads(opened.attachments[ATTACHMENT].get_file().read_bytes())
        return found


def faults(world: World, evidence: dict[str, Any]) -> list[str]:
    changed = Evidence.model_validate(evidence).to_bytes()
    return [
        line.detail for line in verify_evidence(changed, world.fingerprint) if line.name == "period" and not line.ok
    ]


def of_size(note: Document, size: int) -> Gathered:
    return gather(Report(kind="lineage", subject=note, project=note.project, ledger_size=size))


def seen(user: User) -> set[Any]:
    return set(select.visible(user).values_list("pk", flat=True))


def test_the_whole_ledger_is_told_and_no_entry_can_be_missing(world: World, tmp_path: Any) -> None:
    report = reports.request(actor=world.chief_auditor, kind="ledger-extract")
    pdf = built(report)
    outcome = verify_report(pdf, world.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    text = " ".join(poppler.text(pdf, tmp_path).split())
    assert f"All {report.ledger_size} entries of the period are in the evidence" in text
    for said in ("Ledger extract", "Chief Auditor", "Role given", "What happened, counted", "The entries"):
        assert said in text, said

    told = evidence_in(pdf)
    period: dict[str, Any] = told["period"]
    assert (period["first"], len(period["leaves"]), period["hidden"]) == (0, report.ledger_size, {})
    leaf = period["leaves"][7]
    lies: list[dict[str, Any]] = [
        {"leaves": period["leaves"][:7] + period["leaves"][8:]},
        {"leaves": [*period["leaves"][:7], leaf, *period["leaves"][7:]]},
        {"leaves": [*period["leaves"][:7], period["leaves"][8], leaf, *period["leaves"][9:]]},
        {"leaves": period["leaves"][:-1]},
        {"first": 1},
        {"leaves": ["", *period["leaves"][1:]]},
        {"hidden": {"7": "0" * 64}},
        {"leaves": ["", *period["leaves"][1:]], "hidden": {"0": "0" * 64}},
        {"proof": ["0" * 64]},
    ]
    for lie in lies:
        assert faults(world, {**told, "period": {**period, **lie}}), lie
    # What a leaf says is bound by its hash; a leaf that says another thing is another leaf.
    forged = base64_bytes(leaf).replace(b'"v":1', b'"v":2')
    changed = [*period["leaves"][:7], base64_text(forged), *period["leaves"][8:]]
    assert faults(world, {**told, "period": {**period, "leaves": changed}})


def test_a_project_learns_nothing_of_another(world: World, tmp_path: Any) -> None:
    secret = world.enrol("somebody_elsewhere")
    people.role_grant(
        actor=world.owner, user=secret, role=AUDITOR, project=world.projects["other"], proof=Proof(PASSWORD)
    )
    report = reports.request(actor=world.auditor, kind="ledger-extract", project=world.project)
    pdf = built(report)
    outcome = verify_report(pdf, world.fingerprint)
    assert outcome.code == 0
    [hidden] = [line.detail for line in outcome.checks if line.name == "period" and line.ok is None]
    assert "hashes only" in hidden
    told = evidence_in(pdf)
    others = str(world.projects["other"].pk)
    shown = [base64_bytes(leaf).decode() for leaf in told["period"]["leaves"] if leaf]
    assert shown
    assert not any(json.loads(leaf)["project"] == others for leaf in shown)
    assert set(told["openings"]).isdisjoint(told["period"]["hidden"])
    pages = reread(gather(report), world.fingerprint)
    assert pages.exceptions("Hidden")
    assert not list(pages.unnoticed(pages.warned(), says="Refused. 7 acts were refused in this period."))
    assert "of other projects, and in the evidence as a hash" in " ".join(poppler.text(pdf, tmp_path).split())


def test_only_those_ask_and_see_it_who_may_read_the_ledger(world: World) -> None:
    of_project = reports.request(actor=world.auditor, kind="ledger-extract", project=world.project)
    of_all = reports.request(actor=world.chief_auditor, kind="ledger-extract")
    assert seen(world.auditor) & {of_project.pk, of_all.pk} == {of_project.pk}
    assert seen(world.owner) >= {of_project.pk, of_all.pk}
    for person in (world.engineer, world.data_owner, world.stranger):
        assert not seen(person) & {of_project.pk, of_all.pk}
    with pytest.raises(Denied):
        reports.request(actor=world.engineer, kind="ledger-extract", project=world.project)
    with pytest.raises(Denied):
        reports.request(actor=world.auditor, kind="ledger-extract")
    with pytest.raises(NotFound):
        reports.request(actor=world.stranger, kind="ledger-extract", project=world.project)


def test_the_same_question_at_the_same_size_is_built_once(world: World) -> None:
    asked: dict[str, Any] = {"kind": "ledger-extract", "ledger_size": 20, "parameters": {"event": "access"}}
    first = reports.request(actor=world.chief_auditor, **asked)
    pdf = built(first)
    assert evidence_in(pdf)["report"]["parameters"] == {"actor": "", "event": "access", "first": None, "last": None}
    assert reports.request(actor=world.owner, **asked).pk == first.pk
    others: list[dict[str, Any]] = [{"ledger_size": 21}, {"parameters": {}}]
    for other in others:
        assert reports.request(**{"actor": world.owner, **asked, **other}).pk != first.pk
    assert tasks.unsealed(gather(first)) == tasks.unsealed(gather(first))


NONSENSE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"kind": "gossip"}, "kind"),
    ({"kind": "lineage"}, "subject"),
    ({"parameters": {"first": "2026-13-01"}}, "first"),
    ({"parameters": {"first": "2026-02-02", "last": "2026-02-01"}}, "last"),
    ({"parameters": {"event": "nonsense"}}, "event"),
    ({"parameters": {"color": "red"}}, "color"),
    ({"parameters": {"actor": 5}}, "actor"),
    ({"ledger_size": 10**9}, "ledger_size"),
)


def test_a_question_that_makes_no_sense_changes_nothing(world: World) -> None:
    before = Report.objects.count()
    for asked, field in NONSENSE:
        with pytest.raises(Invalid) as refused:
            reports.request(**{"actor": world.chief_auditor, "kind": "ledger-extract", **asked})
        assert refused.value.field == field
    with pytest.raises(Invalid, match="about a"):
        reports.request(actor=world.auditor, kind="ledger-extract", subject=world.note())
    assert Report.objects.count() == before


def test_an_older_report_is_held_against_a_newer_one_without_the_server(world: World) -> None:
    older = built(reports.request(actor=world.chief_auditor, kind="ledger-extract"))
    newer = built(reports.request(actor=world.owner, kind="ledger-extract", parameters={"event": "job"}))
    kept = Elsewhere(checkpoints=[Kept("older.pdf", checkpoint_in(older))])
    outcome = verify_report(newer, world.fingerprint, kept)
    assert outcome.code == 0
    assert {line.name: line.ok for line in outcome.checks}["kept checkpoint"] is True
    told = evidence_in(newer)
    [proof] = told["earlier"]
    lies: list[dict[str, Any]] = [
        {"old": proof["old"] - 1},
        {"old_root": "0" * 64},
        {"new": proof["new"] + 1},
        {"proof": []},
    ]
    for lie in lies:
        forged = Evidence.model_validate({**told, "earlier": [{**proof, **lie}]}).to_bytes()
        wrong = {line.name for line in verify_evidence(forged, world.fingerprint) if line.ok is False}
        assert wrong == {"earlier reports"}, lie


@pytest.mark.attack(
    name="ask for a report as of a size at which the ledger's last entry is another project's",
    caught_by="only entries that the report's readers may see are in it, by themselves or for its time",
    unless="whoever reads the database itself, or holds a role in the organisation",
)
def test_as_of_any_size_there_is_a_report_and_nothing_of_another_project_in_it(world: World, monkeypatch: Any) -> None:
    note, other = world.note("Mine"), world.note("Another")
    with pytest.raises(Denied):
        reports.request(actor=world.stranger, kind="ledger-extract", project=world.projects["other"])
    world.agree(other)
    jobs.register(monkeypatch)
    assert permits.issue(job=launching.launch(actor=world.engineer, spec=world.note("Run"))) is not None
    foreign, last = str(world.projects["other"].pk), ledger.size()
    seen = set()
    for size in range(note.seq + 1, last + 1):
        found = of_size(note, size)
        known = {**found.leaves, **found.around}
        assert not any(leaf.project == foreign for leaf in known.values()), size
        assert set(found.openings) <= set(found.leaves)
        seen |= {ledger.leaf(size - 1).event} - {leaf.event for leaf in found.leaves.values()}
    assert {"signoff:document:signed", "permit:attempt:issued", "refusal:access:denied"} <= seen
    attached = evidence(of_size(note, last), note_of(checkpoint_at(last)))
    assert not [line for line in verify_evidence(attached, world.fingerprint) if line.ok is False]
    told = json.loads(attached)
    assert [one["index"] for one in told["around"]] == [last - 1]
    early = {**told, "report": {**told["report"], "created_at": ledger.leaf(0).time}}
    lines = verify_evidence(Evidence.model_validate(early).to_bytes(), world.fingerprint)
    assert [line.name for line in lines if line.ok is False] == ["age"]


def test_an_entry_reads_the_same_in_whatever_order_a_database_keeps_its_parts() -> None:
    owner, due = "00000000-0000-0000-0000-000000000001", "2026-12-06T00:06:53.845558Z"
    leaf = Leaf(
        seq=1, time=due, event="audit:finding:raise", actor=owner, project=None, subjects=["entry:7"],
        data={"severity": "major", "owner": owner, "due": due, "place": "13:99Z"},
    )  # fmt: skip
    names, private = {owner: "Ada"}, {"text": "Read off the wrong line.", "place": "limits[2]"}
    said = about(leaf, names, private)
    assert said == about(
        leaf.model_copy(update={"data": dict(sorted(leaf.data.items()))}), names, dict(sorted(private.items()))
    )
    assert said == (
        "entry:7, due 2026-12-06 00:06:53 UTC, owner Ada, place 13:99Z, severity major, place “limits[2]”, "
        "text “Read off the wrong line.”"
    )
