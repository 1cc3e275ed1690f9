"""The cases of an evaluation set as its signers review them. Engineers never see a case of a holdout."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

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
    return hashlib.sha256(json.dumps(case.question).encode()).hexdigest()


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
    return hidden_from_each([document])[document.digest]


def hidden_from_each(documents: Iterable[Document]) -> dict[str, frozenset[str]]:
    """Return the roles from which the cases of each set are kept, by its digest. One query for all of them.

    A development set that names a file of a holdout does not show it: what is hidden is the cases, not a title.
    """
    bodies = {document.digest: _body(document) for document in documents}
    files = {
        digest: set() if kept_from(body.purpose) else {entry.sha256 for entry in body.files}
        for digest, body in bodies.items()
    }
    purposes = _purposes({name for held in files.values() for name in held})
    return {
        digest: kept_from(body.purpose).union(*(kept_from(p) for name in files[digest] for p in purposes[name]))
        for digest, body in bodies.items()
    }


def hidden_in_draft(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the roles from which the cases of a draft are kept: by what it is for, and by whose files it names."""
    entries = [entry for entry in body.get("files") or () if isinstance(entry, Mapping)]
    purposes = _purposes(str(entry.get("sha256")) for entry in entries)
    hidden = (kept_from(purpose) for purpose in {str(body.get("purpose")), *set().union(*purposes.values())})
    return frozenset().union(*hidden)


def _purposes(files: Iterable[str]) -> dict[str, set[str]]:
    """Return the purposes of all evaluation sets there are that hold each file."""
    found: dict[str, set[str]] = {name: set() for name in files}
    for document in Document.objects.filter(kind=KIND).select_related("project", "series") if found else ():
        body = docs.frozen_body(document, EvaluationSetBody)
        for entry in body.files:
            if entry.sha256 in found:
                found[entry.sha256].add(body.purpose)
    return found


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
