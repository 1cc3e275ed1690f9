"""Restore drills through gate, permit and runner: who may, from where, and what counts afterwards."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from governance import backups, checks, store
from governance.errors import Denied, Refused
from governance.jobs.executors.local import LocalExecutor
from governance.models import Attempt, Document, Job, Notice
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import attempts, documents, jobs
from governance.services.ledger import mutation
from tests.gate.test_permits import content_of, genuine
from tests.governance.api.conftest import Api
from tests.support import hacking, hands
from tests.support.governed import Site
from tests.training.custody import samples, world
from training.bodies.custody import RestoreRecordBody, RestoreSpecBody
from training.kinds import custody as kinds
from training.selectors import custody as select
from training.selectors import probes
from training.services import custody

WEIGHTS = b"weights"


@pytest.fixture
def vault(tmp_path: Path, settings: Any, monkeypatch: Any) -> Path:
    """A backup on the operator's list, which holds the story's base model (seven bytes that are no model)."""
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    settings.COUNTERSIGN_BACKUPS = [f"vault={folder}"]
    monkeypatch.setenv("COUNTERSIGN_BACKUP_VAULT", str(folder))  # what the executor gives a runner
    return folder


def record(attempt: Attempt, **changes: Any) -> dict[str, Any]:
    """Return what a runner would deliver of a passed drill of the story's base model."""
    body = samples.restore_record(**changes) | {"permit": sha256(peek(bytes(attempt.permit)).payload)}
    return body | ({} if "files" in changes else {"files": [samples.restored(sha256=sha256(WEIGHTS))]})


def delivered(job: Job, body: Any = record, **changes: Any) -> Attempt:
    """Consume the job's permit and deliver a record by hand."""
    attempt, token = hands.consumed(job)
    attempts.receive(attempt=attempts.by_token(token), result={"body": body(attempt, **changes), "files": []})
    found: Attempt = hands.fresh(attempt)
    return found


def passed(site: Site, base: Document | None = None, **changes: Any) -> Document:
    job = world.launched(site, world.drill(site, base or site.story["base"]))
    made = attempts.accept(attempt=delivered(job, **changes))
    assert made is not None, hands.fresh(job).reason
    return made


