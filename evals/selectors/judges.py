"""The judges of a plan's rubric: which models answer for them, whether they may, and whether one judges itself."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from evals.engine.deciders import judged_criteria
from evals.engine.endpoints import Endpoint
from evals.engine.rubric import Judge, RubricBody
from evals.subjects import SUBJECTS
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.gates import Answer
from governance.models import Document
from governance.proof.formats.permit import Input
from governance.selectors import documents as docs

ROLE = "judge_model"
"""How a rubric refers to the document whose files a local judge answers with."""
WEIGHTS = (".safetensors", ".bin", ".pt", ".gguf")


def asked(rubric: Document) -> dict[str, Judge]:
    """Return the judges that the rubric's criteria ask, by name; one that no criterion names is never asked."""
    body: RubricBody = docs.model_body(rubric, RubricBody)
    names = set(judged_criteria(body).values())
    return {name: judge for name, judge in sorted(body.judges.items()) if name in names}


def endpoints(rubric: Document | None) -> list[Endpoint]:
    """Return the endpoints that the rubric's judges are asked at."""
    found = [judge.reached for judge in asked(rubric).values()] if rubric is not None else []
    return [one for one in found if one is not None]


def unpinned(body: RubricBody, named: list[Document]) -> str:
    """Return what is wrong with the models that a rubric refers to for its local judges, "" if nothing is."""
    wanted = {judge.model_digest for judge in body.judges.values() if judge.backend == "local"}
    given = {document.digest for document in named}
    if missing := sorted(str(digest) for digest in wanted - given):
        return f"found no reference {ROLE!r} to {missing[0]}, the model of a local judge; refer to it"
    if idle := sorted(given - wanted):
        return f"found a reference {ROLE!r} to {idle[0]}, expected the models of the rubric's local judges only"
    return ""


def models(rubric: Document | None) -> list[Document]:
    """Return the documents of the local judges' models, each once."""
    if rubric is None:
        return []
    wanted = {judge.model_digest for judge in asked(rubric).values()}
    return [document for document in docs.linked(rubric, ROLE) if document.digest in wanted]


def inputs(rubric: Document | None) -> list[Input]:
    """Return the files of the local judges as the engine wants them, each model's in a folder of its own."""
    if rubric is None:
        return []
    folders = {judge.model_digest: judge.folder for judge in asked(rubric).values()}
    return [
        one.model_copy(update={"name": f"{folders[model.digest]}/{one.name}", "role": "judge"})
        for model in models(rubric)
        for one in SUBJECTS[model.kind].inputs(model)
    ]


def faults(rubric: Document | None) -> list[str]:
    """Hash the files of the local judges; return what is wrong, in words."""
    return [fault for model in models(rubric) for fault in SUBJECTS[model.kind].faults(model)]


def itself(rubric: Document | None, subject: Document | None, endpoint: Endpoint | None) -> str:
    """Return which judge would judge itself, "" if none: its model is the subject's, or made of the same weights.

    Two documents may hold one model, so that their files are compared, too; and whoever was tuned from one base model
    is kin. What stands behind an endpoint nobody can see: there, address and name are compared.
    """
    if rubric is None:
        return ""
    told = [*_same_files(rubric, subject)] if subject is not None else []
    for name, judge in asked(rubric).items():
        reached = judge.reached
        if reached is not None and endpoint is not None and _place(reached) == _place(endpoint):
            told.append(f"the judge {name!r} is the model at {endpoint.address} whose answers it would judge")
    return "; ".join(told)


def _same_files(rubric: Document, subject: Document) -> Iterator[str]:
    kind = SUBJECTS[subject.kind]
    mine, base = _weights(kind.inputs(subject)), kind.base(subject)
    for model in models(rubric):
        theirs = SUBJECTS[model.kind]
        if model == subject or theirs.base(model) == base or mine & _weights(theirs.inputs(model)):
            names = [name for name, judge in asked(rubric).items() if judge.model_digest == model.digest]
            yield f"the judge {names[0]!r} is {model}, which is or shares its base model with what it would judge"


def _weights(files: list[Input]) -> set[str]:
    return {one.sha256 for one in files if one.name.endswith(WEIGHTS)}


def _place(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.address.rstrip("/").casefold(), endpoint.model


def answer(
    rubric: Document | None,
    subject: Document | None,
    endpoint: Endpoint | None,
    ledger_size: int,
    time: datetime,
) -> Answer:
    """Return whether every judge may judge: its model is in force, and it is not what it judges."""
    expected = "judges whose models may be used, none of them the model that is measured"
    who = ROLES[COMPLIANCE_OFFICER]
    if rubric is None or not asked(rubric):
        return Answer(True, "no judge grades", expected)
    if why := itself(rubric, subject, endpoint):
        return Answer(False, why, expected, "Sign a rubric with a judge that is another model.", who)
    for model in models(rubric):
        found = SUBJECTS[model.kind].admissible(model, ledger_size, time)
        if not found.passed:
            return Answer(False, f"{model}: {found.found}", expected, found.remedy, found.who)
    return Answer(True, ", ".join(_named(asked(rubric))), expected)


def _named(judges: Mapping[str, Judge]) -> list[str]:
    return [f"{name} ({judge.model or 'a model on this machine'})" for name, judge in judges.items()]
