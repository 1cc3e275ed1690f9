"""Probes of a hosted model: asked by a permitted runner, counted and compared here, repeated by the clock."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from governance import events, store
from governance.errors import Denied, Refused
from governance.job_states import AttemptState
from governance.models import Document, Job, Notice, Review
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek
from governance.proof.formats.leaf import Leaf
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import jobs as select_jobs
from governance.selectors import ledger
from governance.services import attempts, documents, jobs, people
from governance.services.ledger import mutation
from tests.evals.engine.backends.endpoint import Reply, proper, serving
from tests.gate.test_permits import content_of
from tests.governance.api.conftest import Api
from tests.support import hands
from tests.support.governed import Site
from tests.support.watching import watched
from tests.training.custody import samples, world
from training.bodies.custody import ProbeResultBody, ProbeSpecBody
from training.kinds import custody as kinds
from training.selectors import probes as select
from training.selectors import risk as risk_select
from training.services import probes, risk, risk_reviews

SECRET = "sk-0123456789-never-to-be-seen"


class Hosted:
    """A hosted model whose answers are drawn from `answers`; the test may change them in silence."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.draw = random.Random(1)
        self.name = "big-2026-01"

    def __call__(self, body: dict[str, Any], _before: int) -> Reply:
        self.asked += 1
        said = self.draw.choice(self.answers)
        answer = json.loads(proper(body, message={"role": "assistant", "content": said}))
        return Reply(content=json.dumps(answer | {"model": self.name}).encode())


@pytest.fixture
def model() -> Hosted:
    return Hosted("Paris", "Paris.", "It is Paris.")


@pytest.fixture
def address(model: Hosted, settings: Any, monkeypatch: Any) -> Any:
    monkeypatch.setenv("EXAMPLE_KEY", SECRET)
    with serving(model) as (found, _):
        settings.COUNTERSIGN_ENDPOINTS = [f"{found} EXAMPLE_KEY"]
        yield found


def spec(site: Site, address: str, **changes: Any) -> Document:
    endpoint = {"address": address, "model": world.SNAPSHOT, "key_from": "EXAMPLE_KEY"} | changes.pop("endpoint", {})
    base = site.story.made.get("hosted") or world.hosted(site)
    return world.probe(site, base, endpoint=endpoint, **changes)


def answered(job: Job, work: Path) -> Document:
    """Let a runner do the work in this process, and accept its result."""
    work.mkdir()
    made = attempts.accept(attempt=hands.worked(job, work))
    assert made is not None, hands.fresh(job).reason
    return made


def body_of(result: Document) -> ProbeResultBody:
    found: ProbeResultBody = docs.model_body(result, ProbeResultBody)
    return found


def forged_without_a_permit(site: Site, like: Document) -> Document:
    """Freeze a result that says that nothing changed, with no job behind it."""
    body = {**docs.envelope(like).body, "changed": None, "whole": None}
    body["prompts"] = [{**prompt, "difference": None} for prompt in body["prompts"]]
    with mutation(actor=site.engineer, action=probes.ACTION, project=site.story.project) as m:
        return documents.freeze(
            m, kind=KINDS[kinds.PROBE_RESULT], body=body, contributors=[], by=None,
            references=[{"role": x.role, "digest": x.digest} for x in docs.envelope(like).references],
        )  # fmt: skip


