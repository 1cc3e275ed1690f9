"""Rows put there or altered by SQL: the worker asks the ledger, not the row. Nothing runs, and it is recorded."""

import uuid

import pytest
from django.utils import timezone

from governance import events
from governance.errors import Refused
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Document, Job, LedgerEvent, LedgerOpening, LedgerSubject, Reference, Upload
from governance.proof.formats.canonical import dumps, loads, sha256
from governance.selectors import documents as docs
from governance.services import attempts, jobs, permits
from tests.support import hacking, hands
from tests.support.governed import on_paper


@pytest.fixture(autouse=True)
def paper():
    with on_paper():
        yield


def insert(spec, *, by, seq, state="queued", purpose="toy"):
    """Put a job's row there without asking anybody."""
    now = timezone.now()
    return Job.objects.create(
        purpose=purpose,
        project=spec.project,
        spec=spec,
        requested_by=by,
        state=state,
        created_at=now,
        changed_at=now,
        seq=seq,
    )


def refuses(site, job, check="admission"):
    """The worker refuses the job, for that check, on the ledger; no permit, no attempt, nothing ran."""
    permits_before, place = site.events(events.PERMIT_ISSUED), hands.Pretended()
    for _ in range(2):
        hands.worker(place).step()
    job.refresh_from_db()
    assert job.state == "refused"
    assert site.events(events.PERMIT_ISSUED) == permits_before
    assert not place.secrets
    assert not site.ran()
    entry = LedgerEvent.objects.filter(event=events.JOB_REFUSED).latest("entry_id").entry
    assert LedgerSubject.objects.filter(entry=entry, subject=f"job:{job.pk}").exists()
    assert check in {finding["check"] for finding in LedgerOpening.objects.get(entry=entry).private["findings"]}


@pytest.mark.parametrize("state", ["queued", "armed"])
def test_a_row_inserted_by_hand(site, state):
    refuses(site, insert(site.work(), by=site.engineer, seq=10**6, state=state))


def test_a_row_with_the_seq_of_another_job(site):
    genuine = site.launch("genuine")
    seq = genuine.seq
    hacking.alter(genuine, seq=10**6, state="cancelled")
    refuses(site, insert(site.work("smuggled"), by=site.engineer, seq=seq))


def test_a_row_with_the_seq_its_release_will_have(site):
    """An armed row that guesses which entry would admit it."""
    size = LedgerEvent.objects.count()
    refuses(site, insert(site.work(), by=site.engineer, seq=size + 4, state="armed"))


def test_a_row_of_a_purpose_that_does_not_fit(site):
    refuses(site, insert(site.story["rubric"], by=site.engineer, seq=10**6), "documents")


@pytest.mark.parametrize("column", ["spec_id", "requested_by_id", "purpose"])
def test_a_row_altered_after_it_was_admitted(site, column):
    job = site.launch()
    other = {
        "spec_id": site.work("another").digest,
        "requested_by_id": site.story.people["officer"].pk,
        "purpose": "train",
    }
    hacking.alter(job, **{column: other[column]})
    refuses(site, hands.fresh(job))


def test_an_ended_job_is_not_queued_again(site):
    for end in ("cancel", "finish", "lose"):
        job = site.launch(end)
        if end == "cancel":
            jobs.cancel(actor=site.engineer, job=job)
        elif end == "finish":
            hands.finished(job)
        else:
            attempt, _ = hands.consumed(job)
            attempts.end(attempt=attempt, state=AttemptState.LOST, reason="lost", retry=False)
        hacking.alter(job, state="queued")
        refuses(site, job)


def test_an_armed_job_is_not_queued_by_sql(site):
    spec = site.work()
    site.revoke("rubric")
    job = jobs.launch(actor=site.engineer, spec=spec, arm=True)
    assert job.state == "armed"
    hacking.alter(job, state="queued")
    refuses(site, job)


def test_a_running_job_gets_no_second_permit(site):
    """Job and attempt set back by SQL while a runner works: it works alone."""
    job = site.launch()
    attempt, _token = hands.consumed(job)
    hacking.alter(attempt, state="lost")
    hacking.alter(job, state="queued")
    refuses(site, job)


def test_attempts_deleted_by_sql_still_count(site):
    job = site.launch()
    for number in range(6):
        attempt, _ = hands.issued(job)
        attempts.end(attempt=hands.fresh(attempt), state=AttemptState.EXPIRED, reason="x", retry=number < 5)
    Attempt.objects.filter(job=job).delete()
    hacking.alter(job, state="queued")
    refuses(site, job)


def test_a_job_running_without_an_attempt_is_given_up(site):
    job = site.launch()
    attempt, _ = hands.consumed(job)
    hacking.alter(attempt, state="failed")
    hands.worker().step()
    job.refresh_from_db()
    assert job.state == "lost"
    assert site.events(events.JOB_ENDED) == 2


