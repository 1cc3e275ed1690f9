"""A runner without a good permit does nothing; the control plane refuses it too, and records that."""

import base64
import json
import subprocess
import sys
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from governance import events
from governance.errors import Invalid, Refused
from governance.job_states import AttemptState
from governance.models import Attempt, KeyringVersion, LedgerEvent
from governance.proof.formats import keys
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek
from governance.proof.formats.permit import Permit, sign_permit
from governance.selectors.keys import root_fingerprint
from governance.services import attempts, permits
from tests.support import hacking, hands
from tests.support.deployment import REPOSITORY
from tests.support.governed import on_paper


def content_of(attempt):
    return Permit.model_validate_json(peek(bytes(attempt.permit)).payload)


def forged(original, folder, **changes):
    """A permit that says what it likes, signed by a key that the keyring does not know."""
    private, _ = keys.generate("ed25519")
    path = folder / "forger.pem"
    path.write_bytes(private)
    return sign_permit(content_of(original).model_copy(update=changes), keys.load_signer(f"file:{path}"))


def genuine(original, **changes):
    """A permit signed by the stolen permit key itself."""
    from governance import keyfiles

    return sign_permit(content_of(original).model_copy(update=changes), keyfiles.signer("permit"))


@pytest.fixture
def pair(site):
    """Two jobs with an issued permit each: (attempt, secret) twice."""
    return hands.issued(site.launch("one")), hands.issued(site.launch("two"))


