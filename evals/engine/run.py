"""Entry point of the purpose "evaluate": measure one model on one evaluation set by one rubric."""

import math
import os
import platform
import resource
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from evals.engine.answers import Answer, prompt_digest, render
from evals.engine.asking import ask, requests_of
from evals.engine.backends.base import Backend
from evals.engine.cases import CasesInvalid, check_cases, read_cases
from evals.engine.deciders import judged_criteria
from evals.engine.failures import became
from evals.engine.graders.base import Key
from evals.engine.grading import Grading
from evals.engine.journal import FOLDER, Journal, binding, source
from evals.engine.judgement import ungraded, unjudged
from evals.engine.judging import Ready, ask_judges, judge_backend, texts_of
from evals.engine.metrics import by_repeat, confusion, measure, missing_in
from evals.engine.outputs import write_outputs
from evals.engine.outputs_index import of_grades
from evals.engine.permitted import document, referred
from evals.engine.samples import Answers, Call
from evals.engine.spec import (
    Case,
    EvaluationResultBody,
    EvaluationSetBody,
    EvaluationSpecBody,
    FileEntry,
    RubricBody,
)
from governance.runner.protocol import Outcome, OutputFile, Reporter, RunFailed

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit

OUTPUTS = "outputs.jsonl"
SETTINGS = {
    # What an evaluation needs was hashed before it started; no library may fetch anything.
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Threads that wait for one another sleep: spinning makes a busy machine several times slower.
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""The environment, set before the model libraries load."""


def run(work: Path, permit: "Permit", report: Reporter) -> Outcome:
    """Have the permitted model answer and grade it; return an `EvaluationResultBody` without verdicts.

    Reads `inputs/documents/{evaluation_spec,evaluation_set,rubric}.json`, `inputs/cases/…`, and of `inputs/base/…`,
    `inputs/adapter/…` and `inputs/recorded/…` what the specification asks for, of `inputs/judges/…` what the rubric's
    judges need; writes `outputs/outputs.jsonl`.

    Raises:
        RunFailed: an input is not what the documents say, the model cannot be used, or the attempt was stopped.
    """
    return evaluate(work, permit, report)


def evaluate(
    work: Path,
    permit: "Permit",
    report: Reporter,
    start: Callable[[], Backend] | None = None,
    ready: Ready | None = None,
) -> Outcome:
    """Do what `run` does; `start` gives a backend that is loaded already instead of the one of the specification.

    `ready` gives the backends of judges instead of those among the inputs.
    """
    started = time.monotonic()
    inputs = work / "inputs"
    os.environ.update(SETTINGS)
    spec, evaluation_set, rubric = _documents(inputs, permit)
    if start is None and spec.arm in ("base", "best_prompt") and (inputs / "adapter").exists():
        raise RunFailed(f"found an adapter among the inputs of the {spec.arm} arm, expected the base model alone")
    cases, grading = _cases(inputs, evaluation_set, rubric)
    seconds = permit.bounds.get("max_seconds")
    deadline = started + seconds if seconds is not None else math.inf
    start = start or (lambda: backend_of(inputs, spec, rubric))
    chats = {case.id: render(rubric.prompt_of(spec.arm), case.messages) for case in cases}
    requests = requests_of(chats.items(), rubric.decoding)
    bound = _bound(permit)
    answering = (0.0, 0.5 if judged_criteria(rubric) else 1.0)
    with Journal(work / FOLDER, bound) as journal:
        answers, device = ask(start, requests, rubric.decoding, journal, report, deadline, part=answering)

    texts = {key: answer.text for key, answer in answers.items()}
    said, judges = ask_judges(
        grading, cases, texts, ready or (lambda judge: judge_backend(inputs, judge)),
        lambda file: Journal(work / FOLDER, bound, file), report, deadline, (answering[1], 1.0),
    )  # fmt: skip
    graded = grading.grade_all(cases, texts, texts_of(said))
    outputs = work / "outputs" / OUTPUTS
    outputs.parent.mkdir(parents=True, exist_ok=True)
    prompts = {case: prompt_digest(chat) for case, chat in chats.items()}
    content = write_outputs(answers, graded, prompts, said)
    outputs.write_bytes(content)
    report.progress(1.0, "graded", cases=len(answers))
    found = Answers(graded, {key: Call(a.seconds, a.tokens_in + a.tokens, a.cost) for key, a in answers.items()})
    around = device | judges
    body = _result(spec, evaluation_set, grading, cases, found, answers, content, time.monotonic() - started, around)
    return Outcome(body=body.model_dump(mode="json"), files=[OutputFile(OUTPUTS, outputs)])


def backend_of(inputs: Path, spec: EvaluationSpecBody, rubric: RubricBody) -> Backend:
    """Return what answers by the specification: an endpoint, recorded answers, or the model's files.

    Raises:
        RunFailed: it cannot be used.
    """
    if spec.endpoint is not None:
        from evals.engine.backends.http import HttpModel

        return HttpModel(spec.endpoint)
    if spec.recorded is not None:
        from evals.engine.backends.recorded import RecordedAnswers

        return RecordedAnswers(inputs / "recorded" / spec.recorded.path, spec.recorded.sha256, spec.recording)
    from evals.engine.backends.loading import quieten
    from evals.engine.backends.local_model import LocalModel

    quieten()
    adapter = inputs / "adapter"
    return LocalModel.load(inputs / "base", adapter if adapter.is_dir() else None, rubric.decoding)


def _bound(permit: "Permit") -> str:
    """Return what the journal's answers are bound to: all that the permit names, and the code that asks."""
    environment = _versions() | {"engine": source()}
    return binding(permit.spec, {item.name: item.sha256 for item in permit.inputs}, environment)


def _cases(inputs: Path, evaluation_set: EvaluationSetBody, rubric: RubricBody) -> tuple[list[Case], Grading]:
    files = [(entry.path, inputs / "cases" / entry.path) for entry in evaluation_set.files]
    for entry, (name, path) in zip(evaluation_set.files, files, strict=True):
        if not path.is_file():
            raise RunFailed(f"the evaluation set names the file {name!r}, expected it among the permit's inputs")
        if (found := _entry(name, path.read_bytes()).sha256) != entry.sha256:
            raise RunFailed(f"the case file {name!r} has {found}, expected {entry.sha256} as signed")
    try:
        cases = read_cases(files)
        check_cases(cases, evaluation_set, rubric)
        return cases, Grading(rubric)
    except CasesInvalid as error:
        raise RunFailed(f"the evaluation set cannot be used: {error}") from error
    except ValueError as error:
        raise RunFailed(str(error)) from error


def _result(
    spec: EvaluationSpecBody,
    evaluation_set: EvaluationSetBody,
    grading: Grading,
    cases: list[Case],
    found: Answers,
    answers: dict[Key, Answer],
    content: bytes,
    seconds: float,
    device: dict[str, str],
) -> EvaluationResultBody:
    rubric, expected = grading.rubric, grading.expected(cases)
    costs = [answer.cost for answer in answers.values() if answer.cost is not None]
    return EvaluationResultBody(
        arm=spec.arm,
        n=len(cases),
        metrics=measure(rubric, expected, found),
        outputs=_entry(OUTPUTS, content),
        confusion=confusion(evaluation_set.labels, expected, found, rubric),
        seconds=f"{seconds:.3f}",
        tokens=sum(answer.tokens for answer in answers.values()),
        repeats=rubric.decoding.repeats,
        missing=len(cases) - len({case for case, _ in answers}),
        missing_in=missing_in(expected, found),
        by_repeat=by_repeat(rubric, expected, found),
        cost=f"{sum(costs):.6f}" if costs else None,
        became=became(of_grades(found.graded, expected, rubric)),
        report_only=unjudged(rubric) | ungraded(rubric, found),
        verdicts=[],
        verdict=None,
        environment=environment() | device,
    )


def _documents(inputs: Path, permit: "Permit") -> tuple[EvaluationSpecBody, EvaluationSetBody, RubricBody]:
    """Return the bodies of the permitted spec and of the two documents it refers to."""
    envelope, spec = document(inputs, "evaluation_spec", EvaluationSpecBody)
    if envelope.digest != permit.spec:
        raise RunFailed(f"found the evaluation spec {envelope.digest}, expected {permit.spec} as permitted")
    set_envelope, evaluation_set = document(inputs, "evaluation_set", EvaluationSetBody)
    rubric_envelope, rubric = document(inputs, "rubric", RubricBody)
    referred(envelope, "evaluation_set", set_envelope)
    referred(envelope, "rubric", rubric_envelope)
    return spec, evaluation_set, rubric


def _entry(path: str, content: bytes) -> FileEntry:
    return FileEntry(path=path, size=len(content), sha256=f"sha256:{sha256(content).hexdigest()}")


def _versions() -> dict[str, str]:
    libraries = (
        "torch",
        "transformers",
        "peft",
        "tokenizers",
        "scipy",
        "numpy",
        "jsonschema",
        "sacrebleu",
        "rouge-score",
    )
    return {library: version(library) for library in libraries} | {"python": platform.python_version()}


def environment() -> dict[str, str]:
    """Return the versions, the machine and the memory that an entry point worked with."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # Linux reports KiB
    return _versions() | {
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "peak_rss_mb": str(peak),
    }
