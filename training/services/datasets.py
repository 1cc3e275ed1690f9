"""Registering dataset versions: into the project's DVC repository and the store, then frozen as a document."""

import json
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.utils.text import slugify
from pydantic import ValidationError

from evals.quality.rows import Row
from governance import access, store
from governance.errors import Invalid
from governance.models import Document, Project, User
from governance.proof.manifest import safe_path
from governance.selectors import documents as docs
from governance.services.documents import document_submit
from training import documents as kinds
from training import dvc
from training.bodies import DatasetBody


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

    The rows are read before anything is written; a row that is not {id, messages, target} is refused by file and line.

    Raises:
        Invalid: a name or row is wrong, an id occurs twice, or there are no rows.
        Denied: the person may not write datasets here.
        DvcError: git or DVC failed; nothing was frozen.
    """
    access.require(actor, "document.freeze", project)
    if not files:
        raise Invalid("files", "found none, expected at least one JSONL file of rows")
    with tempfile.TemporaryDirectory(prefix="countersign-dataset-") as folder:
        kept = [(_name(name), _spool(Path(folder), i, chunks, limit)) for i, (name, chunks) in enumerate(files)]
        if len({name for name, _ in kept}) != len(kept):
            raise Invalid("files", "found two files of one name")
        rows = count_rows(kept)
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
    seen: set[str] = set()
    rows = 0
    for name, path in files:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                where = f"{name}:{number}"
                try:
                    row = Row.model_validate(json.loads(line.decode("utf-8")))
                except UnicodeDecodeError:
                    raise Invalid(where, "found bytes that are not UTF-8, expected JSON in UTF-8") from None
                except ValidationError as problem:
                    first = problem.errors(include_url=False)[0]
                    raise Invalid(where, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
                except ValueError as problem:
                    raise Invalid(where, f"found no JSON object ({problem}), expected one row a line") from None
                if row.id in seen:
                    raise Invalid(where, f"the id {row.id!r} occurs twice, expected each once")
                seen.add(row.id)
                rows += 1
    if not rows:
        raise Invalid("files", "found no rows, expected at least one")
    return rows


def _spool(folder: Path, number: int, chunks: Iterable[bytes], limit: int | None) -> Path:
    target, size = folder / str(number), 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if limit is not None and size > limit:
                raise Invalid("files", f"found more than {limit} bytes, expected at most that; split the file")
            file.write(chunk)
    return target


def _name(name: str) -> str:
    try:
        return safe_path(name)
    except ValueError as problem:
        raise Invalid("files", str(problem)) from None
