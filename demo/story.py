"""The demo's story, told through the services that pages and API use: from a refused launch to verified PDFs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from demo import auditing, cases, continuity, data, papers, plan, versions
from demo.console import Console
from demo.hands import PASSWORD, Hands
from demo.plan import Model
from demo.servers import serving
from evals import documents as evals
from evals.services import quality
from governance import store
from governance.access import AUDITOR, COMPLIANCE_OFFICER, DATA_OWNER, DOMAIN_EXPERT, ENGINEER, OWNER
from governance.errors import Refused
from governance.models import Document, Project, User
from governance.selectors import documents as docs
from governance.selectors import jobs as jobs_select
from governance.selectors import ledger, signoff
from governance.services import jobs, people, reports
from governance.services import signoff as asking
from governance.services.installation import Person, set_up
from governance.services.reauthentication import Proof
from training import code
from training.kinds import tuning as kinds
from training.services import datasets, releases

PEOPLE = {
    "owner": ("Owner (example)", [(OWNER, "organisation")]),
    "officer": ("Compliance officer (example)", [(COMPLIANCE_OFFICER, "organisation")]),
    "officer2": ("Second compliance officer (example)", [(COMPLIANCE_OFFICER, "organisation")]),
    "engineer": ("Engineer (example)", [(ENGINEER, "project")]),
    "expert": ("Domain expert (example)", [(DOMAIN_EXPERT, "project")]),
    "dataowner": ("Data owner (example)", [(DATA_OWNER, "project")]),
    "auditor": ("Auditor (example)", [(AUDITOR, "project")]),
}


class Story(Hands):
    """The steps, in order. Each leaves what later ones need as attributes."""

    def __init__(self, model: Model, console: Console, var: Path) -> None:
        super().__init__(console, var)
        self.model: Model = model
        self.metrics: dict[str, Any] = {}

    def tell(self) -> None:
        """Run the whole story."""
        self._found()
        with serving(self.var / "demo") as servers:
            self.servers = servers
            self._papers()
            self._base_model()
            self._data()
            self._plan()
            self._too_early()
            self._sign_plan()
            self._baseline()
            self._launch()
            self._evaluate()
            self._release()
            self._reports()
            continuity.tell(self, self.base, self.thresholds)
            auditing.tell(self, self.base, self.release or self.record)

    def _found(self) -> None:
        with self.console.step("Set up: keys, organisation, people, project", "the Ledger page"):
            self.fingerprint = set_up(
                organisation="Example Hospital Group (demo)",
                owner=Person("owner", PEOPLE["owner"][0], PASSWORD),
                officer=Person("officer", PEOPLE["officer"][0], PASSWORD),
                demo=True,
            )
            self.people = {u.username: u for u in User.objects.all()}
            owner = self.people["owner"]
            for name, (printed, _) in PEOPLE.items():
                if name not in self.people:
                    self.people[name] = people.person_enrol(
                        actor=owner, username=name, printed_name=printed, password=PASSWORD
                    )
            self.project: Project = people.project_create(actor=owner, name="Medical coding triage")
            for name, (_, roles) in PEOPLE.items():
                for role, scope in roles:
                    if name not in ("owner", "officer"):
                        place = self.project if scope == "project" else None
                        people.role_grant(
                            actor=owner, user=self.people[name], role=role, project=place, proof=Proof(PASSWORD)
                        )
            self.console.note(f"root fingerprint {self.fingerprint}")
        with self.console.step("Policy 1, signed by owner and officer", "Documents → Standard policy"):
            policy = self.submit("officer2", "governance.policy", papers.policy(), project=None)
            self.sign([policy], requester="officer2", signers=[("owner", OWNER), ("officer", COMPLIANCE_OFFICER)])

    def _papers(self) -> None:
        with self.console.step("Use case, decision record and data contract, signed", "the project page"):
            self.use_case = self.submit("owner", kinds.USE_CASE, papers.use_case(timezone.now().date()))
            self.sign([self.use_case], requester="owner", signers=[("officer", COMPLIANCE_OFFICER)])
            self.decision = self.submit("engineer", kinds.DECISION, papers.DECISION, use_case=self.use_case)
            self.sign([self.decision], signers=[("owner", OWNER), ("officer", COMPLIANCE_OFFICER)])
            self.contract = self.submit("dataowner", kinds.CONTRACT, papers.CONTRACT)
            self.sign([self.contract], requester="dataowner", signers=[("officer", COMPLIANCE_OFFICER)])

    def _base_model(self) -> None:
        with self.console.step(f"Base model: {self.model}, files hashed into the store", "Documents → base model"):
            phrases = "\n".join(row.messages[-1].content for row in data.training_rows("v2", self.cache))
            made = subprocess.run(
                [sys.executable, "-m", "training.trainers.make_base", self.model, str(self.cache)],
                input=phrases,
                capture_output=True,
                text=True,
                cwd=settings.BASE_DIR,
                check=False,
            )
            if made.returncode:
                raise RuntimeError(f"the base model could not be made: {made.stderr[-2000:]}")
            found = json.loads(made.stdout)
            folder = Path(found["directory"])
            entries: list[dict[str, Any]] = []
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                entry = store.put_file(path)
                name = str(path.relative_to(folder))
                entries.append({"path": name, "size": entry.size, "sha256": entry.sha256})
            licence = store.put_file(Path(found["licence_text"]))
            body = papers.base_model(found, entries, licence.sha256)
            self.base = self.submit("owner", kinds.BASE_MODEL, body, project=None)
            self.sign([self.base], requester="owner", signers=[("officer", COMPLIANCE_OFFICER)])
            size = sum(entry["size"] for entry in entries)
            self.console.note(f"{found['name']}: {found['parameters']:,} parameters, {size:,} bytes")

    def _data(self) -> None:
        with self.console.step("Two dataset versions in DVC, the second signed", "Documents → dataset → compare"):
            previous: Document | None = None
            for version, release in data.VERSIONS.items():
                path = data.write_training(version, self.out / "data" / version, self.cache)
                versions.check(version, path)
                previous = datasets.register(
                    actor=self.people["engineer"],
                    project=self.project,
                    title="ICD-10-CM inclusion terms",
                    description="Clinical phrases with their chapter, vague phrases to escalate, general questions.",
                    source=f"{release.name}, {release.source}",
                    contract=self.contract,
                    files=[(path.name, [path.read_bytes()])],
                    base=previous,
                )
                self.console.note(f"{previous}: {docs.body(previous).rows:,} rows, DVC {docs.body(previous).dvc_md5}")
            assert previous is not None  # noqa: S101
            self.dataset = previous
            self.sign([self.dataset], signers=[("dataowner", DATA_OWNER)])

    def _plan(self) -> None:
        with self.console.step("Evaluation set, rubric and thresholds frozen; data quality checked", "Documents"):
            chosen = cases.holdout_cases(self.model, self.cache)
            entry = cases.write_cases(chosen, self.out / "data" / cases.HOLDOUT_FILE)
            store.put_file(self.out / "data" / cases.HOLDOUT_FILE, expect=entry.sha256)
            self.evaluation_set = self.submit("expert", evals.SET, cases.evaluation_set_body(chosen, entry))
            self.rubric = self.submit("expert", evals.RUBRIC, plan.rubric_body())
            self.thresholds = self.submit(
                "expert",
                evals.THRESHOLDS,
                plan.thresholds_body(self.model),
                evaluation_set=self.evaluation_set,
                rubric=self.rubric,
            )
            checks = quality.request(
                actor=self.people["engineer"],
                project=self.project,
                datasets=[self.dataset],
                evaluation_set=self.evaluation_set,
                rubric=self.rubric,
            )
            self.quality = self.finish(checks)
            findings = docs.body(self.quality).findings
            self.console.note(f"{len(chosen)} cases; quality: " + ", ".join(f"{f.check} {f.status}" for f in findings))

    def _too_early(self) -> None:
        with self.console.step("The engineer launches before anything of the plan is signed", "the Ledger page"):
            self.spec = self._run_spec(baseline=None)
            try:
                jobs.launch(actor=self.people["engineer"], spec=self.spec)
            except Refused as refusal:
                self.console.refusal(
                    "launch without a signed plan", "; ".join(f"{f.check}: {f.found}" for f in refusal.findings)
                )
            else:
                raise AssertionError("the gate let an unsigned plan through")

    def _sign_plan(self) -> None:
        with self.console.step("Two officers sign evaluation set, rubric and thresholds in one ceremony", "the Inbox"):
            request = asking.request_open(
                actor=self.people["engineer"], documents=[self.evaluation_set, self.rubric, self.thresholds]
            )
            for who, role in (("engineer", ENGINEER), ("expert", DOMAIN_EXPERT)):
                try:
                    self.put_signature(who, role, request)
                except Refused as refusal:
                    self.console.refusal(f"the {who} signing own work", refusal.findings[0].found)
                else:
                    raise AssertionError(f"the {who} could sign")
            for who in ("officer", "officer2"):
                self.put_signature(who, COMPLIANCE_OFFICER, request)
            standing = signoff.in_force(self.thresholds)
            self.console.note(f"thresholds: {standing.standing.value} until {standing.until:%Y-%m-%d}")

    def _baseline(self) -> None:
        with self.console.step("Baseline: the untuned model under the signed plan", "Runs"):
            spec = self._evaluation_spec("base", self.base)
            self.baseline = self.finish(jobs.launch(actor=self.people["engineer"], spec=spec))
            self._remember("baseline", self.baseline)

    def _launch(self) -> None:
        with self.console.step("Launch: gate, permit, training by LoRA", "Runs"):
            self.spec = self._run_spec(baseline=self.baseline)
            verdict = jobs_select.gate(user=self.people["engineer"], spec=self.spec)
            self.console.note(f"gate {'open' if verdict.open else 'closed'}: {len(verdict.lines)} checks")
            self.record = self.finish(jobs.launch(actor=self.people["engineer"], spec=self.spec))
            body = docs.body(self.record)
            self.console.note(
                f"loss {body.metrics.first_loss} → {body.metrics.final_loss}, "
                f"{body.metrics.seconds_per_step} s a step, {body.moved_modules} modules moved"
            )

    def _evaluate(self) -> None:
        with self.console.step("Evaluation of the tuned model, judged by the signed thresholds", "Runs"):
            spec = self._evaluation_spec("tuned", self.record, baseline=self.baseline)
            self.result = self.finish(jobs.launch(actor=self.people["engineer"], spec=spec))
            self._remember("tuned", self.result)
            body = docs.body(self.result)
            for line in body.verdicts:
                self.console.note(f"{line.threshold:16} {line.verdict:12} {line.reason}")
            self.console.note(f"verdict: {body.verdict}")

    def _release(self) -> None:
        with self.console.step("Release: put forward, and signed or refused by the verdict", "Documents → release"):
            self.release: Document | None = None
            try:
                self.release = releases.propose(
                    actor=self.people["engineer"],
                    result=self.result,
                    title="Triage adapter, first release",
                    note="For the coding department's queue. A coder still assigns every code.",
                )
            except Refused as refusal:
                self.console.refusal("release", "; ".join(f"{f.check}: {f.found}" for f in refusal.findings))
                return
            self.sign([self.release], signers=[("owner", OWNER), ("officer", COMPLIANCE_OFFICER)])
            self.console.note(f"{self.release}: {signoff.in_force(self.release).standing.value}")

    def _reports(self) -> None:
        subjects = {"dossier-plan": self.thresholds, "lineage-run": self.record, "lineage-verdict": self.result}
        if self.release is not None:
            subjects["dossier-release"] = self.release
        with self.console.step("Dossiers and lineage, sealed; verified off line; one byte flipped", "var/demo/*.pdf"):
            auditor = self.people["auditor"]
            asked = {name: reports.request(actor=auditor, subject=subject) for name, subject in subjects.items()}
            for name, report in asked.items():
                self.sealed(report, f"{name}.pdf")
            flipped = self.out / "flipped.pdf"
            content = bytearray((self.out / f"{list(subjects)[-1]}.pdf").read_bytes())
            content[len(content) // 2] ^= 1
            flipped.write_bytes(bytes(content))
            code, said = self.verify(flipped)
            if code != 1:
                raise AssertionError(f"a flipped byte was not noticed: {code}")
            self.console.refusal("the report with one flipped byte", said)
            flipped.unlink()

    def summary(self) -> dict[str, Any]:
        """Return what `var/demo/summary.json` holds, but for times and memory."""
        body = docs.body(self.result)
        return {
            "model": docs.body(self.base).name,
            "n": body.n,
            "baseline": self.metrics["baseline"],
            "tuned": self.metrics["tuned"],
            "verdict": body.verdict,
            "thresholds": [line.model_dump(mode="json") for line in body.verdicts],
            "released": self.release is not None,
            "ledger_size": ledger.size(),
            "root_fingerprint": self.fingerprint,
            "reports": [each for each in self.files if each["file"].endswith(".pdf")],
            "packages": [each for each in self.files if each["file"].endswith(".zip")],
            "refused": self.console.refused,
        }

    def _remember(self, arm: str, result: Document) -> None:
        metrics = docs.body(result).model_dump(mode="json")["metrics"]
        self.metrics[arm] = metrics
        overall = metrics["all"]
        shown = ", ".join(
            f"{name} {m['value']} (at least {m['low'] or 'unknown'})"
            for name, m in sorted(overall.items())
            if not name.startswith("f1:")
        )
        self.console.note(f"{arm}: {shown}")

    def _run_spec(self, baseline: Document | None) -> Document:
        links = {
            "thresholds": self.thresholds,
            "dataset": self.dataset,
            "quality_report": self.quality,
            "base_model": self.base,
            "decision_record": self.decision,
        } | ({"baseline": baseline} if baseline else {})
        body = plan.run_spec_fields(self.model) | {"code": code.here().model_dump(), "environment": {}}
        return self.submit("engineer", kinds.RUN_SPEC, body, **links)

    def _evaluation_spec(self, arm: str, subject: Document, **links: Document) -> Document:
        body = {"arm": arm, "attempt_index": 1, "note": "Demo"}
        return self.submit(
            "engineer",
            evals.SPEC,
            body,
            thresholds=self.thresholds,
            evaluation_set=self.evaluation_set,
            rubric=self.rubric,
            subject=subject,
            **links,
        )