class TestGate:
    """What the gate asks before anything is read."""

    def test_the_permit_binds_the_signed_manifest_and_no_file_of_the_store(self, site: Site, vault: Path) -> None:
        job = world.launched(site, world.drill(site, site.story["base"]))
        attempt, _ = hands.issued(job)
        permit = content_of(attempt)
        assert {item.role for item in permit.inputs} == {"document"}
        assert (permit.entry_point, permit.backups) == ("training.custody.restore:run", ["vault"])
        assert permit.decisions, "the signature on the manifest is what the drill relies on"
        assert str(vault) not in json.dumps(permit.model_dump())

    @pytest.mark.attack(
        name="have a drill read a folder that the operator does not list",
        caught_by="the gate asks the operator's list; neither specification nor permit holds a folder",
        unless="the operator lists it",
    )
    def test_a_backup_that_nobody_listed(self, site: Site, vault: Path) -> None:
        with pytest.raises(Refused, match="lists no backup 'other'"):
            world.launched(site, world.drill(site, site.story["base"], backup="other"))
        assert site.refusals() > 0

    def test_a_backup_taken_off_the_list_before_the_permit(self, site: Site, vault: Path, settings: Any) -> None:
        job = world.launched(site, world.drill(site, site.story["base"]))
        settings.COUNTERSIGN_BACKUPS = []
        assert hands.worker().step() is not None
        assert hands.fresh(job).state == "refused"
        assert not Attempt.objects.filter(job=job).exists()

    @pytest.mark.attack(
        name="have a drill pass on the live store, listed as its own backup",
        caught_by="the gate refuses a backup whose folder is the byte store, lies in it or holds it, links followed",
        unless="the operator lists a folder of hard links into the store, or one on the same disk",
    )
    @pytest.mark.parametrize("lies", ["", "..", "ab", "link"])
    def test_the_store_is_no_backup_of_itself(self, site: Site, tmp_path: Path, settings: Any, lies: str) -> None:
        if lies == "link":
            (tmp_path / "link").symlink_to(store.root())
        folder = tmp_path / "link" if lies == "link" else store.root() / lies
        settings.COUNTERSIGN_BACKUPS = [f"vault={folder}"]
        with pytest.raises(Refused, match="holds the byte store itself"):
            world.launched(site, world.drill(site, site.story["base"], layout="store"))

    def test_a_manifest_that_nobody_signed(self, site: Site, vault: Path) -> None:
        site.revoke("base")
        with pytest.raises(Refused, match="revoked"):
            world.launched(site, world.drill(site, site.story["base"]))

    @pytest.mark.parametrize("who", ["officer2", "dataowner", "expert"])
    def test_the_wrong_role(self, site: Site, vault: Path, who: str) -> None:
        person = site.story.people[who]
        body = RestoreSpecBody.model_validate(samples.restore_spec())
        before = Document.objects.filter(kind=kinds.RESTORE_SPEC).count()
        with pytest.raises(Denied):
            custody.drill(actor=person, project=site.story.project, base=site.story["base"], body=body)
        spec = world.drill(site, site.story["base"])
        with pytest.raises((Denied, Refused)):
            jobs.launch(actor=person, spec=spec)
        assert Document.objects.filter(kind=kinds.RESTORE_SPEC).count() == before + 1
        assert not Job.objects.filter(purpose="restore").exists()

    def test_the_owner_may(self, site: Site, vault: Path) -> None:
        body = RestoreSpecBody.model_validate(samples.restore_spec())
        owner = site.story.people["owner"]
        job = custody.drill(actor=owner, project=site.story.project, base=site.story["base"], body=body)
        assert (job.purpose, job.state) == ("restore", "queued")

    def test_a_hosted_model_has_nothing_to_restore(self, site: Site, vault: Path) -> None:
        with pytest.raises(Refused, match="custody does not apply"):
            world.launched(site, world.drill(site, world.hosted(site)))


class TestExecutor:
    """How a runner comes to the folder."""

    def test_only_what_the_permit_names_and_the_operator_lists(self, site: Site, vault: Path, settings: Any) -> None:
        attempt, _ = hands.issued(world.launched(site, world.drill(site, site.story["base"])))
        assert LocalExecutor()._folders(attempt) == {"COUNTERSIGN_BACKUP_VAULT": str(vault)}
        other, _ = hands.issued(site.launch())
        assert LocalExecutor()._folders(other) == {}
        settings.COUNTERSIGN_BACKUPS = [f"elsewhere={vault}"]
        assert LocalExecutor()._folders(attempt) == {}

    @pytest.mark.attack(
        name="alter an attempt's row so that its runner is given a backup's folder",
        caught_by="the executor reads the names of backups from a permit that the permit key signed",
        unless="the permit key is stolen too; then the runner still finds no ledger entry for it",
    )
    def test_a_forged_permit_brings_no_folder(self, site: Site, vault: Path) -> None:
        attempt, _ = hands.issued(site.launch())
        permit = bytes(attempt.permit)
        attempt.permit = permit[:-40] + b"A" * 20 + permit[-20:]
        assert LocalExecutor()._folders(attempt) == {}
        attempt.permit = genuine(attempt, bounds={"backups": ["vault"]})
        assert LocalExecutor()._folders(attempt) == {"COUNTERSIGN_BACKUP_VAULT": str(vault)}, "with the stolen key"

    @pytest.mark.parametrize("entry", ["vault", "vault=relative", "Vault=/mnt", "va-ult=/mnt", "=/mnt"])
    def test_an_entry_that_says_nothing_keeps_it_from_starting(self, settings: Any, entry: str) -> None:
        settings.COUNTERSIGN_BACKUPS = [entry]
        assert [message.id for message in checks.outside()] == ["countersign.E014"]
        with pytest.raises(ImproperlyConfigured, match="expected a name"):
            backups.listed()

    def test_a_name_is_listed_once(self, settings: Any) -> None:
        settings.COUNTERSIGN_BACKUPS = ["vault=/a", "vault=/b"]
        with pytest.raises(ImproperlyConfigured):
            backups.listed()


