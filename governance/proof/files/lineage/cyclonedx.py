"""CycloneDX 1.7 ML-BOM in JSON: a model with its card, the base model, the data, their files and licences.

Format: https://cyclonedx.org/docs/1.7/json/ (ECMA-424), media type application/vnd.cyclonedx+json. The library
cyclonedx-python-lib has no classes for model cards, so this is written as plain JSON; tests hold it to the schema.
"""

import json
import uuid
from functools import cache
from importlib.resources import files
from typing import Any

from governance.proof.files.lineage.parts import below, document_name, hexadecimal
from governance.proof.files.lineage.told import Lineage, Node, Untold
from governance.proof.formats import canonical
from governance.proof.formats.described import Described

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
MODELS = ("model", "use")
TYPES = {"model": "machine-learning-model", "data": "data"}
LICENCES = "spdx.json"
"""the identifiers that SPDX lists, as the schema of CycloneDX 1.7 has them"""


def bill(told: Lineage) -> bytes:
    """Return the bill of materials of a model or of a release of one.

    Raises:
        Untold: the subject is neither.
    """
    subject = told.subject
    nodes = below(told, subject)
    known = {node.digest: one for node in nodes if (one := node.described) is not None}
    model = next((node for node in nodes if node.digest in known and known[node.digest].what == "model"), None)
    if subject.digest not in known or known[subject.digest].what not in MODELS or model is None:
        raise Untold(f"found a {subject.kind}, expected a model or a release of one")
    parts = [
        node
        for node in nodes
        if node not in (subject, model) and node.digest in known and known[node.digest].what in TYPES
    ]
    rests_on = _made_from(told, model, known)
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{document_name(subject.digest)}@{told.size}")
    dependencies = [{"ref": document_name(subject.digest), "dependsOn": [document_name(n.digest) for n in rests_on]}]
    return canonical.dumps(
        {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": "1.7",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {
                "timestamp": told.time,
                "tools": {"components": [{"type": "application", "name": "Countersign"}]},
                "component": _model(told, subject, model, known),
                "properties": _properties({"ledger-size": str(told.size), "ledger-root": told.root}),
            },
            "components": [_component(told, node, known) for node in parts],
            "dependencies": dependencies + [{"ref": document_name(node.digest)} for node in parts],
        }
    )


def _model(told: Lineage, subject: Node, model: Node, known: dict[str, Described]) -> dict[str, Any]:
    """Return the component that the bill is of: called as the subject is, made as the model was."""
    made = _component(told, model, known)
    own = known[subject.digest]
    made |= {
        "bom-ref": document_name(subject.digest),
        "name": own.name or subject.title,
        "version": own.version or str(subject.envelope.number),
        "properties": _about(subject) + ([] if model is subject else _about(model, "model-")),
    }
    if own.text:
        made["description"] = own.text
    card = _card(told, model, known)
    if card:
        made["modelCard"] = card
    bases = [node for node in _made_from(told, model, known) if known[node.digest].what == "model"]
    if bases:
        made["pedigree"] = {"ancestors": [_without_name(_component(told, node, known)) for node in bases]}
    return made


def _card(told: Lineage, model: Node, known: dict[str, Described]) -> dict[str, Any]:
    """Return how the model was made and what was measured of it; figures of its base are not its own."""
    settings = {
        name: value
        for node in (model, *told.linked(model))
        if node.digest in known and (node is model or known[node.digest].what == "settings")
        for name, value in known[node.digest].settings.items()
    }
    data = [node for node in _made_from(told, model, known) if known[node.digest].what == "data"]
    figures = [
        _metric(figure.metric, figure.slice, figure.value, figure.low, figure.high)
        for digest, one in known.items()
        if one.figures and model in told.linked(told.nodes[digest], one.of)
        for figure in one.figures
    ]
    card: dict[str, Any] = {}
    if data:
        card["modelParameters"] = {"datasets": [{"ref": document_name(node.digest)} for node in data]}
    if figures:
        card["quantitativeAnalysis"] = {"performanceMetrics": figures}
    if settings:
        card["properties"] = _properties(settings)
    return card


def _metric(metric: str, on: str, value: str, low: str | None, high: str | None) -> dict[str, Any]:
    interval = {} if low is None or high is None else {"confidenceInterval": {"lowerBound": low, "upperBound": high}}
    return {"type": metric, "slice": on, "value": value, **interval}


def _made_from(told: Lineage, model: Node, known: dict[str, Described]) -> list[Node]:
    """Return the models and data that the settings of a model name."""
    chosen = [n for n in told.linked(model) if n.digest in known and known[n.digest].what == "settings"]
    named = {n.digest: n for one in chosen for n in told.linked(one)}
    return [node for digest, node in named.items() if digest in known and known[digest].what in TYPES]


def _component(told: Lineage, node: Node, known: dict[str, Described]) -> dict[str, Any]:
    own = known[node.digest]
    made: dict[str, Any] = {
        "bom-ref": document_name(node.digest),
        "type": TYPES[own.what],
        "name": own.name or node.title,
        "version": own.version or str(node.envelope.number),
        "properties": _about(node),
    }
    if own.text:
        made["description"] = own.text
    if own.files:
        made["components"] = [
            {"type": "file", "name": one.path, "hashes": [{"alg": "SHA-256", "content": hexadecimal(one.sha256)}]}
            for one in own.files
        ]
    licence = own.licence or next(
        (known[n.digest].licence for n in told.linked(node) if n.digest in known and known[n.digest].what == "terms"),
        None,
    )
    if licence is not None:
        made["licenses"] = [{"license": _licence(*licence)}]
    return made


def _without_name(component: dict[str, Any]) -> dict[str, Any]:
    """Return a component that stands elsewhere under its bom-ref, which may be given once."""
    return {name: value for name, value in component.items() if name != "bom-ref"}


def _licence(identifier: str, name: str) -> dict[str, str]:
    return {"id": identifier} if identifier in _identifiers() else {"name": name or identifier}


@cache
def _identifiers() -> frozenset[str]:
    return frozenset(json.loads(files(__package__).joinpath(LICENCES).read_text(encoding="utf-8")))


def _about(node: Node, prefix: str = "") -> list[dict[str, str]]:
    """Return which document tells of a component; with its digest anybody finds it again."""
    return _properties(
        {
            f"{prefix}document": node.digest,
            f"{prefix}kind": node.kind,
            f"{prefix}ledger-entry": str(node.leaf.seq),
            f"{prefix}standing": node.standing,
        }
    )


def _properties(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": f"countersign:{name}", "value": value} for name, value in sorted(values.items())]
