"""The gate's decision alone, and with everything it reads, beside plain queries for the same rows.

The documents carry no subject matter; how many a run rests on, their signatures, the selectors and the checks are
those of a real run.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.installed import begin
from benchmarks.measurement import Goal, Measurement
from governance.services.reauthentication import Proof

if TYPE_CHECKING:
    from governance.models import Document, User
    from training.gate.runs import RunFacts

PAPERS = 10
PHRASE = "a-long-pass-phrase-1"


def measure() -> list[Measurement]:
    """Return milliseconds of the pure decision and of the whole gate, both medians."""
    with tempfile.TemporaryDirectory() as name:
        begin(Path(name))
        return [pure(), whole()]


def pure() -> Measurement:
    """Return the milliseconds of `gates.decide` over a run's checks."""
    from governance import gates
    from training.gate.runs import RUN_CHECKS

    facts = run_facts()
    if not gates.decide(RUN_CHECKS, facts).lines:
        raise AssertionError("the gate of a run has no checks")
    return Measurement(
        f"gate decision, {len(RUN_CHECKS)} checks",
        _milliseconds(lambda: gates.decide(RUN_CHECKS, facts), 500),
        "ms",
        Goal("value", "<=", 2),
    )


def whole() -> Measurement:
    """Return the milliseconds of walking a run's documents, judging their sign-offs from the ledger, and deciding."""
    from django.utils import timezone

    from governance import access, gates
    from governance.models import Document, LedgerEntry, RequestSubject, Signature
    from governance.selectors import documents as docs
    from governance.selectors import ledger, signoff
    from training.gate.runs import RUN_CHECKS

    spec, launcher = signed_papers()
    facts = run_facts()

    def gate() -> None:
        related = docs.closure([Document.objects.select_related("project").get(pk=spec.pk)])
        standing = signoff.in_force_many(related.values(), ledger.size(), timezone.now())
        signoff.policy_in_force(spec.project)
        access.roles_of(launcher, spec.project)
        gates.decide(RUN_CHECKS, facts)
        if sum(found.ok for found in standing.values()) != PAPERS:
            raise AssertionError("the papers of the benchmark are not all in force")

    def plain() -> None:
        rows = list(Document.objects.filter(project=spec.project))
        asked = list(RequestSubject.objects.filter(document__in=rows).select_related("request"))
        signed = list(Signature.objects.filter(request__in=[s.request_id for s in asked]))
        seqs = [d.seq for d in rows] + [s.request.seq for s in asked] + [s.seq for s in signed]
        list(LedgerEntry.objects.filter(seq__in=seqs))

    gate()
    return Measurement(
        f"whole gate of a run on {PAPERS} signed documents",
        _milliseconds(gate, 40),
        "ms",
        Goal("value", "<=", 150),
        peer=_milliseconds(plain, 40),
        beside="reading the same rows",
    )


def run_facts() -> "RunFacts":
    """Return facts of a run that is ready to start."""
    from evals.checks import PlanFacts, Signed
    from governance.gates import Answer
    from governance.proof.answers.inforce import InForce, Standing
    from training.gate.base_models import LifeFacts
    from training.gate.facts import QualityFacts
    from training.gate.runs import BaseFacts, DatasetFacts, RunFacts

    since = datetime(2026, 1, 1, tzinfo=UTC)
    signed = Signed("Paper v1", InForce(Standing.IN_FORCE, since, since.replace(year=2027), "r"))
    yes = Answer(True, "yes", "yes")
    life = LifeFacts(since.date(), None, None, False, (), None, False, False, "", since.date(), "", False)
    return RunFacts(
        plan=PlanFacts(signed, signed, signed),
        datasets=(DatasetFacts(signed, signed, (), 1200), DatasetFacts(signed, signed, (), 800)),
        quality=QualityFacts("Quality", "passed", (), (), ""),
        base=BaseFacts(signed, (), "Apache-2.0", derivatives=True, commercial=True, life=life),
        use_case=signed,
        goal_metric="exact_match",
        decision=signed,
        chosen="fine-tuning",
        method_agreed="lora",
        method="lora",
        baseline=yes,
        code="0" * 40,
        budget_seconds=3600,
        launcher=yes,
    )


def signed_papers() -> "tuple[Document, User]":
    """Make PAPERS documents that refer to one another, each signed by two people; return the last, and the author."""
    from pydantic import BaseModel

    from governance import registry
    from governance.models import Document, User
    from governance.policy import KIND as POLICY
    from governance.services import documents, people, signing, signoff

    class Paper(BaseModel):
        title: str

    link = registry.Link({"bench.paper"}, required=False, many=True)
    registry.register_kind(registry.Kind("bench.paper", "paper", Paper, links={"about": link}))
    owner, officer = (User.objects.get(username=name) for name in ("owner", "officer"))
    author = people.person_enrol(actor=owner, username="author", printed_name="Author", password=PHRASE)
    second = people.person_enrol(actor=owner, username="second", printed_name="Second", password=PHRASE)
    project = people.project_create(actor=owner, name="Benchmark")
    people.role_grant(actor=owner, user=author, role="engineer", project=project, proof=Proof(PHRASE))
    people.role_grant(actor=owner, user=second, role="owner", project=None, proof=Proof(PHRASE))

    def agree(*chosen: Document, by: User) -> None:
        request = signoff.request_open(actor=by, documents=chosen)
        for user, role in ((owner, "owner"), (officer, "compliance_officer")):
            signing.sign(actor=user, request=request, role=role, meaning="I approve", reason="Agreed", password=PHRASE)

    rule = {"roles": {"owner": 1, "compliance_officer": 1}, "validity_days": 365}
    rules = {name: rule for name, kind in registry.KINDS.items() if kind.signed}
    body: dict[str, Any] = {"title": "Policy", "tier": "standard", "rules": rules, "max_attempts": 1}
    agree(documents.document_submit(actor=second, project=None, kind=POLICY, body=body), by=second)
    made: list[Document] = []
    for number in range(PAPERS):
        about = [{"role": "about", "digest": paper.digest} for paper in made[-3:]]
        paper = documents.document_submit(
            actor=author, project=project, kind="bench.paper", body={"title": f"Paper {number}"}, references=about
        )
        agree(paper, by=author)
        made.append(paper)
    return made[-1], author


def _milliseconds(act: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000
