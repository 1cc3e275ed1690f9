"""Each check of a run's gate, alone: one fact goes wrong, and exactly the checks about it say no."""

from dataclasses import replace
from datetime import date

import pytest

from evals.checks import PlanFacts, Signed
from governance import gates
from governance.gates import Answer, Weight
from governance.proof.answers.inforce import InForce, Standing
from tests.training.gate.test_base_models import HELD, word
from training.gate.facts import ApprovalFacts, Exceeded, QualityFacts
from training.gate.runs import RUN_CHECKS, BaseFacts, DatasetFacts, RunFacts

YES = Answer(True, "yes", "yes")
NO = Answer(False, "no", "yes", "mend it", "engineer")


def signed(standing=Standing.IN_FORCE):
    return Signed("A document v1", InForce(standing))


PLAN = PlanFacts(signed(), signed(), signed(), purpose="holdout")
DATASET = DatasetFacts(signed(), signed(), (), 2000)
QUALITY = QualityFacts("Quality", "ok", (), (), "")
BASE = BaseFacts(signed(), (), "Apache-2.0", derivatives=True, commercial=True, life=HELD)
GOOD = RunFacts(
    plan=PLAN,
    datasets=(DATASET,),
    quality=QUALITY,
    base=BASE,
    use_case=signed(),
    goal_metric="exact match",
    decision=signed(),
    chosen="fine-tune",
    method_agreed="lora",
    method="lora",
    baseline=YES,
    code="",
    budget_seconds=60,
    launcher=YES,
)


def living(**known):
    return replace(GOOD, base=replace(BASE, life=replace(HELD, **known)))


UNSIGNED = [None, *(signed(s) for s in Standing if not InForce(s).ok)]


def blocking(facts):
    return {line.check for line in gates.decide(RUN_CHECKS, facts).lines if not line.answer.passed}


def test_good_facts_open_the_gate():
    assert blocking(GOOD) == set()


@pytest.mark.parametrize("bad", UNSIGNED)
@pytest.mark.parametrize(
    ("check", "place"),
    [
        ("evaluation_set", "plan"),
        ("rubric", "plan"),
        ("thresholds", "plan"),
        ("use_case", ""),
        ("decision_record", "decision"),
        ("base_model", "base"),
        ("data_contract", "dataset"),
    ],
)
def test_what_is_not_in_force_holds_the_run_back(check, place, bad):
    facts = {
        "plan": lambda: replace(GOOD, plan=replace(PLAN, **{check: bad})),
        "base": lambda: replace(GOOD, base=replace(BASE, signed=bad)),
        "dataset": lambda: replace(GOOD, datasets=(DATASET, replace(DATASET, contract=bad))),
        "": lambda: replace(GOOD, **{check: bad}),
        "decision": lambda: replace(GOOD, decision=bad),
    }[place]()
    assert blocking(facts) == {check}


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("plan_pinned", replace(GOOD, plan=replace(PLAN, pinned="another set"))),
        ("plan_decidable", replace(GOOD, plan=replace(PLAN, undecidable={"t": "too few"}))),
        ("holdout", replace(GOOD, plan=replace(PLAN, purpose="development"))),
        ("dataset_bytes", replace(GOOD, datasets=(replace(DATASET, faults=None),))),
        ("dataset_bytes", replace(GOOD, datasets=(DATASET, replace(DATASET, faults=("a byte",))))),
        ("dataset_size", replace(GOOD, datasets=(replace(DATASET, rows=49),))),
        ("quality_report", replace(GOOD, quality=replace(QUALITY, failed=("schema",)))),
        ("no_leakage", replace(GOOD, quality=replace(QUALITY, leaks=("leakage.exact: 1",)))),
        ("base_model_bytes", replace(GOOD, base=replace(BASE, faults=None))),
        ("base_model_bytes", replace(GOOD, base=replace(BASE, faults=("gone",)))),
        ("base_model_licence", replace(GOOD, base=replace(BASE, derivatives=False))),
        ("base_model_licence", replace(GOOD, base=replace(BASE, commercial=False))),
        ("base_model_life", living(ends=word(date(2027, 1, 1)))),
        ("base_model_custody", living(ends=word(date(2029, 1, 1)), drilled_on=None)),
        ("base_model_training", living(training_ends=word(date(2027, 1, 1)))),
        ("goal", replace(GOOD, goal_metric="  ")),
        ("decision", replace(GOOD, chosen="prompt")),
        ("decision", replace(GOOD, method="full")),
        ("baseline", replace(GOOD, baseline=NO)),
        ("code", replace(GOOD, code="another commit")),
        ("budget", replace(GOOD, budget_seconds=0)),
        ("launcher", replace(GOOD, launcher=NO)),
    ],
)
def test_one_wrong_fact_is_one_no(check, facts):
    assert blocking(facts) == {check}
    (line,) = [line for line in gates.decide(RUN_CHECKS, facts).lines if line.check == check]
    assert line.answer.found
    assert line.answer.remedy
    assert line.answer.who


@pytest.mark.parametrize("quality", [None, replace(QUALITY, mismatch="about other data")])
def test_without_a_fitting_report_neither_quality_nor_leakage_is_known(quality):
    assert blocking(replace(GOOD, quality=quality)) == {"quality_report", "no_leakage"}


def test_no_dataset_at_all():
    assert {"dataset", "data_contract", "dataset_bytes"} <= blocking(replace(GOOD, datasets=()))


APPROVAL = ApprovalFacts(signed(), (), 1, 3)


@pytest.mark.parametrize("standing", list(Standing))
def test_a_standing_approval_stands_for_missing_signatures_only(standing):
    """Not for data that somebody refused or took back, whose agreement ended, or that was overtaken."""
    covered = {Standing.NOT_REQUESTED, Standing.PENDING, Standing.WITHDRAWN, Standing.RAN_OUT}
    fine = {Standing.IN_FORCE, Standing.UNGOVERNED}
    facts = replace(GOOD, datasets=(replace(DATASET, signed=signed(standing)),), approval=APPROVAL)
    assert ("dataset" in blocking(facts)) == (standing not in covered | fine)
    assert ("dataset" in blocking(replace(facts, approval=None))) == (standing not in fine)


@pytest.mark.parametrize(
    "approval",
    [
        replace(APPROVAL, exceeded=(Exceeded("rows", "61 rows", "50 to 60"),)),
        *(replace(APPROVAL, signed=signed(standing)) for standing in Standing if not InForce(standing).ok),
    ],
)
def test_an_approval_that_does_not_hold_stands_for_nothing(approval):
    facts = replace(GOOD, datasets=(replace(DATASET, signed=signed(Standing.PENDING)),), approval=approval)
    assert blocking(facts) == {"dataset", "standing_approval"}
    assert blocking(replace(GOOD, approval=approval)) == {"standing_approval"}


def test_what_no_policy_may_soften():
    soft = {c.name for c in RUN_CHECKS if c.least is not Weight.HARD}
    assert soft == {
        "plan_decidable",
        "plan_covers",
        "plan_preset",
        "quality_report",
        "dataset_size",
        "base_model_life",
        "base_model_custody",
        "base_model_training",
    }
    weights = {c.name: "advisory" for c in RUN_CHECKS}
    closed = replace(GOOD, plan=replace(PLAN, thresholds=None), launcher=NO)
    assert {f.check for f in gates.decide(RUN_CHECKS, closed, weights=weights).findings} == {"thresholds", "launcher"}
