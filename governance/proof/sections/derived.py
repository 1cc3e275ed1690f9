"""What the section of a document says, and what page one is warned of because of it: by the names that kinds register.

Server and verifier call the same functions. One that comes to say something else, once reports were given out, keeps
what it said before beside it: a section is held to each of its versions, and printed by the first.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from governance.proof.sections import (
    any_body,
    continuity,
    custody,
    data,
    dossiers,
    inventories,
    observations,
    people,
    plan_dossiers,
    plans,
    policies,
    results,
    risk,
    serving,
    tuning,
    waivers,
)
from governance.proof.sections.blocks import Notice
from governance.proof.sections.held import Paper, Told
from governance.proof.sections.slots import Part, Piece

SECTIONS: Mapping[str, Sequence[Callable[[Paper], Iterable[Part]]]] = {
    "any body": (any_body.any_body,),
    "assessment": (risk.assessment,),
    "base model": (tuning.base_model,),
    "calibration": (people.judge_calibration,),
    "contract": (tuning.data_contract,),
    "dataset": (tuning.dataset,),
    "decision": (tuning.decision_record,),
    "deployment": (continuity.deployment,),
    "drill": (continuity.drill,),
    "estimate": (continuity.estimate,),
    "evaluation set": (plans.evaluation_set,),
    "evaluation spec": (results.evaluation_spec,),
    "event": (serving.event,),
    "fallback": (continuity.plan,),
    "grades": (people.human_grades,),
    "inventory": (inventories.inventory,),
    "judgement": (results.judgement,),
    "mark": (serving.mark,),
    "measures": (data.measures,),
    "observations": (observations.observations,),
    "policy": (policies.policy,),
    "preset": (plans.preset,),
    "probe": (custody.probe_result,),
    "probe spec": (custody.probe_spec,),
    "quality": (data.quality_report,),
    "quality spec": (data.quality_spec,),
    "release": (tuning.release,),
    "restore": (custody.restore_record,),
    "restore spec": (custody.restore_spec,),
    "result": (results.evaluation_result,),
    "retrospective": (waivers.retrospective,),
    "rubric": (plans.rubric,),
    "run": (tuning.run_record,),
    "run spec": (tuning.run_spec,),
    "sample": (data.production_sample,),
    "session": (people.session_record,),
    "session spec": (people.session_spec,),
    "standing approval": (tuning.standing_approval,),
    "thresholds": (plans.thresholds,),
    "use case": (tuning.use_case,),
    "waiver": (waivers.waiver,),
}
"""what a section says, in its order"""
WITHIN: Mapping[str, Callable[[Told], Iterable[Sequence[Piece]]]] = {
    "plan, cases": plan_dossiers.plan_cases,
    "plan, changed": plan_dossiers.plan_changed,
    "plan, measured": plan_dossiers.plan_measured,
    "plan, rubric": plan_dossiers.plan_rubric,
    "plan, shows": plan_dossiers.plan_shows,
    "plan, signed": plan_dossiers.plan_signed,
    "release, base model": dossiers.release_base_model,
    "release, compared": dossiers.release_compared,
    "release, confusion": dossiers.release_confusion,
    "release, cost": dossiers.release_cost,
    "release, data": dossiers.release_data,
    "release, figures": dossiers.release_figures,
    "release, headline": dossiers.release_headline,
    "release, people": dossiers.release_people,
    "release, red team": dossiers.release_red_team,
    "release, regression": dossiers.release_regression,
    "release, run": dossiers.release_run,
    "release, use": dossiers.release_use,
    "release, verdicts": dossiers.release_verdicts,
    "release, waivers": dossiers.release_waivers,
}
"""what stands, in groups, in sections that dossiers tell of their own; the rest of these is known by its sentences"""
LEADS: Mapping[str, Callable[[Told, Collection[str] | None], Sequence[tuple[str, str | None]]]] = {
    "evals.thresholds": plan_dossiers.lead,
    "training.release": lambda release, _: dossiers.lead(release),
}
"""what page one of a dossier says first, by the kind of its subject; what cases cannot decide, another page tells"""
NOTICES: Mapping[str, Callable[[Paper], Iterable[Notice]]] = {
    "assessment": risk.notices,
    "base model": tuning.base_model_notices,
    "calibration": people.calibration_notices,
    "deployment": continuity.deployment_notices,
    "judgement": results.result_notices,
    "mark": serving.mark_notices,
    "probe": custody.probe_notices,
    "quality": data.quality_notices,
    "restore": custody.restore_notices,
    "result": results.result_notices,
    "run spec": tuning.run_spec_notices,
    "standing approval": tuning.standing_approval_notices,
    "thresholds": plans.threshold_notices,
}
"""what page one is warned of by documents; what besides, `sections.besides` says"""
