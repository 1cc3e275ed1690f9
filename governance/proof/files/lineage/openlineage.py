"""OpenLineage run events: for every attempt its start and its end, with the documents it took and made as datasets.

Format: https://openlineage.io/spec/2-0-2/OpenLineage.json, one event a line. The version facet holds the digest.
"""

from collections.abc import Iterator
from typing import Any

from governance.proof.files.lineage.history import Attempt, attempts
from governance.proof.files.lineage.parts import URN, document_name, lines
from governance.proof.files.lineage.told import Lineage, Node

SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = "https://openlineage.io/spec/facets"
VERSION_FACET = f"{FACETS}/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
ENDS = {"made": "COMPLETE", "stopped": "ABORT", "failed": "FAIL"}
PRODUCER = "https://countersign.dev/exports/openlineage"


def run_events(told: Lineage) -> bytes:
    """Return the events of all runs of the lineage in ledger order; an attempt that never began has none."""
    return lines(event for attempt in attempts(told) for event in _events(attempt))


def _events(attempt: Attempt) -> Iterator[dict[str, Any]]:
    if attempt.began is None:
        return
    yield _event(attempt, "START", attempt.began)
    if attempt.ended is not None:
        yield _event(attempt, ENDS[attempt.end], attempt.ended)


def _event(attempt: Attempt, state: str, time: str) -> dict[str, Any]:
    permit = attempt.permitted.permit
    outputs = [attempt.output] if attempt.output is not None and state == ENDS["made"] else []
    return {
        "eventType": state,
        "eventTime": time,
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "run": {"runId": permit.attempt},
        "job": {"namespace": f"{URN}:project:{permit.project}", "name": permit.purpose},
        "inputs": [_dataset(node) for node in attempt.inputs],
        "outputs": [_dataset(node) for node in outputs],
    }


def _dataset(node: Node) -> dict[str, Any]:
    """Return a document as a dataset: its series is the name that stays, its digest the version."""
    facet = {"_producer": PRODUCER, "_schemaURL": VERSION_FACET, "datasetVersion": document_name(node.digest)}
    return {
        "namespace": f"{URN}:{node.kind}",
        "name": node.envelope.series,
        "facets": {"version": facet},
    }
