"""What dossiers tell of waivers and jobs, by entries and documents that are made up."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from governance.proof.formats.leaf import JOB_ADMITTED, JOB_ENDED, PERMIT_CONSUMED, PERMIT_ISSUED
from governance.proof.sections import acts, plan_dossiers
from governance.proof.sections.held import Acts, Told
from governance.proof.words.vocabulary import WAIVER
from tests.support import papers

SPEC, ONE, OTHER = papers.digest("spec"), papers.digest("one"), papers.digest("other")


def leaf(seq: int, event: str, **data: Any) -> Any:
    subjects = [f"job:{data['job']}"] if "job" in data else []
    return SimpleNamespace(
        seq=seq, event=event, data=data, subjects=subjects, actor="a", time="2026-06-01T10:00:00.000000Z"
    )


def document(kind: str, **named: str) -> Any:
    links = [SimpleNamespace(role=role, digest=digest) for role, digest in named.items()]
    return SimpleNamespace(kind=kind, references=links)


@dataclass
class Made:
    """See `governance.proof.sections.held.Acts`."""

    documents: dict[str, Any]
    ordered: list[Any] = field(default_factory=list)
    permits: list[Any] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    signed: list[Any] = field(default_factory=list)
    frozen: dict[str, Any] = field(default_factory=dict)

    def who(self, actor: str) -> str:
        return f"Person {actor}"


@dataclass
class Paper:
    """See `governance.proof.sections.held.Told`."""

    acts: Made
    digest: str
    status: str | None = "in force"

    @property
    def title(self) -> str:
        return f"Title {self.digest[7:11]}"

    @property
    def body(self) -> dict[str, Any]:
        return {"checks": ["data quality"], "reason": "Late", "risk": "Small"}

    def at(self, digest: str) -> "Paper":
        return Paper(self.acts, digest, self.status)

    def linked(self, _role: str) -> None:
        return None


def told(made: Made, digest: str = SPEC) -> Told:
    return cast(Told, Paper(made, digest))


def test_only_waivers_that_something_rested_on_are_told_in_ledger_order() -> None:
    documents = {SPEC: document("training.run_spec", waiver=OTHER), ONE: document(WAIVER, spec=SPEC),
                 OTHER: document(WAIVER, spec=SPEC)}  # fmt: skip
    frozen = {ONE: leaf(7, ""), OTHER: leaf(5, "")}
    made = Made(documents, frozen=frozen)
    assert acts.waivers(told(made)) == []
    assert [row[0] for row in plan_dossiers.waivers(told(made))] == [f"Title {d[7:11]}" for d in (OTHER, ONE)]
    made.printed = [SPEC]
    row = acts.waivers(told(made))
    assert row == [(f"Title {OTHER[7:11]}", "data quality", "Late", "Small", "nobody")]
    made.ordered = [leaf(9, PERMIT_ISSUED, waivers=[ONE])]
    assert [one[0] for one in acts.waivers(told(made))] == [f"Title {d[7:11]}" for d in (OTHER, ONE)]


def test_a_run_is_told_by_the_job_that_ended_with_something_and_by_its_last_permit() -> None:
    permits = [(name, SimpleNamespace(job="j", attempt=name, inputs=[])) for name in ("late", "early")]
    story = [
        leaf(1, JOB_ADMITTED, job="j", spec=SPEC),
        leaf(2, PERMIT_ISSUED, job="j", permit="early"),
        leaf(3, PERMIT_ISSUED, job="j", permit="late"),
        leaf(4, PERMIT_CONSUMED, job="j", attempt="late"),
        leaf(5, JOB_ENDED, job="j", output=ONE),
    ]
    later = [leaf(6, JOB_ADMITTED, job="k", spec=SPEC)]
    made = Made({}, ordered=[*story, *later], permits=permits)
    rows = dict(acts.run(told(made)) or [])
    assert rows["Launched by"] == "Person a, 2026-06-01 10:00:00 UTC"
    assert (rows["Permit"], rows["Permit consumed"]) == ("late", "2026-06-01 10:00:00 UTC, ledger entry 4")
    assert rows["Attempts"] == "2; 1 lost or refused before the one accepted"
    assert acts.job_of(cast(Acts, made), ONE) is None
    assert acts.run(told(Made({}, ordered=later))) is None
