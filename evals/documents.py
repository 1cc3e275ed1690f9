"""The kinds of documents about evaluation."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from evals import checks, described, reports, samples
from evals.engine import unsupported
from evals.engine.assessment import ProductionSampleBody, QualitySpecBody
from evals.engine.calibrations import JudgeCalibrationBody
from evals.engine.cases import check_cases, check_declared
from evals.engine.human_grades import HumanGradesBody
from evals.engine.measures import MeasuresBody
from evals.engine.presets import BUILT_IN, PresetBody
from evals.engine.recordings import check_complete, read_recording
from evals.engine.results import Counted, EvaluationResultBody, JudgementBody, QualityReportBody
from evals.engine.session import SessionRecordBody, SessionSpecBody
from evals.engine.spec import EvaluationSetBody, EvaluationSpecBody, RubricBody, ThresholdsBody
from evals.engine.thresholds import check_apart
from evals.selectors import calibrations, deciding, judgements, judges, presets
from evals.subjects import SUBJECT_KINDS
from governance import store
from governance.access import AUTHORS, COMPLIANCE_OFFICER, DOMAIN_EXPERT, ENGINEER, OWNER
from governance.bodies import WAIVER
from governance.models import Document
from governance.proof.formats.manifest import FileEntry
from governance.proof.words.vocabulary import Phrase, one_of
from governance.registry import Exclusion, Kind, Link, Template, register_exclusion, register_kind
from governance.selectors import documents as docs

SET = samples.KIND
RUBRIC = "evals.rubric"
THRESHOLDS = "evals.thresholds"
QUALITY = "evals.quality_report"
PRESET = presets.KIND
QUALITY_SPEC = "evals.quality_spec"
SAMPLE = "evals.production_sample"
SPEC = "evals.evaluation_spec"
RESULT = "evals.evaluation_result"
SESSION_SPEC = "evals.session_spec"
SESSION_RECORD = "evals.session_record"
HUMAN_GRADES = "evals.human_grades"
CALIBRATION = calibrations.KIND
JUDGEMENT = judgements.KIND
MEASURES = "evals.measures"
DATASET_KINDS: set[str] = set()  # filled by the app that has datasets

PLANNERS = frozenset({OWNER, COMPLIANCE_OFFICER, DOMAIN_EXPERT, ENGINEER})
MEASURERS = PLANNERS - {ENGINEER}
"""Who may bring in measures from outside: not those whose model is judged by them."""


def _files(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(entry) for entry in body["files"]]


def _grades(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(body["grades"])]


def _outputs(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(body["outputs"])]


def _listed(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(body["listed"])] if body.get("listed") else []


def _evidence(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(m["evidence"]) for m in body["measures"] if m.get("evidence")]


def _recorded(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(body["recorded"])] if body.get("recorded") else []


def _transcript(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(body["transcript"])]


def _examine_set(body: EvaluationSetBody, _links: Mapping[str, list[Document]]) -> None:
    """Read every case before anybody is asked to sign them. Raises ValueError naming file and line."""
    check_declared(samples.stored_cases(body), body)


def _examine_sample(body: ProductionSampleBody, _links: Mapping[str, list[Document]]) -> None:
    """Read every row of a production sample. Raises ValueError naming file and line, or what is not unlabelled."""
    rows = samples.stored_cases(body)
    if len(rows) != body.rows:
        raise ValueError(f"found {len(rows)} rows in the files, expected {body.rows} as the body says")
    if labelled := [row.id for row in rows if row.target is not None]:
        raise ValueError(f"found a right answer in row {labelled[0]!r}, expected prompts alone")


def _examine_rubric(body: RubricBody, links: Mapping[str, list[Document]]) -> None:
    """Check that the engine can grade as the rubric says. Raises ValueError naming what it cannot do."""
    from evals.engine.json_schemas import compiled  # its library is large, and only rubrics need it here

    if why := judges.unpinned(body, links.get(judges.ROLE, [])):
        raise ValueError(why)
    for schema in body.schemas:
        compiled(schema)


def _examine_thresholds(body: ThresholdsBody, links: Mapping[str, list[Document]]) -> None:
    """Check that thresholds, cases and rubric fit one another. Raises ValueError naming what does not."""
    evaluation_set: EvaluationSetBody = docs.model_body(links["evaluation_set"][0], EvaluationSetBody)
    rubric: RubricBody = docs.model_body(links["rubric"][0], RubricBody)
    unsupported.of_thresholds(body)
    body.check_against(evaluation_set, rubric)
    unsupported.of_plan(body, rubric)
    for preset in links.get(presets.ROLE, []):
        if (said := presets.body(preset).preset) != body.preset:
            raise ValueError(f"found the preset {body.preset!r}, but {preset} is the preset {said!r}; name one of them")
    cases = samples.stored_cases(evaluation_set)
    check_cases(cases, evaluation_set, rubric)
    check_apart(body, cases)


def _examine_spec(body: EvaluationSpecBody, links: Mapping[str, list[Document]]) -> None:
    """Check that one thing answers which is no judge of itself, and that recorded answers are to these cases.

    Raises:
        ValueError: it says what does not fit.
    """
    rubric: RubricBody = docs.model_body(links["rubric"][0], RubricBody)
    if body.arm == "best_prompt" and body.arm not in rubric.prompts:
        raise ValueError("the rubric has no prompt of its own for the arm 'best_prompt'; sign one with such a prompt")
    elsewhere = body.endpoint is not None or body.recorded is not None
    if elsewhere == bool(links.get("subject")):
        raise ValueError(
            "found a model beside answers from elsewhere, which nobody can tell to be that model's; leave it out"
            if elsewhere
            else "found nothing that answers; name a model, an endpoint or recorded answers"
        )
    subject = links["subject"][0] if links.get("subject") else None
    if why := judges.itself(links["rubric"][0], subject, body.endpoint):
        raise ValueError(why)
    if body.endpoint is not None and rubric.decoding.top_k is not None:
        raise ValueError("the rubric draws with top_k, which the protocol of endpoints has no word for")
    if body.recorded is None:
        return
    if body.recording is None:
        raise ValueError("found recorded answers and not where they come from; say so under 'recording'")
    evaluation_set: EvaluationSetBody = docs.model_body(links["evaluation_set"][0], EvaluationSetBody)
    found = read_recording(body.recorded.path, store.path_of(body.recorded.sha256))
    cases = [case.id for case in samples.stored_cases(evaluation_set)]
    check_complete(body.recorded.path, found, cases, rubric.decoding.repeats)


def _one(*kinds: str) -> Link:
    return Link(frozenset(kinds))


def register() -> None:
    """Register every kind of this app, and whom policies may keep from signing."""
    plan, grades = frozenset({SET, RUBRIC, THRESHOLDS}), frozenset({HUMAN_GRADES})
    register_exclusion(
        Exclusion("plan_author", "whoever wrote the evaluation plan it rests on", lambda d: docs.writers(d, plan), plan)
    )
    register_kind(
        Kind(
            SET,
            "evaluation set",
            EvaluationSetBody,
            authors=PLANNERS,
            files=_files,
            examine=_examine_set,
            title=Phrase(one_of("title")),
            sample=samples.SAMPLING,
            described=described.EVALUATION_SET,
            printed="evaluation set",
            sections=reports.evaluation_set,
        )
    )
    register_kind(
        Kind(
            RUBRIC,
            "rubric",
            RubricBody,
            authors=PLANNERS,
            examine=_examine_rubric,
            printed="rubric",
            sections=reports.rubric,
            links={judges.ROLE: Link(SUBJECT_KINDS, required=False, many=True)},
        )
    )
    register_kind(
        Kind(
            PRESET,
            "preset of thresholds",
            PresetBody,
            shelf=True,
            authors=MEASURERS,
            templates=tuple(
                Template(name, found.title, f"{found.words}.", partial(found.model_dump, mode="json"))
                for name, found in BUILT_IN.items()
            ),
            printed="preset",
            sections=reports.preset,
        )
    )
    register_kind(
        Kind(
            THRESHOLDS,
            "acceptance thresholds",
            ThresholdsBody,
            authors=PLANNERS,
            examine=_examine_thresholds,
            report="Evaluation-plan dossier",
            wanted={"lineage": "version"},
            dossier=reports.PLAN_DOSSIER,
            printed="thresholds",
            sections=reports.thresholds,
            tables=(reports.THRESHOLDS,),
            notices=reports.threshold_notices,
            tells=reports.threshold_tells,
            asks={checks.PLAN_DECIDABLE: lambda d: checks.decidable(deciding.undecidable(d))},
            links={
                "evaluation_set": _one(SET),
                "rubric": _one(RUBRIC),
                presets.ROLE: Link(frozenset({PRESET}), required=False),
            },
        )
    )
    checked = {
        "dataset": Link(DATASET_KINDS, many=True),
        "evaluation_set": _one(SET),
        "rubric": _one(RUBRIC),
        "production_sample": Link(frozenset({SAMPLE}), required=False),
    }
    register_kind(
        Kind(
            SAMPLE,
            "production sample",
            ProductionSampleBody,
            signed=False,
            authors=AUTHORS,
            files=_files,
            examine=_examine_sample,
            printed="sample",
            sections=reports.production_sample,
        )
    )
    register_kind(
        Kind(
            QUALITY_SPEC,
            "quality check",
            QualitySpecBody,
            signed=False,
            authors=AUTHORS,
            printed="quality spec",
            sections=reports.quality_spec,
            links=checked,
        )
    )
    register_kind(
        Kind(
            QUALITY,
            "quality report",
            QualityReportBody,
            signed=False,
            authors=frozenset(),
            printed="quality",
            sections=reports.quality_report,
            notices=reports.quality_notices,
            files=_listed,
            links={
                "spec": Link(frozenset({QUALITY_SPEC}), required=False),
                **checked,
                "waiver": Link(frozenset({WAIVER}), required=False, many=True),
            },
        )
    )
    register_kind(
        Kind(
            SPEC,
            "evaluation specification",
            EvaluationSpecBody,
            signed=False,
            authors=PLANNERS,
            printed="evaluation spec",
            sections=reports.evaluation_spec,
            title=Phrase("Evaluation of the ", one_of("arm"), " arm, attempt ", one_of("attempt_index")),
            files=_recorded,
            links={
                "thresholds": _one(THRESHOLDS),
                "evaluation_set": _one(SET),
                "rubric": _one(RUBRIC),
                "subject": Link(SUBJECT_KINDS, required=False),
                "baseline": Link(frozenset({RESULT}), required=False),
                "last_release": Link(frozenset({RESULT}), required=False),
                "measures": Link(frozenset({MEASURES}), required=False, many=True),
                calibrations.ROLE: Link(frozenset({CALIBRATION}), required=False, many=True),
            },
            examine=_examine_spec,
        )
    )
    register_kind(
        Kind(
            MEASURES,
            "imported measures",
            MeasuresBody,
            signed=False,
            authors=MEASURERS,
            files=_evidence,
            printed="measures",
            sections=reports.measures,
        )
    )
    register_kind(
        Kind(
            RESULT,
            "evaluation result",
            EvaluationResultBody,
            signed=False,
            authors=frozenset(),
            files=_outputs,
            described=described.EVALUATION_RESULT,
            printed="result",
            sections=reports.evaluation_result,
            notices=reports.result_notices,
            tables=(reports.VERDICTS,),
            aside=frozenset(
                {"metrics", "confusion", "outputs", "verdicts", "by_repeat", "missing_in", *Counted.model_fields}
            ),
            title=Phrase("Result of the ", one_of("arm"), " arm: ", one_of("verdict", otherwise="measured")),
            links={
                "spec": _one(SPEC),
                "thresholds": _one(THRESHOLDS),
                "subject": Link(SUBJECT_KINDS, required=False),
                "baseline": Link(frozenset({RESULT}), required=False),
                "last_release": Link(frozenset({RESULT}), required=False),
                "measures": Link(frozenset({MEASURES}), required=False, many=True),
                calibrations.ROLE: Link(frozenset({CALIBRATION}), required=False, many=True),
                "waiver": Link(frozenset({WAIVER}), required=False, many=True),
            },
        )
    )
    register_kind(
        Kind(
            SESSION_SPEC,
            "session specification",
            SessionSpecBody,
            signed=False,
            authors=PLANNERS,
            printed="session spec",
            sections=reports.session_spec,
            links={
                "subject": Link(SUBJECT_KINDS),
                "rubric": Link(frozenset({RUBRIC}), required=False),
            },
        )
    )
    register_kind(
        Kind(
            SESSION_RECORD,
            "session record",
            SessionRecordBody,
            signed=False,
            authors=frozenset(),
            files=_transcript,
            printed="session",
            sections=reports.session_record,
            title=Phrase("Session: ", one_of("title")),
            links={
                "spec": _one(SESSION_SPEC),
                "subject": Link(SUBJECT_KINDS),
                "rubric": Link(frozenset({RUBRIC}), required=False),
                "waiver": Link(frozenset({WAIVER}), required=False, many=True),
            },
        )
    )
    register_kind(
        Kind(
            HUMAN_GRADES,
            "human grades",
            HumanGradesBody,
            signed=False,
            authors=frozenset(),
            files=_grades,
            printed="grades",
            sections=reports.human_grades,
            links={"result": Link(frozenset({RESULT}), many=True), "rubric": _one(RUBRIC), "evaluation_set": _one(SET)},
        )
    )
    register_exclusion(
        Exclusion(
            "grader",
            "whoever graded the answers it rests on, or closed their grading",
            lambda d: docs.writers(d, grades),
            grades,
        )
    )
    register_kind(
        Kind(
            CALIBRATION,
            "judge calibration",
            JudgeCalibrationBody,
            authors=frozenset(),
            printed="calibration",
            sections=reports.judge_calibration,
            notices=reports.calibration_notices,
            since=reports.calibration_since,
            tells=reports.calibration_tells,
            links={
                calibrations.GRADES: Link(frozenset({HUMAN_GRADES}), many=True),
                "rubric": _one(RUBRIC),
            },
        )
    )
    register_kind(
        Kind(
            JUDGEMENT,
            "judgement with people's grades",
            JudgementBody,
            signed=False,
            authors=frozenset(),
            printed="judgement",
            sections=reports.judgement,
            notices=reports.result_notices,
            tables=(reports.VERDICTS,),
            title=Phrase("Judged with people’s grades: ", one_of("verdict")),
            links={"result": _one(RESULT), "human_grades": Link(frozenset({HUMAN_GRADES}), many=True)},
        )
    )
