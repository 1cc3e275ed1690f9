"""The kinds of documents about acting: use cases, data, base models, runs, releases."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from evals import documents as evals
from governance.access import AUTHORS, COMPLIANCE_OFFICER, DATA_OWNER, DOMAIN_EXPERT, ENGINEER, OWNER
from governance.bodies import WAIVER
from governance.models import Document, Series
from governance.proof.formats.fields import moment
from governance.proof.formats.manifest import FileEntry
from governance.proof.words.vocabulary import Phrase, one_of
from governance.registry import Dossier, Exclusion, Kind, Link, register_exclusion, register_kind
from governance.selectors import documents as docs
from governance.selectors import waivers
from training.bodies.base_models import BaseModelBody
from training.bodies.data import DataContractBody, DatasetBody
from training.bodies.releases import ReleaseBody, StandingApprovalBody
from training.bodies.use_cases import DecisionRecordBody, UseCaseBody
from training.kinds import base_model_templates, described
from training.reports import tuning as reports
from training.trainers.spec import RunRecordBody, RunSpecBody

USE_CASE = "training.use_case"
DECISION = "training.decision_record"
CONTRACT = "training.data_contract"
DATASET = "training.dataset"
BASE_MODEL = "training.base_model"
RUN_SPEC = "training.run_spec"
RUN_RECORD = "training.run_record"
RELEASE = "training.release"
STANDING = "training.standing_approval"

METHODS = {"full": "Fully tuned", "lora": "LoRA", "qlora": "QLoRA"}
STEERING = frozenset({OWNER, COMPLIANCE_OFFICER, ENGINEER, DOMAIN_EXPERT})
DATA = frozenset({OWNER, ENGINEER, DATA_OWNER})
ENGINEERS = frozenset({ENGINEER})


def _files(body: dict[str, Any]) -> list[FileEntry]:
    return [FileEntry.model_validate(entry) for entry in body["files"]]


def _one(kind: str, *, required: bool = True, many: bool = False) -> Link:
    return Link(frozenset({kind}), required=required, many=many)


def _launchers(releases: Sequence[Document]) -> dict[str, set[str]]:
    """Return who launched what each release rests on: they may not sign it."""
    named = {release.digest: {link.digest for link in docs.references(release)} for release in releases}
    launched = waivers.launched_by(digest for digests in named.values() for digest in digests)
    return {
        release: {person for digest in digests for person in launched.get(digest, ())}
        for release, digests in named.items()
    }


def _examine_standing(body: StandingApprovalBody, links: Mapping[str, list[Document]]) -> None:
    """Check that the bounds are about data there is. Raises ValueError naming what does not fit."""
    (contract,) = links["contract"]
    declared = [field.name for field in docs.model_body(contract, DataContractBody).fields]
    if sorted(declared) != sorted(body.fields):
        raise ValueError(f"found the fields {', '.join(body.fields)}, expected the contract's: {', '.join(declared)}")
    series = Series.objects.filter(pk__in=body.series, kind=DATASET, project=contract.project)
    if unknown := set(body.series) - {str(one.pk) for one in series}:
        raise ValueError(f"there is no series of datasets {', '.join(sorted(unknown))} in this project")
    if moment(body.expires_at) <= timezone.now():
        raise ValueError(f"it would have run out already ({body.expires_at})")


def register() -> None:
    """Register the kinds from the use case to the release."""
    from training.reports import release_dossier  # its selectors know the kinds by this module

    evals.DATASET_KINDS.add(DATASET)
    datasets = frozenset({DATASET})
    register_exclusion(
        Exclusion(
            "dataset_author", "whoever wrote a dataset it rests on", lambda d: docs.writers(d, datasets), datasets
        )
    )
    register_kind(
        Kind(USE_CASE, "use case", UseCaseBody, authors=STEERING, printed="use case", sections=reports.use_case)
    )
    register_kind(
        Kind(
            DECISION,
            "decision record",
            DecisionRecordBody,
            authors=STEERING,
            links={"use_case": _one(USE_CASE)},
            printed="decision",
            sections=reports.decision_record,
        )
    )
    register_kind(
        Kind(
            CONTRACT,
            "data contract",
            DataContractBody,
            authors=DATA,
            described=described.CONTRACT,
            printed="contract",
            sections=reports.data_contract,
        )
    )
    register_kind(
        Kind(
            DATASET,
            "dataset",
            DatasetBody,
            authors=DATA,
            files=_files,
            links={"contract": _one(CONTRACT)},
            described=described.DATASET,
            printed="dataset",
            sections=reports.dataset,
        )
    )
    register_kind(
        Kind(
            BASE_MODEL,
            "base model",
            BaseModelBody,
            shelf=True,
            authors=frozenset({OWNER, ENGINEER}),
            templates=base_model_templates.TEMPLATES,
            files=_files,
            described=described.BASE_MODEL,
            printed="base model",
            sections=reports.base_model,
            notices=reports.base_model_notices,
        )
    )
    register_kind(
        Kind(
            RUN_SPEC,
            "run specification",
            RunSpecBody,
            signed=False,
            authors=ENGINEERS,
            described=described.RUN_SPEC,
            printed="run spec",
            sections=reports.run_spec,
            notices=reports.run_spec_notices,
            links={
                "thresholds": _one(evals.THRESHOLDS),
                "dataset": _one(DATASET, many=True),
                "quality_report": _one(evals.QUALITY, required=False),
                "baseline": _one(evals.RESULT, required=False),
                "base_model": _one(BASE_MODEL),
                "decision_record": _one(DECISION),
                "standing_approval": _one(STANDING, required=False),
            },
        )
    )
    register_kind(
        Kind(
            RUN_RECORD,
            "run record",
            RunRecordBody,
            signed=False,
            authors=frozenset(),
            files=_files,
            described=described.RUN_RECORD,
            printed="run",
            sections=reports.run_record,
            title=Phrase(one_of("method", words=METHODS), " ", one_of("artefact")),
            aside=frozenset({"loss_curve", "permit"}),
            links={"run_spec": _one(RUN_SPEC), "waiver": _one(WAIVER, required=False, many=True)},
        )
    )
    register_kind(
        Kind(
            RELEASE,
            "release",
            ReleaseBody,
            authors=frozenset(),
            releases=True,
            wanted={"lineage": "version"},
            also_excluded=_launchers,
            report="Release dossier",
            dossier=Dossier(
                release_dossier.beside, release_dossier.tell, release_dossier.CHARTS, release_dossier.PRINTED
            ),
            described=described.RELEASE,
            printed="release",
            sections=reports.release,
            links={
                "result": _one(evals.RESULT),
                "run_record": _one(RUN_RECORD),
                "judgement": _one(evals.JUDGEMENT, required=False),
                "previous": _one(RELEASE, required=False),
                "waiver": _one(WAIVER, required=False, many=True),
            },
        )
    )
    register_kind(
        Kind(
            STANDING,
            "standing approval",
            StandingApprovalBody,
            authors=AUTHORS,
            examine=_examine_standing,
            printed="standing approval",
            sections=reports.standing_approval,
            notices=reports.standing_approval_notices,
            links={"contract": _one(CONTRACT), "base_model": _one(BASE_MODEL), "thresholds": _one(evals.THRESHOLDS)},
        )
    )