class TestControlPlane:
    """Consumption, asked directly: what the runner itself would refuse is refused here again."""

    def refused(self, site, permit, secret, match, nonce=hands.NONCE):
        size = LedgerEvent.objects.count()
        with pytest.raises(Refused, match=match):
            permits.consume(permit=permit, secret=secret, nonce=nonce)
        last = LedgerEvent.objects.latest("entry_id")
        assert last.event.startswith("refusal:")
        assert LedgerEvent.objects.count() == size + 1

    def test_forged(self, site, pair, tmp_path):
        (attempt, secret), _ = pair
        self.refused(site, forged(attempt, tmp_path), secret, "key")

    def test_another_secret(self, site, pair):
        (attempt, _), (_, other) = pair
        self.refused(site, bytes(attempt.permit), other, "secret")

    def test_another_audience(self, site, pair):
        (attempt, secret), _ = pair
        self.refused(site, genuine(attempt, audience="https://elsewhere.example/executors/local"), secret, "expected")

    def test_expired(self, site, pair):
        (attempt, secret), _ = pair
        with time_machine.travel(timezone.now() + permits.PERMIT_LIFE + timedelta(seconds=1)):
            self.refused(site, bytes(attempt.permit), secret, "expired")

    def test_used(self, site, pair):
        (attempt, secret), _ = pair
        permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=hands.NONCE)
        self.refused(site, bytes(attempt.permit), secret, "used", nonce="m" * 32)

    def test_the_same_runner_may_ask_again(self, site, pair):
        (attempt, secret), _ = pair
        first = permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=hands.NONCE)[1]
        second = permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=hands.NONCE)[1]
        assert attempts.by_token(second).pk == attempt.pk
        with pytest.raises(Exception, match="no such attempt"):
            attempts.by_token(first)

    def test_the_nonce_replaced_by_sql(self, site, pair):
        (attempt, secret), _ = pair
        permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=hands.NONCE)
        hacking.alter(attempt, nonce="m" * 32)
        self.refused(site, bytes(attempt.permit), secret, "used", nonce="m" * 32)

    def test_the_attempt_set_back_by_sql(self, site, pair):
        (attempt, secret), _ = pair
        permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=hands.NONCE)
        hacking.alter(attempt, state="submitted", nonce="", consumed_seq=None)
        self.refused(site, bytes(attempt.permit), secret, "used", nonce="m" * 32)

    def test_an_ended_attempt_set_back_by_sql(self, site, pair):
        (attempt, secret), _ = pair
        attempts.end(attempt=hands.fresh(attempt), state=AttemptState.EXPIRED, reason="x", retry=False)
        hacking.alter(attempt, state="submitted")
        hacking.alter(attempt.job, state="running")
        self.refused(site, bytes(attempt.permit), secret, "ended")

    def test_a_permit_of_the_stolen_key_that_the_ledger_never_saw(self, site, pair):
        """Signed with our permit key, its attempt's row altered to fit: no leaf, no run."""
        (attempt, secret), _ = pair
        permit = genuine(attempt, bounds={"max_seconds": 999_999})
        self.refused(site, permit, secret, "no attempt")
        hacking.alter(attempt, permit_digest=sha256(permit))
        self.refused(site, permit, secret, "ledger tells")

    def test_revoked_after_issue(self, site, pair):
        (attempt, secret), _ = pair
        site.revoke("rubric")
        self.refused(site, bytes(attempt.permit), secret, "revoked")

    def test_cancelled_after_issue(self, site, pair):
        from governance.services import jobs

        (attempt, secret), _ = pair
        jobs.cancel(actor=site.engineer, job=attempt.job)
        self.refused(site, bytes(attempt.permit), secret, "used already|ended")

    @pytest.mark.parametrize(
        ("secret", "nonce"), [("\ud800" * 20, hands.NONCE), (None, "short"), (None, "é" * 20), (None, "n" * 65)]
    )
    def test_odd_characters_are_a_400(self, site, pair, secret, nonce):
        (attempt, own), _ = pair
        body = {
            "permit": base64.b64encode(bytes(attempt.permit)).decode(),
            "secret": secret if secret is not None else own,
            "nonce": nonce,
        }
        answer = hands.Runner().post("consume", body)
        assert answer.status_code == 400
        assert Attempt.objects.get(pk=attempt.pk).state == "issued"

    @pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"permit":', b'{"permit":"%%%"}', b"[" * 100_000])
    def test_bodies_that_are_no_request(self, site, body):
        from django.test import Client

        answer = Client().post("/control/v1/consume", body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["field"]


class TestResult:
    """What arrives under a token is held against attempt, uploads and ledger."""

    def test_another_attempts_token_delivers_for_itself_only(self, site):
        _, first = hands.consumed(site.launch("one"))
        other, second = hands.consumed(site.launch("two"), nonce="m" * 32)
        result = hands.delivered(first)
        answer = hands.Runner(second).post("result", result)
        assert answer.status_code == 400  # the file was uploaded by the first
        assert "did not upload" in answer.json()["detail"]
        other.refresh_from_db()
        assert other.state == "consumed"

    @pytest.mark.parametrize("token", ["", "guessed-token"])
    @pytest.mark.parametrize("door", ["result", "failed", "heartbeat"])
    def test_without_a_token(self, site, token, door):
        attempt, _ = hands.consumed(site.launch())
        assert hands.Runner(token).post(door, {"body": {}, "files": []}).status_code == 404
        assert hands.fresh(attempt).state == "consumed"

    def test_a_token_planted_by_sql_without_consumption(self, site):
        attempt, _ = hands.issued(site.launch())
        hacking.alter(
            attempt,
            state="consumed",
            token_sha256=sha256(b"planted"),
            lease_until=timezone.now() + timedelta(hours=1),
        )
        result = hands.delivered("planted")
        answer = hands.Runner("planted").post("result", result)
        assert answer.status_code == 409
        assert LedgerEvent.objects.filter(event=events.ATTEMPT_RECEIVED, entry_id__gt=attempt.permit_seq).count() == 0
        assert LedgerEvent.objects.latest("entry_id").event.startswith("refusal:")

    def test_after_the_lease_ran_out(self, site):
        attempt, token = hands.consumed(site.launch())
        result = hands.delivered(token)
        with time_machine.travel(timezone.now() + permits.lease() + timedelta(seconds=1)):
            for door, body in (("result", result), ("heartbeat", {}), ("failed", {"reason": "x"})):
                assert hands.Runner(token).post(door, body).status_code == 409
            assert hands.Runner(token).get("documents/work.json").status_code == 409
        assert hands.fresh(attempt).result is None

    def test_a_result_twice(self, site):
        attempt, token = hands.consumed(site.launch())
        result, runner = hands.delivered(token), hands.Runner(token)
        assert runner.post("result", result).status_code == 200
        assert runner.post("result", result).status_code == 200
        assert runner.post("result", result | {"body": {"title": "Other"}}).status_code == 409
        assert hands.fresh(attempt).result["body"] == {"title": "Made"}
        assert site.events(events.ATTEMPT_RECEIVED) == 2  # this one, and the story's baseline

    def test_bytes_that_are_not_those_of_the_name(self, site):
        attempt, token = hands.consumed(site.launch())
        answer = hands.Runner(token).put(sha256(b"what was promised"), b"what came")
        assert answer.status_code == 400
        assert not attempt.uploads.exists()

    @pytest.mark.parametrize("name", ["sha256:../../etc/passwd", "md5:" + "0" * 32, "sha256:" + "0" * 63])
    def test_uploads_under_other_names(self, site, name):
        _, token = hands.consumed(site.launch())
        assert hands.Runner(token).put(name, b"x").status_code in (400, 404)

    @pytest.mark.parametrize(
        "result",
        [
            {},
            {"body": [], "files": []},
            {"body": {"title": 1.5}, "files": []},
            {"body": {"title": "\x00"}, "files": []},
            {"body": {"title": "x"}, "files": [{"path": "../x", "size": 1, "sha256": "sha256:" + "0" * 64}]},
            {"body": {"title": "x"}, "files": [{"path": "x", "size": 1, "sha256": "sha256:" + "0" * 64}]},
            {"body": {"title": "x"}, "files": [{"path": "x", "size": 1, "sha256": "x", "more": 1}]},
        ],
    )
    def test_results_of_no_use(self, site, result):
        attempt, token = hands.consumed(site.launch())
        assert hands.Runner(token).post("result", result).status_code == 400
        assert hands.fresh(attempt).state == "consumed"

    def test_only_inputs_that_the_permit_names(self, site):
        _, token = hands.consumed(site.launch())
        runner = hands.Runner(token)
        assert b"".join(runner.get("documents/work.json").streaming_content)
        for name in ("documents/other.json", "../keys/permit.pem", site.story["rubric"].digest):
            assert runner.get(name).status_code == 404

    def test_bytes_spoilt_in_the_store_after_delivery(self, site):
        from governance import store

        job = site.launch()
        attempt = hands.received(job)
        path = store.path_of(sha256(hands.MADE))
        path.chmod(0o640)
        path.write_bytes(b"spoilt")
        assert attempts.accept(attempt=attempt) is None
        job.refresh_from_db()
        assert (job.state, job.output) == ("failed", None)

    def test_progress_that_no_database_could_hold(self, site):
        attempt, token = hands.consumed(site.launch())
        wild = {"done": 1e300, "message": "a\x00b" * 500, "figures": {"loss": "nan", "x": [1] * 99}}
        assert hands.Runner(token).post("heartbeat", {"progress": wild, "lines": ["a\x00b"]}).status_code == 200
        attempt.refresh_from_db()
        assert attempt.progress["figures"]["loss"] == "nan"
        assert "\x00" not in attempt.log + attempt.progress["message"]
        assert len(attempt.progress["message"]) <= 300


class TestVerdicts:
    """A runner measures; it does not judge."""

    def deliver(self, site, **changes):
        attempt, token = hands.consumed(self.job(site))
        outputs = hands.stored(b"answers", "outputs.jsonl")
        attempts.keep_upload(attempt=attempt, digest=outputs["sha256"], chunks=[b"answers"])
        from tests.support import papers

        body = papers.evaluation_result("base", outputs, 0.5) | changes
        attempts.receive(attempt=attempts.by_token(token), result={"body": body, "files": [outputs]})
        assert attempts.accept(attempt=hands.fresh(attempt)) is None
        return hands.fresh(attempt).reason

    def job(self, site):
        from governance.services import jobs

        plan = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}
        body = {"arm": "base", "attempt_index": 2, "note": ""}
        site.story.submit("engineer", "again", "evals.evaluation_spec", body, **plan, subject="base")
        return jobs.launch(actor=site.engineer, spec=site.story["again"])

    def test_verdicts_sent_along(self, site):
        from tests.support import papers

        assert "verdicts are made here" in self.deliver(site, **papers.judgement())

    def test_another_arm_than_specified(self, site):
        assert "as specified" in self.deliver(site, arm="tuned")

    def test_another_number_of_cases(self, site):
        assert "as specified" in self.deliver(site, n=299)


