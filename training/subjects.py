"""How base models and run records are evaluated."""

from datetime import datetime

from evals.checks import Signed, in_force
from evals.purposes import accepted, stored_faults
from evals.subjects import RELEASES, Released, Subject, register_subject
from governance.access import ENGINEER, ROLES
from governance.errors import Invalid
from governance.gates import Answer
from governance.models import Document, Project
from governance.proof.formats.permit import Input
from governance.selectors import documents as docs
from governance.selectors import signoff
from training.kinds import tuning as kinds
from training.purposes.train import base_faults, base_inputs
from training.trainers.spec import RunRecordBody


def register() -> None:
    """Register both subjects, and which releases are in force."""
    RELEASES.append(_releases)
    register_subject(
        Subject(
            kind=kinds.BASE_MODEL,
            arm="base",
            base=lambda base: base,
            inputs=base_inputs,
            faults=base_faults,
            admissible=_base_in_force,
        )
    )
    register_subject(
        Subject(
            kind=kinds.RUN_RECORD,
            arm="tuned",
            base=base_of,
            inputs=_tuned_inputs,
            faults=_tuned_faults,
            admissible=_made_here,
            makers=lambda record: docs.writers(record, frozenset({kinds.RUN_RECORD, kinds.RUN_SPEC})),
        )
    )


def _releases(project: Project, ledger_size: int, time: datetime) -> list[Released]:
    """Return the releases in force, in a constant number of queries; of a release only its newest signed version is."""
    rows = Document.objects.filter(project=project, kind=kinds.RELEASE)
    releases = list(rows.select_related("project", "series"))
    standing = signoff.in_force_many(releases, ledger_size, time)
    in_force = [release for release in releases if standing[release.digest].ok]
    named = docs.linked_in_all(in_force, ("result", "run_record"))
    found = []
    for release in in_force:
        result, record = named[release.digest]["result"], named[release.digest]["run_record"]
        if result is not None and record is not None:
            found.append(Released(release, result, record))
    return found


def base_of(record: Document) -> Document:
    """Return the base model behind a run record."""
    spec = docs.linked_one(record, "run_spec")
    base = docs.linked_one(spec, "base_model") if spec else None
    if base is None:
        raise Invalid("subject", "the run record leads to no base model")
    return base


def _tuned_inputs(record: Document) -> list[Input]:
    body: RunRecordBody = docs.model_body(record, RunRecordBody)
    if body.artefact == "model":
        return [Input(name=f"base/{f.path}", sha256=f.sha256, size=f.size, role="base") for f in body.files]
    adapter = [Input(name=f"adapter/{f.path}", sha256=f.sha256, size=f.size, role="adapter") for f in body.files]
    return base_inputs(base_of(record)) + adapter


def _tuned_faults(record: Document) -> list[str]:
    return stored_faults(record) + base_faults(base_of(record))


def _base_in_force(base: Document, ledger_size: int, time: datetime) -> Answer:
    return in_force("base model", Signed(str(base), signoff.in_force(base, ledger_size, time)))


def _made_here(record: Document, _size: int, _time: datetime) -> Answer:
    expected = "a run made here under a consumed permit"
    if not accepted(record):
        return Answer(
            False, "no consumed permit stands behind it", expected, "Run it through the gate.", ROLES[ENGINEER]
        )
    return Answer(True, str(record), expected)
