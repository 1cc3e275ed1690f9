"""Drills and probes for the tests of pages: what a runner would have sent is written by hand."""

from typing import Any

from governance import store
from governance.models import Document
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services import documents
from governance.services.ledger import mutation
from tests.governance.web.world import World
from tests.support import papers
from tests.training.custody import samples
from training.bodies.base_models import BaseModelBody
from training.kinds import custody as kinds
from training.kinds.tuning import BASE_MODEL


def hosted(world: World) -> Document:
    """Put a hosted model on the shelf."""
    body = papers.base_model({"size": 1, "sha256": samples.digest("")}) | {
        "title": "Big, hosted", "files": [], "custody": None, "parameters": None,
        "hosted": {"provider": "Example", "snapshot": "big-2026-01", "region": "eu", "observed_on": "2026-11-01"},
    }  # fmt: skip
    return documents.document_submit(actor=world.owner, project=None, kind=BASE_MODEL, body=body)


def _frozen(world: World, kind: str, body: dict[str, Any], links: dict[str, Document]) -> Document:
    with mutation(actor=world.engineer, action="custody.drill", project=world.project) as m:
        return documents.freeze(
            m, kind=KINDS[kind], body=documents.check_body(KINDS[kind], body), contributors=[], by=None,
            references=[{"role": role, "digest": found.digest} for role, found in links.items()],
        )  # fmt: skip


def drill(world: World, base: Document) -> Document:
    return documents.document_submit(
        actor=world.engineer, project=world.project, kind=kinds.RESTORE_SPEC, body=samples.restore_spec(),
        references=[{"role": "base_model", "digest": base.digest}],
    )  # fmt: skip


def record(world: World, base: Document) -> Document:
    """Freeze the record of a drill that failed: a file altered, one missing."""
    body: BaseModelBody = docs.model_body(base, BaseModelBody)
    files = [samples.restored(one.path, one.size, one.sha256) for one in body.files]
    files[0] |= {"found": "altered", "found_sha256": samples.digest("flipped")}
    failed = {"outcome": "failed", "loaded": False, "finding": f"1 of {len(files)} files: {files[0]['path']}"}
    links = {"spec": drill(world, base), "base_model": base}
    return _frozen(world, kinds.RESTORE_RECORD, samples.restore_record(files=files, **failed), links)


def probe(world: World, base: Document) -> Document:
    return documents.document_submit(
        actor=world.engineer, project=world.project, kind=kinds.PROBE_SPEC, body=samples.probe_spec(),
        references=[{"role": "base_model", "digest": base.digest}],
    )  # fmt: skip


def result(world: World, base: Document, spec: Document) -> Document:
    """Freeze the result of a probe that found a change."""
    kept = store.put([b"{}\n"])
    apart = {"statistic": "0.912000", "p": "0.000050", "adjusted": "0.000150"}
    prompts = [
        {
            "id": name, "answers": 10, "distinct": 2, "difference": apart,
            "common": [{"text": "I cannot help with that.", "count": 9}, {"text": "", "count": 1}],
        }
        for name in ("capital", "sum")
    ]  # fmt: skip
    body = {
        "title": "Weekly probe", "prompts": prompts, "whole": apart, "changed": True, "alpha": "0.01",
        "method": "Permutation test.", "finding": "The answers differ from those of 2 November 2026 (the reference).",
        "answers": kept.model_dump(exclude={"md5"}) | {"path": "answers.jsonl"}, "asked": 20, "answered": 20,
        "seconds": "12.5", "cost": None, "environment": {"endpoint": "https://api.example/v1"},
        "permit": samples.digest("permit"),
    }  # fmt: skip
    return _frozen(world, kinds.PROBE_RESULT, body, {"spec": spec, "base_model": base})