class TestRecord:
    """What is taken from a runner, and what counts."""

    def test_the_real_work_of_a_backup_that_is_no_model(self, site: Site, vault: Path, tmp_path: Path) -> None:
        """From permit to record in this process: intact bytes which cannot be loaded are a failed drill."""
        job = world.launched(site, world.drill(site, site.story["base"]))
        made = attempts.accept(attempt=hands.worked(job, tmp_path / "work"))
        assert made is not None, hands.fresh(job).reason
        body: RestoreRecordBody = docs.model_body(made, RestoreRecordBody)
        assert (body.outcome, body.files[0].found, body.loaded) == ("failed", "intact", False)
        base = site.story["base"]
        assert select.drilled([base]) == {base.digest: None}
        assert "cannot be loaded" in select.faults([base])[base.digest][0]
        assert docs.linked_one(made, "base_model") == base

    def test_a_passed_drill_counts_from_its_ledger_entry_on(self, site: Site, vault: Path) -> None:
        base, before = site.story["base"], ledger.size()
        made = passed(site)
        assert select.drilled([base]) == {base.digest: timezone.now().date()}
        assert select.faults([base]) == {base.digest: ()}
        assert select.drilled([base], before) == {base.digest: None}
        assert select.drilled([base], made.seq) == {base.digest: None}
        assert select.drilled([base], ledger.size()) == {base.digest: timezone.now().date()}

    def test_a_later_drill_that_failed_is_a_fault_beside_the_day_of_the_passed_one(
        self, site: Site, vault: Path
    ) -> None:
        base = site.story["base"]
        passed(site)
        gone = samples.restored(sha256=sha256(WEIGHTS)) | {"found": "missing", "found_size": None, "found_sha256": None}
        made = passed(site, outcome="failed", finding="gone", files=[gone], loaded=False, answers=[])
        person = Api(site.engineer).get(f"base-models/{base.digest}/custody")
        assert [(one["record"] == made.digest, one["outcome"], one["finding"]) for one in person["drills"]] == [
            (True, "failed", "gone"), (False, "passed", ""),
        ]  # fmt: skip
        assert (person["verified"], person["last_passed"]) == (False, f"{timezone.now():%Y-%m-%d}")
        told = Notice.objects.filter(kind="custody", about=f"drill:{made.digest}")
        assert {"owner", "officer", "engineer"} <= set(told.values_list("to__username", flat=True))
        assert select.drilled([base])[base.digest] == timezone.now().date()
        assert "gone" in select.faults([base])[base.digest][0]
        passed(site)
        assert select.faults([base]) == {base.digest: ()}

    def test_another_version_with_the_same_files_is_drilled_too_and_other_files_are_not(
        self, site: Site, vault: Path
    ) -> None:
        base = site.story["base"]
        passed(site)
        owner, body = site.story.people["owner"], docs.envelope(base).body
        newer = documents.document_submit(
            actor=owner, project=None, kind=base.kind, body=body | {"version": "1, read again"}, base=base
        )
        other = documents.document_submit(
            actor=owner, project=None, kind=base.kind, base=newer,
            body=body | {"files": [site.story.bytes("other weights") | {"path": "model.safetensors"}]},
        )  # fmt: skip
        found = select.drilled([base, newer, other])
        assert found[newer.digest] == found[base.digest] == timezone.now().date()
        assert found[other.digest] is None

    @pytest.mark.attack(
        name="insert a restore record that no drill made",
        caught_by="a record counts only when the ledger tells that a job under a consumed permit ended with it",
        unless="the ledger is written anew up to the last checkpoint that left",
    )
    def test_a_record_without_a_consumed_permit_counts_for_nothing(self, site: Site, vault: Path) -> None:
        base = site.story["base"]
        spec = world.drill(site, base)
        with mutation(actor=site.engineer, action=custody.ACTION, project=site.story.project) as m:
            documents.freeze(
                m, kind=KINDS[kinds.RESTORE_RECORD], contributors=[], by=None,
                body=samples.restore_record(files=[samples.restored(sha256=sha256(WEIGHTS))]),
                references=[{"role": "spec", "digest": spec.digest}, {"role": "base_model", "digest": base.digest}],
            )  # fmt: skip
        assert select.drilled([base]) == {base.digest: None}
        assert select.drills([base]) == {base.digest: ()}

    def test_nobody_writes_a_record_by_hand(self, site: Site, vault: Path) -> None:
        links = {"spec": world.drill(site, site.story["base"]), "base_model": site.story["base"]}
        with pytest.raises(Denied):
            documents.document_submit(
                actor=site.story.people["owner"], project=site.story.project, kind=kinds.RESTORE_RECORD,
                body=samples.restore_record(),
                references=[{"role": role, "digest": found.digest} for role, found in links.items()],
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"files": [samples.restored(sha256=samples.digest("others"))]}, "signed manifest"),
            ({"backup": "elsewhere"}, "backup"),
            ({"folder": "other"}, "folder"),
            ({"answers": [{"prompt": "Another.", "text": "x", "tokens": 1}]}, "every prompt"),
            ({"loaded": False}, "do not bear out"),
            ({"title": ""}, "title"),
        ],
    )
    def test_what_a_lying_runner_sends_is_not_accepted(
        self, site: Site, vault: Path, changes: dict[str, Any], words: str
    ) -> None:
        job = world.launched(site, world.drill(site, site.story["base"]))
        assert attempts.accept(attempt=delivered(job, **changes)) is None
        assert hands.fresh(job).state == "failed"
        assert words in hands.fresh(job).reason
        assert select.drilled([site.story["base"]]) == {site.story["base"].digest: None}

    def test_a_record_under_another_permit(self, site: Site, vault: Path) -> None:
        job = world.launched(site, world.drill(site, site.story["base"]))

        def stolen(attempt: Attempt) -> dict[str, Any]:
            return record(attempt) | {"permit": samples.digest("another")}

        assert attempts.accept(attempt=delivered(job, stolen)) is None
        assert "another permit" in hands.fresh(job).reason

    def test_queries_do_not_grow_with_drills_or_bases(
        self, site: Site, vault: Path, django_assert_max_num_queries: Any
    ) -> None:
        passed(site)
        with django_assert_max_num_queries(8):
            select.drilled([site.story["base"]])
        passed(site)
        world.hosted(site)
        with django_assert_max_num_queries(8):
            assert len(select.drilled([site.story["base"], site.story["hosted"]])) == 2
        assert select.drilled([site.story["hosted"]]) == {site.story["hosted"].digest: None}


@pytest.mark.attack(
    name="make an old restore drill look recent by altering its row",
    caught_by="the day is read from the ledger entry, not from the row",
    unless="the ledger is written anew up to the last checkpoint that left",
)
def test_the_day_is_the_ledgers(site: Site, vault: Path) -> None:
    base = site.story["base"]
    made = passed(site)
    hacking.drop_triggers()
    hacking.alter(made, created_at=made.created_at + timedelta(days=400))
    assert select.drills([base])[base.digest][0].on == timezone.now().date()


def test_custody_is_told_alike_on_both_databases(each_site: Site, vault: Path) -> None:
    site, base = each_site, each_site.story["base"]
    made = passed(site)
    assert select.drilled([base]) == {base.digest: timezone.now().date()}
    assert select.drilled([base], made.seq) == {base.digest: None}
    asked = world.probe(site, world.hosted(site))
    assert probes.schedules(site.story["hosted"])[0].spec == asked
    assert (probes.changed(), probes.results(site.story["hosted"])) == ([], [])