class TestDocuments:
    """The run specification edited in the database, triggers dropped first as the owner would."""

    def edited(self, spec):
        hacking.drop_triggers()
        value = loads(bytes(spec.content))
        value["body"]["budget"]["max_seconds"] = 999_999
        content = dumps(value)
        return content, sha256(content)

    def test_bytes_changed_before_launch(self, site):
        spec = site.train()
        content, _ = self.edited(spec)
        hacking.alter(spec, content=content)
        before = site.refusals()
        with pytest.raises(Refused, match="altered"):
            jobs.launch(actor=site.engineer, spec=Document.objects.get(pk=spec.pk))
        assert site.refusals() == before + 1
        assert not Job.objects.filter(spec=spec).exists()

    def test_bytes_changed_after_launch(self, site):
        spec = site.train()
        job = jobs.launch(actor=site.engineer, spec=spec)
        content, _ = self.edited(spec)
        hacking.alter(spec, content=content)
        refuses(site, job, "documents")

    def test_the_job_pointed_at_an_edited_copy(self, site):
        spec = site.train()
        job = jobs.launch(actor=site.engineer, spec=spec)
        copy = self.copied(spec)
        hacking.alter(job, spec_id=copy.digest)
        refuses(site, hands.fresh(job), "documents")

    def copied(self, spec):
        """Insert the edited document under its own digest: consistent in itself, and never frozen here."""
        content, digest = self.edited(spec)
        copy = Document.objects.get(pk=spec.pk)
        links = list(Reference.objects.filter(source=spec))
        copy.digest, copy.content, copy._state.adding = digest, content, True
        hacking.execute("DELETE FROM governance_reference WHERE source_id = %s", spec.digest)
        hacking.alter(spec, number=7, seq=10**6)  # the copy takes its place and its leaf
        copy.save()
        Reference.objects.bulk_create(Reference(source=copy, role=r.role, target_id=r.target_id) for r in links)
        return Document.objects.get(pk=digest)

    def test_an_edited_copy_launched_through_the_front_door(self, site):
        copy = self.copied(site.train())
        assert docs.closure([copy])
        with pytest.raises(Refused, match="never saw frozen"):
            jobs.launch(actor=site.engineer, spec=copy)
        assert not Job.objects.filter(spec=copy).exists()

    def test_a_signed_document_altered(self, site):
        job = jobs.launch(actor=site.engineer, spec=site.train())
        content, _ = self.edited(site.story["run"])
        hacking.alter(site.story["thresholds"], content=content)
        refuses(site, job, "documents")


class TestResults:
    """Results planted by SQL never become documents."""

    def planted(self, site, job, **columns):
        entry = hands.stored(b"planted", "made.txt")
        result = {"body": {"title": "Planted"}, "files": [entry]}
        now = timezone.now()
        row = Attempt.objects.create(
            job=job,
            number=9,
            state="received",
            permit=b"{}",
            permit_digest="sha256:" + uuid.uuid4().hex * 2,
            permit_seq=10**6,
            expires_at=now,
            created_at=now,
            changed_at=now,
            result=result,
            **columns,
        )
        Upload.objects.create(attempt=row, sha256=entry["sha256"], size=entry["size"])
        return row

    def test_a_received_attempt_inserted_by_hand(self, site):
        job = site.launch()
        hacking.alter(job, state="running")
        row = self.planted(site, job, consumed_seq=10**6, nonce=hands.NONCE)
        self.rejects(site, job, row)

    def test_a_result_swapped_after_it_was_received(self, site):
        job = site.launch()
        row = hands.received(job)
        Attempt.objects.filter(pk=row.pk).update(
            result={**(row.result or {}), "body": {"title": "Swapped"}},
        )
        self.rejects(site, job, row)

    def test_state_set_to_received_without_consumption(self, site):
        job = site.launch()
        row, _ = hands.issued(job)
        entry = hands.stored(b"planted", "made.txt")
        Attempt.objects.filter(pk=row.pk).update(
            state="received", result={"body": {"title": "Planted"}, "files": [entry]}
        )
        self.rejects(site, job, row)

    def rejects(self, site, job, row):
        before = site.refusals()
        hands.worker().step()
        row.refresh_from_db()
        job.refresh_from_db()
        assert row.state == "failed"
        assert (job.state, job.output) == ("failed", None)
        assert not Document.objects.filter(kind="test.outcome").exists()
        assert site.refusals() == before + 1

    def test_an_output_pinned_to_a_job_by_sql_was_not_made_under_a_permit(self, site):
        """Releases and baselines rest on `accepted`, and that on the ledger."""
        from evals.purposes import accepted

        assert accepted(site.story["baseline"])
        other = site.launch()
        hands.finished(other)
        hacking.alter(other, output_id=site.story["rubric"].digest)
        assert not accepted(site.story["rubric"])
        hacking.alter(hands.fresh(other), output_id=site.story["baseline"].digest)
        Attempt.objects.filter(job__output=site.story["baseline"]).exclude(job=other).update(state="failed")
        assert accepted(site.story["baseline"])  # still by its own leaves


def test_every_state_but_queued_starts_nothing(site):
    job = site.launch()
    for state in JobState:
        if state not in (JobState.QUEUED, JobState.ARMED, JobState.RUNNING):
            hacking.alter(job, state=state.value)
            place = hands.Pretended()
            hands.worker(place).step()
            assert not place.secrets
    hacking.alter(job, state="queued")
    assert permits.issue(job=hands.fresh(job)) is not None  # as the ledger tells it