class TestRunner:
    """The runner as a process, with a control plane that answers: exit 3, and the entry point is never reached."""

    def start(self, site, permit, secret, folder, audience=None):
        work = folder / uuid.uuid4().hex / "work"
        work.mkdir(parents=True)
        (folder / "permit").write_bytes(permit)
        keyrings = [base64.b64encode(bytes(row.envelope)).decode() for row in KeyringVersion.objects.all()]
        trust = {"root_fingerprint": root_fingerprint(), "keyrings": keyrings}
        (folder / "trust").write_text(json.dumps(trust))
        command = [
            sys.executable, "-m", "governance.runner", "--permit", str(folder / "permit"), "--trust",
            str(folder / "trust"), "--control", site.deployment.url, "--work", str(work), "--audience",
            audience or permits.audience(),
        ]  # fmt: skip
        done = subprocess.run(command, input=secret + "\n", capture_output=True, text=True, cwd=REPOSITORY, timeout=60)
        return done, (work.parent / "ran").exists()

    def test_bad_permits(self, site, pair, tmp_path):
        (attempt, secret), (_, other) = pair
        used, used_secret = hands.issued(site.launch("three"))
        permits.consume(permit=bytes(used.permit), secret=used_secret, nonce=hands.NONCE)
        genuine_permit = bytes(attempt.permit)
        past = content_of(attempt).model_copy(
            update={"issued_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T00:10:00Z"}
        )
        attacks = {
            "none": (b"", secret, None),
            "rubbish": (b"{}", secret, None),
            "forged": (forged(attempt, tmp_path), secret, None),
            "another secret": (genuine_permit, other, None),
            "no secret": (genuine_permit, "", None),
            "another audience": (genuine_permit, secret, "https://elsewhere.example"),
            "expired": (genuine(attempt, **past.model_dump(include={"issued_at", "expires_at"})), secret, None),
            "used": (bytes(used.permit), used_secret, None),
            "made up": (genuine(attempt, attempt=str(uuid.uuid4())), secret, None),
        }
        site.start_web()
        before = site.refusals()
        for name, (permit, told, audience) in attacks.items():
            done, ran = self.start(site, permit, told, tmp_path, audience)
            assert done.returncode == 3, (name, done.stderr)
            assert not ran, name
        assert {a.state for a in Attempt.objects.filter(pk=attempt.pk)} == {"issued"}
        assert site.refusals() == before + 2  # "used" and "made up"; the runner saw through the others itself

    def test_a_good_permit_works_once(self, site, pair, tmp_path):
        (attempt, secret), _ = pair
        site.start_web()
        done, ran = self.start(site, bytes(attempt.permit), secret, tmp_path)
        assert (done.returncode, ran) == (0, True), done.stderr
        again, ran = self.start(site, bytes(attempt.permit), secret, tmp_path)
        assert (again.returncode, ran) == (3, False)
        assert hands.fresh(attempt).state == "received"

    def test_an_executor_called_with_a_made_up_attempt(self, site, pair, tmp_path):
        """Somebody in the worker's own process hands the executor an attempt nobody issued."""
        import time

        from governance.jobs.executors import Seen
        from governance.jobs.executors.local import LocalExecutor

        (attempt, secret), _ = pair
        site.start_web()
        executor = LocalExecutor()
        for permit in (forged(attempt, tmp_path), genuine(attempt, attempt=str(uuid.uuid4()))):
            made_up = Attempt(id=uuid.uuid4(), job=attempt.job, number=1, state="issued", permit=permit)
            executor.submit(made_up, secret)
            until = time.monotonic() + 60
            while (seen := executor.observe(made_up)).seen is not Seen.EXITED and time.monotonic() < until:
                time.sleep(0.05)
            assert seen.code == 3, executor.logs(made_up, 0)
        assert not site.ran()


