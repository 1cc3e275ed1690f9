"""One governed run from founding to release, told through the real services, in about a second: no torch, no DVC.

What a runner would send is written by hand; gate, permits, receipts, ledger and signatures are the real ones. Needs a
committed database (`fresh_database`) and a state folder (`state`).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest

from evals import documents as evals
from evals.engine.results import Figures, Judgement
from governance import store
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, DOMAIN_EXPERT, ENGINEER, OWNER
from governance.errors import Refused
from governance.job_states import AttemptState
from governance.models import Attempt, Document, Project, Report, User
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek
from governance.registry import KINDS
from governance.selectors import presentation
from governance.services import attempts, documents, jobs, people, permits, reports, signing, signoff
from governance.services.installation import Person, set_up
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.support import papers
from training.kinds import tuning as kinds
from training.services import releases

PASSWORD = "a-long-story-pass-1"
PEOPLE = {
    "owner": ("Ada Okonkwo", None, None),
    "officer": ("Łukasz Żółtowski", None, None),
    "officer2": ("Μαρία Παπαδοπούλου", COMPLIANCE_OFFICER, "organisation"),
    "engineer": ("Ben Iversen", ENGINEER, "project"),
    "expert": ("Nguyễn Thị Hạnh", DOMAIN_EXPERT, "project"),
    "dataowner": ("Carla Núñez", DATA_OWNER, "project"),
}
REASON = "Read in full; it says what was agreed."


@contextmanager
def fabricated(arm: str, share: float) -> Iterator[None]:
    """Let outputs that nobody can read be measured and judged as the papers say."""
    body = papers.evaluation_result(arm, {}, share)
    figures = Figures.model_validate(
        {"missing": 0, "cost": None} | {name: body[name] for name in Figures.model_fields if name in body}
    )
    judged = Judgement.model_validate(papers.judgement())
    with (
        patch("evals.services.judging.figures", return_value=figures),
        patch("evals.services.judging.judge", return_value=judged),
    ):
        yield


def told() -> "Story":
    """Tell the story; a name of its own, so that the stage is built once."""
    return Story().tell()


@dataclass
class Story:
    """What was made, by name; `tell` makes all of it, or the steps can be called one by one in this order."""

    fingerprint: str = ""
    people: dict[str, User] = field(default_factory=dict)
    made: dict[str, Document] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Document:
        return self.made[name]

    def tell(self) -> "Story":
        """Found, plan, sign, measure, train, evaluate, release."""
        self.found()
        self.plan()
        self.refused()
        self.sign_plan()
        self.measure()
        self.train()
        self.evaluate()
        self.release()
        return self

    def found(self) -> None:
        """Organisation, people, project, and policy 1."""
        self.fingerprint = set_up(
            organisation="Example Hospital Group",
            owner=Person("owner", PEOPLE["owner"][0], PASSWORD),
            officer=Person("officer", PEOPLE["officer"][0], PASSWORD),
            demo=True,
        )
        self.people = {user.username: user for user in User.objects.all()}
        owner = self.people["owner"]
        self.project: Project = people.project_create(actor=owner, name="Medical coding triage")
        for name, (printed, role, scope) in PEOPLE.items():
            if role is not None:
                user = people.person_enrol(actor=owner, username=name, printed_name=printed, password=PASSWORD)
                place = self.project if scope == "project" else None
                people.role_grant(actor=owner, user=user, role=role, project=place, proof=Proof(PASSWORD))
                self.people[name] = user
        self.submit("officer2", "policy", "governance.policy", papers.policy())
        self.sign("policy", requester="officer2", signers=("owner", "officer"))

    def plan(self) -> None:
        """Papers, base model, data, evaluation plan; signed is all but the plan."""
        self.submit("owner", "use_case", kinds.USE_CASE, papers.USE_CASE)
        self.submit("engineer", "decision", kinds.DECISION, papers.DECISION, use_case="use_case")
        self.submit("dataowner", "contract", kinds.CONTRACT, papers.CONTRACT)
        weights = self.bytes("weights")
        self.submit("owner", "base", kinds.BASE_MODEL, papers.base_model(weights))
        self.submit("engineer", "dataset", kinds.DATASET, papers.dataset(self.bytes("rows")), contract="contract")
        for name, requester, signer in (
            ("use_case", "owner", "officer"),
            ("decision", "engineer", "officer"),
            ("contract", "dataowner", "officer"),
            ("base", "owner", "officer"),
            ("dataset", "engineer", "dataowner"),
        ):
            self.sign(name, requester=requester, signers=(signer,))
        self.submit("expert", "set", evals.SET, papers.evaluation_set(self.bytes("cases", papers.cases())))
        self.submit("expert", "rubric", evals.RUBRIC, papers.rubric())
        self.submit(
            "expert", "thresholds", evals.THRESHOLDS, papers.thresholds(), evaluation_set="set", rubric="rubric"
        )
        self.assess()

    def assess(self) -> None:
        """The quality report, which only the system writes."""
        references = [
            {"role": role, "digest": self[name].digest}
            for role, name in (("dataset", "dataset"), ("evaluation_set", "set"), ("rubric", "rubric"))
        ]
        engineer = self.people["engineer"]
        with mutation(actor=engineer, action="quality.assess", project=self.project) as m:
            self.made["quality"] = documents.freeze(
                m,
                kind=KINDS[evals.QUALITY],
                body=papers.quality_report(),
                references=references,
                contributors=[engineer.actor],
                by=engineer,
            )

    def refused(self) -> None:
        """The engineer launches before the plan is signed, and tries to sign the data: both refused, on the ledger."""
        self.run_spec("too_early")
        with pytest.raises(Refused), patch("training.dvc.faults", return_value=[]):
            jobs.launch(actor=self.people["engineer"], spec=self["too_early"])

    def sign_plan(self) -> None:
        """Two officers sign set, rubric and thresholds in one ceremony; before, the engineer tries."""
        chosen = [self["set"], self["rubric"], self["thresholds"]]
        request = signoff.request_open(actor=self.people["engineer"], documents=chosen)
        with pytest.raises(Refused):
            self._put("engineer", request)
        for officer in ("officer", "officer2"):
            self._put(officer, request)

    def measure(self) -> None:
        """The baseline."""
        self.submit("engineer", "baseline_spec", evals.SPEC, _arm("base"), **_PLAN, subject="base")
        with fabricated("base", 0.04):
            self.made["baseline"] = self.run("baseline_spec", lambda _: self._result("base", 0.04))

    def train(self) -> None:
        """The run: a first attempt is lost, the second is accepted."""
        self.run_spec("run_spec", baseline="baseline")
        self.made["record"] = self.run("run_spec", self._record, lose_first=True)

    def evaluate(self) -> None:
        """The tuned arm, judged."""
        self.submit("engineer", "tuned_spec", evals.SPEC, _arm("tuned"), **_PLAN, subject="record", baseline="baseline")
        with fabricated("tuned", 0.58):
            self.made["result"] = self.run("tuned_spec", lambda _: self._result("tuned", 0.58))

    def release(self) -> None:
        """The release, signed."""
        self.made["release"] = releases.propose(
            actor=self.people["engineer"],
            result=self["result"],
            title="Chapter coder 1.0",
            note="For the coding queue.",
        )
        self.sign("release", requester="engineer", signers=("officer",))

    def found_more(self) -> None:
        """What goes on elsewhere later: another person, another project, a new version that is signed."""
        owner = self.people["owner"]
        people.person_enrol(actor=owner, username="later", printed_name="Later", password=PASSWORD)
        people.project_create(actor=owner, name="Another project")
        newer = documents.document_submit(
            actor=owner, project=self.project, kind=kinds.USE_CASE, body=papers.USE_CASE, base=self["use_case"]
        )
        self.made["use_case 2"] = newer
        self.sign("use_case 2", requester="owner", signers=("officer",))

    def submit(self, who: str, name: str, kind: str, body: dict[str, Any], **links: str) -> Document:
        """Freeze a document under a name; `links` map roles to names."""
        self.made[name] = documents.document_submit(
            actor=self.people[who],
            project=None if KINDS[kind].shelf else self.project,
            kind=kind,
            body=body,
            references=[{"role": role, "digest": self[target].digest} for role, target in links.items()],
        )
        return self.made[name]

    def run_spec(self, name: str, **links: str) -> None:
        """Freeze a run specification on the plan."""
        chosen = {
            "thresholds": "thresholds", "dataset": "dataset", "quality_report": "quality", "base_model": "base",
            "decision_record": "decision",
        } | links  # fmt: skip
        self.submit("engineer", name, kinds.RUN_SPEC, papers.run_spec() | {"title": name.replace("_", " ")}, **chosen)

    def sign(self, *names: str, requester: str, signers: tuple[str, ...]) -> None:
        """Have documents signed in one ceremony, each signer in a role the policy asks for."""
        request = signoff.request_open(actor=self.people[requester], documents=[self[name] for name in names])
        for who in signers:
            self._put(who, request)

    def run(self, name: str, work: Any, *, lose_first: bool = False) -> Document:
        """Launch a specification, permit it, consume the permit, deliver what `work` makes of the attempt."""
        with patch("training.dvc.faults", return_value=[]):
            job = jobs.launch(actor=self.people["engineer"], spec=self[name])
            if lose_first:
                attempt, _ = self._consumed(job)
                attempts.end(attempt=attempt, state=AttemptState.LOST, reason="the runner fell silent", retry=True)
                job.refresh_from_db()
            attempt, _ = self._consumed(job)
            body, entries = work(attempt)
            for entry in entries:
                attempts.keep_upload(attempt=attempt, digest=entry["sha256"], chunks=[store.read(entry["sha256"])])
            attempts.receive(attempt=attempt, result={"body": body, "files": entries})
            attempt = Attempt.objects.select_related("job__spec__project", "job__project", "job__requested_by").get(
                pk=attempt.pk
            )
            document = attempts.accept(attempt=attempt)
        assert document is not None, Attempt.objects.get(pk=attempt.pk).reason
        return document

    def report(self, name: str) -> Report:
        """Ask for a report on a document, as its reader would."""
        return reports.request(actor=self.people["owner"], subject=self[name])

    def bytes(self, text: str, content: bytes | None = None) -> dict[str, Any]:
        """Store some bytes (by default the text's own) and return their entry."""
        entry = store.put([content or text.encode()])
        return {"path": f"{text}.bin", "size": entry.size, "sha256": entry.sha256}

    def _consumed(self, job: Any) -> tuple[Attempt, str]:
        issued = permits.issue(job=job)
        assert issued is not None, job.reason
        attempt, secret = issued
        nonce = hashlib.sha256(str(attempt.pk).encode()).hexdigest()[:32]
        permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=nonce)
        return Attempt.objects.select_related("job__project", "job__spec__project").get(pk=attempt.pk), nonce

    def _put(self, who: str, request: Any) -> None:
        roles = {"owner": OWNER, "officer": COMPLIANCE_OFFICER, "officer2": COMPLIANCE_OFFICER, "dataowner": DATA_OWNER}
        signing.sign(
            actor=self.people[who],
            request=request,
            role=roles.get(who, ENGINEER),
            meaning="I approve this for use.",
            reason=REASON,
            password=PASSWORD,
            opened=[document.digest for document in presentation.subjects(request)],
        )

    def _result(self, arm: str, share: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        outputs = self.bytes(f"answers of the {arm} arm")
        return papers.evaluation_result(arm, outputs, share), [outputs]

    def _record(self, attempt: Attempt) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        adapter = self.bytes("adapter")
        return papers.run_record(adapter, sha256(peek(bytes(attempt.permit)).payload)), [adapter]


_PLAN = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}


def _arm(arm: str) -> dict[str, Any]:
    return {"arm": arm, "attempt_index": 1, "note": "Story"}
