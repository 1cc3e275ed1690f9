"""CycloneDX 1.7 ML-BOM in JSON: a model with its card, the base model, the data, their files and licences.

Format: https://cyclonedx.org/docs/1.7/json/ (ECMA-424), media type application/vnd.cyclonedx+json. The library
cyclonedx-python-lib has no classes for model cards, so this is written as plain JSON; tests hold it to the schema.
"""

import uuid
from typing import TYPE_CHECKING, Any

from governance.errors import Invalid
from governance.exports.parts import below, described, document_name, hexadecimal, linked
from governance.proof import canonical
from governance.proof.fields import rfc3339
from governance.registry import KINDS, Described

if TYPE_CHECKING:
    from governance.reports.gathered import Gathered, Paper

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
MODELS = ("model", "use")
TYPES = {"model": "machine-learning-model", "data": "data"}


def bill(found: "Gathered") -> bytes:
    """Return the bill of materials of a model or of a release of one.

    Raises:
        Invalid: the document is neither.
    """
    subject = found.papers[found.report.about]
    told = described(subject)
    papers = below(found, subject)
    known = {paper.digest: one for paper in papers if (one := described(paper)) is not None}
    model = next((paper for paper in papers if paper.digest in known and known[paper.digest].what == "model"), None)
    if told is None or told.what not in MODELS or model is None:
        raise Invalid("format", f"found a {subject.label}, expected a model or a release of one")
    parts = [
        paper
        for paper in papers
        if paper not in (subject, model) and paper.digest in known and known[paper.digest].what in TYPES
    ]
    rests_on = _made_from(found, model, known)
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{document_name(subject.digest)}@{found.size}")
    dependencies = [{"ref": document_name(subject.digest), "dependsOn": [document_name(p.digest) for p in rests_on]}]
    return canonical.dumps(
        {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": "1.7",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {
                "timestamp": rfc3339(found.time),
                "tools": {"components": [{"type": "application", "name": "Countersign"}]},
                "component": _model(found, subject, model, known),
                "properties": _properties({"ledger-size": str(found.size), "ledger-root": found.root.hex()}),
            },
            "components": [_component(found, paper, known) for paper in parts],
            "dependencies": dependencies + [{"ref": document_name(paper.digest)} for paper in parts],
        }
    )


def _model(found: "Gathered", subject: "Paper", model: "Paper", known: dict[str, Described]) -> dict[str, Any]:
    """Return the component that the bill is of: called as the subject is, made as the model was."""
    made = _component(found, model, known)
    told = known[subject.digest]
    made |= {
        "bom-ref": document_name(subject.digest),
        "name": told.name or subject.title,
        "version": told.version or str(subject.envelope.number),
        "properties": _about(subject) + ([] if model is subject else _about(model, "model-")),
    }
    if told.text:
        made["description"] = told.text
    card = _card(found, model, known)
    if card:
        made["modelCard"] = card
    bases = [paper for paper in _made_from(found, model, known) if known[paper.digest].what == "model"]
    if bases:
        made["pedigree"] = {"ancestors": [_without_name(_component(found, paper, known)) for paper in bases]}
    return made


def _card(found: "Gathered", model: "Paper", known: dict[str, Described]) -> dict[str, Any]:
    """Return how the model was made and what was measured of it; figures of its base are not its own."""
    settings = {
        name: value
        for paper in (model, *linked(found, model))
        if paper.digest in known and (paper is model or known[paper.digest].what == "settings")
        for name, value in known[paper.digest].settings.items()
    }
    data = [paper for paper in _made_from(found, model, known) if known[paper.digest].what == "data"]
    figures = [
        _metric(figure.metric, figure.slice, figure.value, figure.low, figure.high)
        for digest, told in known.items()
        if told.figures and model in linked(found, found.papers[digest], told.of)
        for figure in told.figures
    ]
    card: dict[str, Any] = {}
    if data:
        card["modelParameters"] = {"datasets": [{"ref": document_name(paper.digest)} for paper in data]}
    if figures:
        card["quantitativeAnalysis"] = {"performanceMetrics": figures}
    if settings:
        card["properties"] = _properties(settings)
    return card


def _metric(metric: str, on: str, value: str, low: str | None, high: str | None) -> dict[str, Any]:
    interval = {} if low is None or high is None else {"confidenceInterval": {"lowerBound": low, "upperBound": high}}
    return {"type": metric, "slice": on, "value": value, **interval}


def _made_from(found: "Gathered", model: "Paper", known: dict[str, Described]) -> list["Paper"]:
    """Return the models and data that the settings of a model name."""
    chosen = [p for p in linked(found, model) if p.digest in known and known[p.digest].what == "settings"]
    named = {p.digest: p for one in chosen for p in linked(found, one)}
    return [paper for digest, paper in named.items() if digest in known and known[digest].what in TYPES]


def _component(found: "Gathered", paper: "Paper", known: dict[str, Described]) -> dict[str, Any]:
    told = known[paper.digest]
    made: dict[str, Any] = {
        "bom-ref": document_name(paper.digest),
        "type": TYPES[told.what],
        "name": told.name or paper.title,
        "version": told.version or str(paper.envelope.number),
        "properties": _about(paper),
    }
    if told.text:
        made["description"] = told.text
    files = KINDS[paper.row.kind].files(paper.body)
    if files:
        made["components"] = [
            {"type": "file", "name": one.path, "hashes": [{"alg": "SHA-256", "content": hexadecimal(one.sha256)}]}
            for one in files
        ]
    licence = told.licence or next(
        (
            known[p.digest].licence
            for p in linked(found, paper)
            if p.digest in known and known[p.digest].what == "terms"
        ),
        None,
    )
    if licence is not None:
        made["licenses"] = [{"license": _licence(*licence)}]
    return made


def _without_name(component: dict[str, Any]) -> dict[str, Any]:
    """Return a component that stands elsewhere under its bom-ref, which may be given once."""
    return {name: value for name, value in component.items() if name != "bom-ref"}


def _licence(identifier: str, name: str) -> dict[str, str]:
    from cyclonedx.spdx import is_supported_id

    return {"id": identifier} if is_supported_id(identifier) else {"name": name or identifier}


def _about(paper: "Paper", prefix: str = "") -> list[dict[str, str]]:
    """Return which document tells of a component; with its digest anybody finds it again."""
    return _properties(
        {
            f"{prefix}document": paper.digest,
            f"{prefix}kind": paper.row.kind,
            f"{prefix}ledger-entry": str(paper.leaf.seq),
            f"{prefix}standing": paper.standing.standing.value,
        }
    )


def _properties(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": f"countersign:{name}", "value": value} for name, value in sorted(values.items())]
