"""The kinds of documents about custody: restore drills of weights we hold, probes of models that others host."""

import json
from collections.abc import Mapping
from typing import Any, Final

from governance.access import COMPLIANCE_OFFICER, ENGINEER, OWNER
from governance.bodies import WAIVER
from governance.models import Document
from governance.proof.formats.manifest import FileEntry
from governance.proof.sections.custody import CHANGED
from governance.proof.words.vocabulary import Phrase, one_of
from governance.registry import Kind, Link, register_kind
from governance.selectors import documents as docs
from training.bodies.custody import ProbeResultBody, ProbeSpecBody, RestoreRecordBody, RestoreSpecBody
from training.kinds.tuning import BASE_MODEL
from training.reports import custody as reports

RESTORE_SPEC: Final = "training.restore_spec"
RESTORE_RECORD: Final = "training.restore_record"
PROBE_SPEC: Final = "training.probe_spec"
PROBE_RESULT: Final = "training.probe_result"

DRILLERS: Final = frozenset({OWNER, ENGINEER})
PROBERS: Final = frozenset({OWNER, COMPLIANCE_OFFICER, ENGINEER})


def _one(kind: str, *, required: bool = True, many: bool = False) -> Link:
    return Link(frozenset({kind}), required=required, many=many)


def _answers(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(body["answers"])]


def _examine_probe(body: ProbeSpecBody, links: Mapping[str, list[Document]]) -> None:
    """Check that the reference it names was asked the same. Raises ValueError saying what differs."""
    for reference in links.get("reference", []):
        spec = docs.linked_one(reference, "spec")
        if spec is None:
            raise ValueError(f"{reference} names no specification of its own")
        before: ProbeSpecBody = docs.model_body(spec, ProbeSpecBody)
        if differing := differs(body, before):
            raise ValueError(f"{reference} was asked otherwise, so nothing could be compared: {differing}")
        if not body.could_show(before.repeats):
            raise ValueError(
                f"beside the {before.repeats} answers to each prompt of {reference} no change could be shown"
            )


def differs(body: ProbeSpecBody, other: ProbeSpecBody) -> str:
    """Return what of two probes' asking is not the same, in words; "" when their answers can be compared."""
    ours, theirs = body.asking(), other.asking()
    return ", ".join(name.replace("_", " ") for name in ours if ours[name] != theirs[name])


def register() -> None:
    """Register the kinds. Nothing of them is signed: what counts is the signed manifest, and a consumed permit."""
    waivers = _one(WAIVER, required=False, many=True)
    register_kind(
        Kind(
            RESTORE_SPEC,
            "restore drill",
            RestoreSpecBody,
            signed=False,
            authors=DRILLERS,
            printed="restore spec",
            sections=reports.restore_spec,
            links={"base_model": _one(BASE_MODEL)},
        )
    )
    register_kind(
        Kind(
            RESTORE_RECORD,
            "restore record",
            RestoreRecordBody,
            signed=False,
            authors=frozenset(),
            title=Phrase(one_of("title"), ": ", one_of("outcome")),
            printed="restore",
            sections=reports.restore_record,
            notices=reports.restore_notices,
            links={"spec": _one(RESTORE_SPEC), "base_model": _one(BASE_MODEL), "waiver": waivers},
        )
    )
    register_kind(
        Kind(
            PROBE_SPEC,
            "probe",
            ProbeSpecBody,
            signed=False,
            authors=PROBERS,
            examine=_examine_probe,
            printed="probe spec",
            sections=reports.probe_spec,
            links={"base_model": _one(BASE_MODEL), "reference": _one(PROBE_RESULT, required=False)},
        )
    )
    register_kind(
        Kind(
            PROBE_RESULT,
            "probe result",
            ProbeResultBody,
            signed=False,
            authors=frozenset(),
            files=_answers,
            title=Phrase(
                one_of("title"), ": ", one_of("changed", words={json.dumps(k): v for k, v in CHANGED.items()})
            ),
            printed="probe",
            sections=reports.probe_result,
            notices=reports.probe_notices,
            links={
                "spec": _one(PROBE_SPEC),
                "base_model": _one(BASE_MODEL),
                "reference": _one(PROBE_RESULT, required=False),
                "waiver": waivers,
            },
        )
    )