class TestInputs:
    """Bytes changed after approval: before the permit the gate sees it, afterwards the runner does."""

    def spoil(self, digest):
        from governance import store

        path = store.path_of(digest)
        path.chmod(0o640)
        content = bytearray(path.read_bytes())
        content[0] ^= 1
        path.write_bytes(bytes(content))

    def test_before_the_permit(self, site):
        entry = hands.stored(b"the approved bytes")
        job = site.launch(file=entry)
        self.spoil(entry["sha256"])
        place = hands.Pretended()
        hands.worker(place).step()
        job.refresh_from_db()
        assert job.state == "refused"
        assert not place.secrets

    @pytest.mark.parametrize("change", ["one byte", "gone"])
    def test_after_the_permit(self, site, tmp_path, change):
        from governance import store

        entry = hands.stored(b"the approved bytes")
        attempt, secret = hands.issued(site.launch(file=entry))
        if change == "gone":
            store.path_of(entry["sha256"]).unlink()
        else:
            self.spoil(entry["sha256"])
        site.start_web()
        done, ran = TestRunner().start(site, bytes(attempt.permit), secret, tmp_path)
        assert done.returncode in (4, 5), done.stderr
        assert not ran
        if change == "one byte":
            assert "the permit names" in hands.fresh(attempt).reason

    def test_a_model_file_at_every_gate(self, site):
        from governance.selectors import documents as docs
        from governance.services import jobs

        spec = site.train()
        self.spoil(docs.body(site.story["base"]).files[0].sha256)
        with on_paper(), pytest.raises(Refused, match="base_model_bytes"):
            jobs.launch(actor=site.engineer, spec=spec)

    def test_a_dataset_byte_in_the_store(self, site):
        from governance.selectors import documents as docs
        from governance.services import jobs

        spec = site.train()
        self.spoil(docs.body(site.story["dataset"]).files[0].sha256)
        with on_paper(), pytest.raises(Refused, match="dataset_bytes"):
            jobs.launch(actor=site.engineer, spec=spec)

    def test_nothing_frozen_can_name_bytes_that_are_not_there(self, site):
        with pytest.raises(Invalid, match="upload"):
            site.work(file={"path": "x", "size": 1, "sha256": "sha256:" + "0" * 64})