class TestGate:
    """What may be asked, and by whom."""

    def test_the_permit_names_the_keys_variable_and_no_key(self, site: Site, address: str) -> None:
        attempt, _ = hands.issued(world.launched(site, spec(site, address)))
        permit = content_of(attempt)
        assert (permit.variables, [item.name for item in permit.inputs]) == (
            ["EXAMPLE_KEY"], ["documents/probe_spec.json"],
        )  # fmt: skip
        assert SECRET not in json.dumps(permit.model_dump())

    @pytest.mark.parametrize(
        ("endpoint", "words"),
        [
            ({"model": "small"}, "a name of the base model: big-2026-01, big"),
            ({"address": "https://elsewhere.example/v1"}, "lists no endpoint"),
            ({"key_from": "PATH"}, "does not let PATH"),
        ],
    )
    def test_another_model_another_address_another_key(
        self, site: Site, address: str, endpoint: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(Refused) as refusal:
            world.launched(site, spec(site, address, endpoint=endpoint))
        assert words in str(refusal.value)

    def test_a_name_on_record_will_do(self, site: Site, address: str) -> None:
        assert world.launched(site, spec(site, address, endpoint={"model": "big"})).state == "queued"

    def test_weights_that_we_hold_are_not_probed(self, site: Site, address: str) -> None:
        endpoint = {"address": address, "model": "Tiny Llama", "key_from": "EXAMPLE_KEY"}
        with pytest.raises(Refused, match="of which we hold the files"):
            world.launched(site, world.probe(site, site.story["base"], endpoint=endpoint))

    @pytest.mark.parametrize("who", ["dataowner", "expert"])
    def test_the_wrong_role(self, site: Site, address: str, who: str) -> None:
        found = spec(site, address)
        with pytest.raises(Denied):
            jobs.launch(actor=site.story.people[who], spec=found)
        with pytest.raises(Denied):
            probes.stop(actor=site.story.people[who], spec=found)

    def test_a_base_model_that_was_revoked(self, site: Site, address: str) -> None:
        found = spec(site, address)
        site.revoke("hosted")
        with pytest.raises(Refused, match="revoked"):
            world.launched(site, found)

    def test_a_reference_that_was_asked_otherwise(self, site: Site, address: str, tmp_path: Path) -> None:
        first = answered(world.launched(site, spec(site, address)), tmp_path / "first")
        with pytest.raises(Exception, match=r"asked otherwise.*temperature"):
            documents.document_submit(
                actor=site.engineer, project=site.story.project, kind=kinds.PROBE_SPEC,
                body=samples.probe_spec(temperature="0.5"),
                references=[
                    {"role": "base_model", "digest": site.story["hosted"].digest},
                    {"role": "reference", "digest": first.digest},
                ],
            )  # fmt: skip

    def test_a_reference_that_nobody_was_permitted_to_make(self, site: Site, address: str, tmp_path: Path) -> None:
        found = spec(site, address)
        first = answered(world.launched(site, found), tmp_path / "first")
        with mutation(actor=site.engineer, action=probes.ACTION, project=site.story.project) as m:
            forged = documents.freeze(
                m, kind=KINDS[kinds.PROBE_RESULT], body=docs.envelope(first).body, contributors=[], by=None,
                references=[
                    {"role": "spec", "digest": found.digest},
                    {"role": "base_model", "digest": site.story["hosted"].digest},
                ],
            )  # fmt: skip
        naming = documents.document_submit(
            actor=site.engineer, project=site.story.project, kind=kinds.PROBE_SPEC, body=docs.envelope(found).body,
            references=[
                {"role": "base_model", "digest": site.story["hosted"].digest},
                {"role": "reference", "digest": forged.digest},
            ],
        )  # fmt: skip
        with pytest.raises(Refused, match="no consumed permit stands behind it"):
            world.launched(site, naming)
        assert [one.result for one in select.results(site.story["hosted"])] == [first]


class TestChange:
    """A hosted model that changes in silence."""

    @pytest.mark.attack(
        name="exchange a hosted model for another under the same name",
        caught_by="the fixed prompts of a scheduled probe are answered otherwise than before, beyond what chance does",
        unless="it answers these very prompts as before; the probe says what it can see, not that nothing changed",
    )
    def test_it_is_found_and_stands_until_a_result_without_one(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        probe = spec(site, address)
        first = body_of(answered(world.launched(site, probe), tmp_path / "1"))
        assert (first.changed, first.whole, first.answered) == (None, None, 20)
        assert first.prompts[0].answers == 10
        again = body_of(answered(world.launched(site, probe), tmp_path / "2"))
        assert again.changed is False
        assert select.changed() == []

        model.answers = ["I cannot help with that.", "I am unable to say."]
        made = answered(world.launched(site, probe), tmp_path / "3")
        found = body_of(made)
        assert found.changed is True
        assert "capital, sum" in found.finding
        size = ledger.size()
        assert select.changed() == [(site.story["hosted"].digest, made, found.finding)]
        assert select.changed(made.seq) == [], "as it was before"
        forged_without_a_permit(site, made)
        assert select.changed() == [(site.story["hosted"].digest, made, found.finding)]
        about = Notice.objects.filter(kind="custody")
        assert {"owner", "officer", "engineer"} <= set(about.values_list("to__username", flat=True))
        assert not any(found.finding in text for text in about.values_list("text", flat=True))

        job = probes.take_as_reference(actor=site.engineer, result=made)
        taken = body_of(answered(job, tmp_path / "4"))
        assert taken.changed is False
        assert select.changed() == []
        assert [base for base, _, _ in select.changed(size)] == [site.story["hosted"].digest]

    @pytest.mark.attack(
        name="stop a probe unseen, by accepting its change while its gate is closed",
        caught_by="the gate is asked before the next version is frozen: refused, nothing is changed",
        unless="somebody who may stops it, which is a version of its own",
    )
    def test_a_change_that_cannot_be_accepted_leaves_the_probe_as_it_was(
        self, site: Site, address: str, tmp_path: Path, settings: Any
    ) -> None:
        probe = spec(site, address)
        made = answered(world.launched(site, probe), tmp_path / "1")
        listed, settings.COUNTERSIGN_ENDPOINTS = settings.COUNTERSIGN_ENDPOINTS, []
        with pytest.raises(Refused, match="lists no endpoint"):
            probes.take_as_reference(actor=site.engineer, result=made)
        settings.COUNTERSIGN_ENDPOINTS = listed
        (one,) = select.schedules(site.story["hosted"])
        assert (one.spec, one.due is not None) == (probe, True)
        probes.stop(actor=site.engineer, spec=probe)
        with pytest.raises(Refused, match="is not repeated"):
            probes.stop(actor=site.engineer, spec=probe)

    @pytest.mark.attack(
        name="take a change back by a result that was compared with nothing",
        caught_by="a change stands until a comparison finds none",
        unless="it is accepted, which stands on record",
    )
    def test_a_question_asked_otherwise_takes_no_change_back(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        probe = spec(site, address)
        answered(world.launched(site, probe), tmp_path / "1")
        model.answers = ["I cannot help with that.", "I am unable to say."]
        made = answered(world.launched(site, probe), tmp_path / "2")
        other = docs.envelope(probe).body | {"temperature": "0.5"}
        links = [{"role": "base_model", "digest": site.story["hosted"].digest}]
        newer = documents.document_submit(
            actor=site.engineer, project=site.story.project, kind=kinds.PROBE_SPEC, body=other, references=links,
            base=probe,
        )  # fmt: skip
        assert body_of(answered(world.launched(site, newer), tmp_path / "3")).changed is None
        assert [result for _, result, _ in select.changed()] == [made]

    def test_answers_too_few_to_show_a_change_are_no_reference(self, site: Site, address: str, tmp_path: Path) -> None:
        asked = {"prompts": [{"id": "capital", "text": "What is the capital of France?"}]}
        probe = spec(site, address, repeats=3, alpha="0.2", **asked)
        first = answered(world.launched(site, probe), tmp_path / "1")
        body = docs.envelope(probe).body | {"repeats": 5, "alpha": "0.02"}
        base = {"role": "base_model", "digest": site.story["hosted"].digest}
        frozen = {"actor": site.engineer, "project": site.story.project, "kind": kinds.PROBE_SPEC, "body": body}
        with pytest.raises(Exception, match="no change could be shown"):
            documents.document_submit(
                **frozen, references=[base, {"role": "reference", "digest": first.digest}], base=probe
            )
        newer = documents.document_submit(**frozen, references=[base], base=probe)
        assert select.reference(newer) is None

    def test_another_name_is_told_and_is_no_change_by_itself(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        probe = spec(site, address)
        answered(world.launched(site, probe), tmp_path / "1")
        model.name = "big-2026-06"
        found = body_of(answered(world.launched(site, probe), tmp_path / "2"))
        assert found.changed is False
        assert found.finding.endswith("The endpoint calls itself 'big-2026-06' now, 'big-2026-01' then.")

    def test_the_answers_are_kept_and_counted_here(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        made = answered(world.launched(site, spec(site, address)), tmp_path / "1")
        body = body_of(made)
        lines = [json.loads(line) for line in store.read(body.answers.sha256).splitlines()]
        assert len(lines) == 20 == model.asked
        capital = [line["text"] for line in lines if line["prompt"] == "capital"]
        assert {common.text: common.count for common in body.prompts[0].common} == {
            text: capital.count(text) for text in set(capital)
        }

    def test_a_lying_runner(self, site: Site, address: str) -> None:
        probe = spec(site, address)
        few = b'{"finished":true,"prompt":"capital","repeat":1,"text":"Paris","tokens":1}\n'

        def deliver(job: Job, **changes: Any) -> str:
            attempt, token = hands.consumed(job)
            entry = attempts.keep_upload(attempt=attempts.by_token(token), digest=sha256(few), chunks=[few])
            file = {"path": "answers.jsonl", "size": entry.size, "sha256": entry.sha256}
            body = {
                "answers": file, "asked": 20, "answered": 20, "seconds": "1", "cost": None, "environment": {},
                "permit": sha256(peek(bytes(attempt.permit)).payload),
            } | changes  # fmt: skip
            attempts.receive(attempt=attempts.by_token(token), result={"body": body, "files": [file]})
            assert attempts.accept(attempt=hands.fresh(attempt)) is None
            return str(hands.fresh(job).reason)

        assert "19 answers are missing" in deliver(world.launched(site, probe))
        assert "another permit" in deliver(world.launched(site, probe), permit=samples.digest("other"))
        assert "expected 10 to each prompt" in deliver(world.launched(site, probe), answered=19)
        assert "changed" in deliver(world.launched(site, probe), changed=False)
        missing = {"path": "answers.jsonl", "size": 1, "sha256": samples.digest("elsewhere")}
        assert "not delivered" in deliver(world.launched(site, probe), answers=missing)
        assert select.results(site.story["hosted"]) == []

    def test_queries_do_not_grow_with_results(
        self, site: Site, address: str, tmp_path: Path, django_assert_max_num_queries: Any
    ) -> None:
        probe = spec(site, address)
        answered(world.launched(site, probe), tmp_path / "1")
        with django_assert_max_num_queries(9):
            select.results(site.story["hosted"])
        answered(world.launched(site, probe), tmp_path / "2")
        with django_assert_max_num_queries(9):
            assert len(select.results(site.story["hosted"])) == 2


class TestSchedule:
    """By the clock, in the name of whoever launched it."""

    def at(self, days: float) -> datetime:
        return datetime.now(UTC) + timedelta(days=days)

    def test_it_is_repeated_when_it_is_due_and_once(self, site: Site, address: str, tmp_path: Path) -> None:
        probe = spec(site, address)
        assert probes.launch_due(self.at(100)) == 0, "nobody launched it yet"
        world.launched(site, probe)
        assert probes.launch_due(self.at(100)) == 0, "it is at work"
        answered(Job.objects.get(purpose="probe"), tmp_path / "1")
        assert probes.launch_due(self.at(6.9)) == 0
        assert probes.launch_due(self.at(7.1)) == 1
        assert probes.launch_due(self.at(7.1)) == 0, "it is at work again"
        job = Job.objects.filter(purpose="probe").first()
        assert job is not None
        assert (job.requested_by, job.state) == (site.engineer, "queued")
        leaf: Leaf = ledger.leaf(job.seq)
        assert (leaf.event, leaf.data["scheduled"], leaf.actor) == (
            events.JOB_ADMITTED, True, site.engineer.actor,
        )  # fmt: skip
        assert answered(job, tmp_path / "2").kind == kinds.PROBE_RESULT

    def test_the_worker_does_it(self, site: Site, address: str, tmp_path: Path) -> None:
        answered(world.launched(site, spec(site, address)), tmp_path / "1")
        with time_machine.travel(self.at(8), tick=True):
            hands.worker().step()
        assert Job.objects.filter(purpose="probe").count() == 2

    def test_nothing_is_written_outside_a_mutation(
        self, site: Site, address: str, tmp_path: Path, monkeypatch: Any
    ) -> None:
        base = world.hosted(site)
        body = samples.probe_spec(endpoint={"address": address, "model": world.SNAPSHOT, "key_from": "EXAMPLE_KEY"})
        with watched(monkeypatch):
            job = probes.start(actor=site.engineer, project=site.story.project, base=base, body=body)
            first = answered(job, tmp_path / "1")
            assert probes.launch_due(self.at(7.1)) == 1
            answered(Job.objects.filter(purpose="probe").order_by("-created_at")[0], tmp_path / "2")
            again = probes.take_as_reference(actor=site.engineer, result=first)
            with pytest.raises(Refused, match="at work"):
                probes.take_as_reference(actor=site.engineer, result=first)
            answered(again, tmp_path / "3")
            assert probes.stop(actor=site.engineer, spec=job.spec).number == 3

    def test_one_that_failed_is_tried_again_when_it_is_next_due(self, site: Site, address: str) -> None:
        job = world.launched(site, spec(site, address))
        attempt, _ = hands.consumed(job)
        attempts.end(attempt=attempt, state=AttemptState.FAILED, reason="away", retry=False)
        assert hands.fresh(job).state == "failed"
        assert probes.launch_due(self.at(7.1)) == 1

    def test_a_later_version_stops_it(self, site: Site, address: str, tmp_path: Path) -> None:
        probe = spec(site, address)
        answered(world.launched(site, probe), tmp_path / "1")
        later = probes.stop(actor=site.engineer, spec=probe)
        assert (later.number, docs.model_body(later, ProbeSpecBody).cadence_days) == (2, None)
        assert probes.launch_due(self.at(100)) == 0
        answered(world.launched(site, later), tmp_path / "2")
        assert probes.launch_due(self.at(200)) == 0, "by hand alone"

    def test_who_may_no_longer_launch_is_told_and_nothing_is_asked(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        answered(world.launched(site, spec(site, address)), tmp_path / "1")
        asked, before = model.asked, site.refusals()
        grant = site.engineer.grants.get()
        people.role_revoke(actor=site.story.people["owner"], grant_id=str(grant.pk))
        for _ in range(3):
            assert probes.launch_due(self.at(7.1)) == 0
        assert (model.asked, site.refusals()) == (asked, before)
        told = Notice.objects.filter(kind="custody", subject__startswith="Due and not started")
        assert {"owner", "engineer"} <= set(told.values_list("to__username", flat=True))
        assert told.filter(to=site.engineer).count() == 1, "once for the day it was due"

    @pytest.mark.attack(
        name="keep all probes from being repeated by breaking the documents of one",
        caught_by="each probe is launched for itself; one that cannot be read is told of, and the others go on",
        unless="none known",
    )
    def test_one_that_cannot_be_asked_keeps_no_other(
        self, site: Site, address: str, tmp_path: Path, monkeypatch: Any
    ) -> None:
        jobs_ = [world.launched(site, spec(site, address, title=title)) for title in ("First", "Second")]
        for number, job in enumerate(jobs_):
            answered(job, tmp_path / str(number))
        broken, gate = jobs_[1].spec, select_jobs.gate

        def asked(*, user: Any, spec: Document, evidence: Any) -> Any:
            if spec == broken:
                raise docs.DocumentCorrupt(f"document {spec.digest} was altered")
            return gate(user=user, spec=spec, evidence=evidence)

        monkeypatch.setattr(select_jobs, "gate", asked)
        assert probes.launch_due(self.at(7.1)) == 1
        assert Notice.objects.filter(subject__startswith="Due and not started", text__contains="was altered").exists()

    @pytest.mark.attack(
        name="push a probe's next day away by altering the row of its last job",
        caught_by="the day is reckoned from the ledger entry that admitted that job",
        unless="the ledger is written anew up to the last checkpoint that left",
    )
    def test_the_day_is_the_ledgers(self, site: Site, address: str, tmp_path: Path) -> None:
        answered(world.launched(site, spec(site, address)), tmp_path / "1")
        Job.objects.filter(purpose="probe").update(created_at=self.at(4000))
        assert probes.launch_due(self.at(7.1)) == 1

    @pytest.mark.attack(
        name="alter a job's row so that probes go on in another person's name",
        caught_by="the routine reads from the ledger who launched it",
        unless="the ledger is written anew up to the last checkpoint that left",
    )
    def test_the_name_is_the_ledgers(self, site: Site, address: str, tmp_path: Path) -> None:
        answered(world.launched(site, spec(site, address)), tmp_path / "1")
        Job.objects.filter(purpose="probe").update(requested_by=site.story.people["owner"])
        assert probes.launch_due(self.at(7.1)) == 1
        job = Job.objects.filter(purpose="probe").order_by("-created_at")[0]
        assert job.requested_by == site.engineer

    def test_a_run_cannot_be_launched_twice_still(self, site: Site) -> None:
        """Only a purpose that repeats lets a specification that was done be launched again."""
        job = site.launch()
        hands.finished(job)
        with pytest.raises(Refused, match="has not succeeded"):
            jobs.launch(actor=site.engineer, spec=job.spec)

    def test_schedules_are_read_in_a_constant_number_of_queries(
        self, site: Site, address: str, django_assert_max_num_queries: Any
    ) -> None:
        world.launched(site, spec(site, address))
        with django_assert_max_num_queries(4):
            (one,) = select.schedules(site.story["hosted"])
        assert (one.due, one.last is not None) == (None, True)
        world.launched(site, spec(site, address, title="Another"))
        with django_assert_max_num_queries(4):
            assert len(select.schedules(site.story["hosted"])) == 2
        assert select.schedules(site.story["base"]) == []


class TestReview:
    """What a change sets going at the next assessment, whatever became of it until then."""

    @pytest.mark.attack(
        name="accept a hosted model's change before anybody has to review it",
        caught_by="every change a probe found since the assessment before opens a review, accepted meanwhile or not",
        unless="no assessment is made any more, which the page of retirement risk shows by its day",
    )
    def test_a_change_is_reviewed_though_it_was_accepted_and_the_model_recorded_anew(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        probe, owner = spec(site, address), site.story.people["owner"]
        base = site.story["hosted"]
        answered(world.launched(site, probe), tmp_path / "1")
        before = risk_select.body(risk.assess(actor=owner))
        model.answers = ["I cannot help with that.", "I am unable to say."]
        made = answered(world.launched(site, probe), tmp_path / "2")
        answered(probes.take_as_reference(actor=site.engineer, result=made), tmp_path / "3")
        assert select.changed() == []
        newer = documents.document_submit(
            actor=owner, project=None, kind=base.kind, body=docs.envelope(base).body | {"version": "2"}, base=base
        )
        said = risk_select.body(risk.assess(actor=owner))
        told = " ".join(risk_reviews.changes(said, before)[newer.digest])
        assert "answers otherwise than before" in told
        assert "capital" not in told, "the shelf is read by people who do not see the project's probe"
        assert Review.objects.filter(document=base).exists(), "the version in force is what is reviewed"
        again = risk_select.body(risk.assess(actor=owner))
        assert risk_reviews.changes(again, said) == {}

    @pytest.mark.attack(
        name="record a hosted model anew, so that its probes begin from nothing",
        caught_by="a probe of the next version is compared with the answers of any version of that base model",
        unless="it is registered as another model, in a series of its own",
    )
    def test_answers_of_an_earlier_version_of_the_model_are_what_it_is_compared_with(
        self, site: Site, address: str, model: Hosted, tmp_path: Path
    ) -> None:
        probe, base = spec(site, address), site.story["hosted"]
        first = answered(world.launched(site, probe), tmp_path / "1")
        body = docs.envelope(base).body | {"version": "2"}
        site.story.made["newer"] = newer = documents.document_submit(
            actor=site.story.people["owner"], project=None, kind=base.kind, body=body, base=base
        )
        site.story.sign("newer", requester="owner", signers=("officer",))
        model.answers = ["I cannot help with that.", "I am unable to say."]
        links, again = [{"role": "base_model", "digest": newer.digest}], probe
        for more in ([], [{"role": "reference", "digest": first.digest}]):
            again = documents.document_submit(
                actor=site.engineer, project=site.story.project, kind=kinds.PROBE_SPEC,
                body=docs.envelope(probe).body, references=[*links, *more], base=probe,
            )  # fmt: skip
            made = answered(world.launched(site, again), tmp_path / f"more {len(more)}")
            assert body_of(made).changed is True
        assert len(select.results(newer)) == 3
        (shown,) = select.schedules(base)
        assert shown.spec == again
        (told,) = Api(site.engineer).get(f"base-models/{newer.digest}/custody")["probes"]
        assert [one["changed"] for one in told["results"]] == [True, True, None]
