"""Base models to drill and to probe, in the governed installation: a real tiny one, and one that others host."""

import shutil
from pathlib import Path
from typing import Any

from governance import store
from governance.models import Document, Job
from governance.services import documents, jobs
from tests.support import papers
from tests.support.governed import Site
from tests.training.custody import samples
from training.kinds import custody as kinds
from training.kinds.tuning import BASE_MODEL

SNAPSHOT = "big-2026-01"


def signed(site: Site, name: str, body: dict[str, Any]) -> Document:
    """Freeze a base model and have it signed."""
    site.story.submit("owner", name, BASE_MODEL, body)
    site.story.sign(name, requester="owner", signers=("officer",))
    return site.story[name]


def stored(files: Path) -> list[dict[str, Any]]:
    """Put the files of a folder into the store and return their manifest."""
    found = []
    for path in sorted(one for one in files.rglob("*") if one.is_file()):
        entry = store.put_file(path)
        found.append({"path": str(path.relative_to(files)), "size": entry.size, "sha256": entry.sha256})
    return found


def held(site: Site, files: Path, name: str = "held") -> Document:
    """Register the files of a folder as a base model, signed."""
    return signed(site, name, papers.base_model({"size": 1, "sha256": samples.digest("")}) | {"files": stored(files)})


def hosted(site: Site, name: str = "hosted", snapshot: str = SNAPSHOT) -> Document:
    """Register a model that others host, signed."""
    body = papers.base_model({"size": 1, "sha256": samples.digest("")}) | {
        "title": "Big, hosted",
        "files": [],
        "custody": None,
        "parameters": None,
        "hosted": {"provider": "Example", "snapshot": snapshot, "region": "eu", "observed_on": "2026-11-01"},
        "identities": [{"channel": "proxy", "name": "big"}],
    }
    return signed(site, name, body)


def backed_up(files: Path, vault: Path) -> Path:
    """Copy a model's files into a backup and return where they lie there."""
    target = vault / "models" / "tiny"
    shutil.copytree(files, target)
    return target


def drill(site: Site, base: Document, who: str = "engineer", **changes: Any) -> Document:
    return documents.document_submit(
        actor=site.story.people[who],
        project=site.story.project,
        kind=kinds.RESTORE_SPEC,
        body=samples.restore_spec(**changes),
        references=[{"role": "base_model", "digest": base.digest}],
    )


def probe(site: Site, base: Document, who: str = "engineer", **changes: Any) -> Document:
    return documents.document_submit(
        actor=site.story.people[who],
        project=site.story.project,
        kind=kinds.PROBE_SPEC,
        body=samples.probe_spec(**changes),
        references=[{"role": "base_model", "digest": base.digest}],
    )


def launched(site: Site, spec: Document, who: str = "engineer") -> Job:
    return jobs.launch(actor=site.story.people[who], spec=spec)
