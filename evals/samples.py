"""The cases of an evaluation set as its signers review them. Engineers never see a case of a holdout."""

import hashlib
import json
from collections.abc import Collection, Iterable
from functools import lru_cache

from evals.engine.assessment import ProductionSampleBody
from evals.engine.cases import read_cases, strict_json
from evals.engine.sampling import draw
from evals.engine.spec import Case, EvaluationSetBody
from governance import registry, store
from governance.access import ENGINEER
from governance.models import Document
from governance.selectors import documents as docs

KIND = "evals.evaluation_set"


def stored_cases(body: EvaluationSetBody | ProductionSampleBody) -> list[Case]:
    """Return the cases of a set or the rows of a sample, sorted by id.

    CasesInvalid names file and line of what is no case.
    """
    return read_cases((entry.path, store.path_of(entry.sha256)) for entry in body.files)


def asked(document: Document) -> frozenset[str]:
    """Return what the cases of a set ask, as digests: whoever renames, regroups or freezes them anew changes nothing.

    Raises:
        BytesMissing, BytesCorrupt, CasesInvalid: the cases cannot be read.
    """
    return _asked(_files(document))


@lru_cache(maxsize=64)
def _asked(files: tuple[str, ...]) -> frozenset[str]:
    for digest in files:
        store.check(digest)
    cases = read_cases((digest, store.path_of(digest)) for digest in files)
    return frozenset(_question(case) for case in cases)


def _question(case: Case) -> str:
    said = [(message.role, " ".join(message.content.split()).casefold()) for message in case.messages]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _body(document: Document) -> EvaluationSetBody:
    found: EvaluationSetBody = docs.model_body(document, EvaluationSetBody)
    return found


def _draw(document: Document, seed: str, size: int) -> list[str]:
    return draw(_slices(_files(document)), seed, size)


def _show(document: Document, ids: Collection[str]) -> list[registry.Case]:
    wanted = set(ids)
    for digest in _files(document):
        store.check(digest)
    return [shown(case) for case in stored_cases(_body(document)) if case.id in wanted]


def kept_from(purpose: str) -> frozenset[str]:
    """Return the roles whose holders never see a case of a set of that purpose."""
    return frozenset({ENGINEER}) if purpose == "holdout" else frozenset()


def _hidden_from(document: Document) -> frozenset[str]:
    """A development set that names a file of a holdout does not show it: what is hidden is the cases, not a title."""
    found = _body(document)
    if hidden := kept_from(found.purpose):
        return hidden
    purposes = _purposes(entry.sha256 for entry in found.files)
    return frozenset(role for purpose in purposes for role in kept_from(purpose))


def _purposes(files: Iterable[str]) -> set[str]:
    """Return the purposes of all evaluation sets there are that hold one of these files."""
    wanted = set(files)
    sets = (
        docs.frozen_body(document, EvaluationSetBody)
        for document in Document.objects.filter(kind=KIND).select_related("project", "series")
    )
    return {body.purpose for body in sets if wanted & {entry.sha256 for entry in body.files}}


def _files(document: Document) -> tuple[str, ...]:
    return tuple(entry.sha256 for entry in _body(document).files)


@lru_cache(maxsize=16)
def _slices(files: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Return each case's slices by id; files are named by what they hold, so that one reading lasts."""
    for digest in files:
        store.check(digest)
    return {case.id: frozenset(case.slices) for case in read_cases((digest, store.path_of(digest)) for digest in files)}


def shown(case: Case) -> registry.Case:
    """Return a case as people read it, part by part."""
    asked = [("Asked" if m.role == "user" else m.role.capitalize(), m.content) for m in case.messages]
    others = [
        *(("Choice", choice) for choice in case.choices),
        *((f"Passage {passage.id}", passage.text) for passage in case.passages),
        *(("Right answer", _laid_out(answer)) for answer in case.answers),
        ("Expected to", "" if case.expects == "answer" else case.expects),
        ("Same meaning as", case.group or ""),
        ("Slices", ", ".join(case.slices)),
        ("Depends on", case.cluster or ""),
        ("Risk", case.risk or ""),
        ("Weight", "" if case.weight == "1" else case.weight),
        ("From", case.provenance),
        *case.metadata.items(),
        ("Note", case.note or ""),
    ]
    return registry.Case(case.id, (*asked, *((k, v) for k, v in others if v)))


def _laid_out(answer: str) -> str:
    """A right answer as people read it: JSON objects and lists over several lines, JSON text without its quotes."""
    try:
        value = strict_json(answer)
    except ValueError:
        return answer
    return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict | list) else str(value)


SAMPLING = registry.Sampling(_draw, _show, _hidden_from)
