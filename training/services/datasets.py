"""Registering dataset versions: into the project's DVC repository and the store, then frozen as a document."""

import secrets
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from evals.engine.cases import CasesInvalid, check_ids, read_lines
from evals.quality.rows import Row
from governance import access, store
from governance.errors import Denied, Finding, Invalid
from governance.models import Document, Project, User
from governance.proof.formats.manifest import safe_path
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.documents import document_submit
from governance.services.ledger import refusals_recorded
from training import dvc
from training.bodies.data import DatasetBody
from training.kinds import tuning as kinds


def register(
    *,
    actor: User,
    project: Project,
    title: str,
    description: str,
    source: str,
    contract: Document,
    files: Sequence[tuple[str, Iterable[bytes]]],
    base: Document | None = None,
    limit: int | None = None,
) -> Document:
    """Register a dataset of JSONL files (name, chunks of bytes), or with `base` its next version.

    `limit` is the most bytes a file may have (default: the installation's limit of an upload).

    The rows are read before anything is written; a row that is not {id, messages, target} is refused by file and line.

    Raises:
        Invalid: a name or row is wrong, an id occurs twice, or there are no rows.
        Denied: the person may not write datasets here.
        DvcError: git or DVC failed; nothing was frozen.
    """
    with refusals_recorded(actor=actor, action="document.freeze", project=project):
        access.require(actor, "document.freeze", project)
        authors, held = KINDS[kinds.DATASET].authors, access.roles_of(actor, project)
        if not authors & held:  # asked before anything is written to DVC
            expected = f"one of: {access.words(authors)}, to write a dataset"
            who = access.ROLES[access.OWNER]
            found = f"your roles here: {access.words(held)}"
            raise Denied(Finding("access", found, expected, "Ask somebody who holds the role.", who))
    if not files:
        raise Invalid("files", "found none, expected at least one JSONL file of rows")
    with tempfile.TemporaryDirectory(prefix="countersign-dataset-") as folder:
        most = settings.COUNTERSIGN_UPLOAD_LIMIT if limit is None else limit
        kept = [(_name(name), _spool(Path(folder), i, chunks, most)) for i, (name, chunks) in enumerate(files)]
        if len({name for name, _ in kept}) != len(kept):
            raise Invalid("files", "found two files of one name")
        rows = count_rows(kept)
        if base is not None and (base.kind, base.project_id) != (kinds.DATASET, project.pk):
            raise Invalid("base", "found another document, expected a dataset of this project")
        path = docs.model_body(base, DatasetBody).path if base else f"{slugify(title)[:50]}-{secrets.token_hex(4)}"
        version = dvc.add(str(project.id), path, kept, f"{title}: {rows} rows")
        for _, where in kept:
            store.put_file(where)
    body: dict[str, Any] = {
        "title": title,
        "description": description,
        "storage": "managed",
        "repository": str(project.id),
        "commit": version.commit,
        "path": version.path,
        "dvc_md5": version.md5,
        "files": [entry.model_dump() for entry in version.files],
        "size": sum(entry.size for entry in version.files),
        "rows": rows,
        "source": source,
    }
    return document_submit(
        actor=actor,
        project=project,
        kind=kinds.DATASET,
        body=body,
        references=[{"role": "contract", "digest": contract.digest}],
        base=base,
    )


def count_rows(files: Sequence[tuple[str, Path]]) -> int:
    """Return the number of rows after reading every one. Invalid names file and line of the first that is wrong."""
    seen: dict[str, str] = {}
    rows = 0
    for name, path in files:
        try:
            found = read_lines(name, path, Row)
            check_ids(name, found, seen)
        except CasesInvalid as problem:
            raise Invalid(f"{problem.file}:{problem.line}", problem.reason) from None
        rows += len(found)
    return rows


def _spool(folder: Path, number: int, chunks: Iterable[bytes], limit: int) -> Path:
    target, size = folder / str(number), 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise Invalid("files", f"found more than {limit} bytes, expected at most that; split the file")
            file.write(chunk)
    return target


def _name(name: str) -> str:
    try:
        return safe_path(name)
    except ValueError as problem:
        raise Invalid("files", str(problem)) from None
