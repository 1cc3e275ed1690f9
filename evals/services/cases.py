"""Bringing cases in from other tools' files, handing them out in other formats, and retiring one that leaked.

Files are read in a process of its own, with limits: they may be anybody's. What is not understood is told and nothing
is kept; what is understood lies in the store, where it decides nothing until a document names it.
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings

from evals import documents as kinds
from evals.engine.cases import CasesInvalid, parse_line, read_cases
from evals.engine.spec import Case
from evals.formats.reading import MOST_BYTES
from evals.selectors import cases as select
from evals.services import next_version
from governance import access, store
from governance.errors import Denied, Finding, Invalid
from governance.models import Document, Draft, Project, User
from governance.proof.formats.manifest import FileEntry, safe_path
from governance.registry import KINDS
from governance.selectors import apart
from governance.selectors import documents as docs
from governance.services.documents import draft_create
from governance.services.ledger import admit, refusals_recorded

Files = Sequence[tuple[str, Iterable[bytes]]]
MOST_FILES = 100
CASES = "cases.jsonl"


@dataclass(frozen=True)
class Understood:
    """What was understood of files: `told` as `evals.formats` tells it, the cases, and their file if all is well."""

    told: Mapping[str, Any]
    cases: tuple[Case, ...]
    entry: FileEntry | None

    @property
    def ok(self) -> bool:
        """Whether everything was understood."""
        return self.entry is not None


def understand(
    *,
    actor: User,
    project: Project,
    purpose: str,
    form: str,
    files: Files,
    options: Mapping[str, Any] | None = None,
) -> Understood:
    """Return what the reader of a format understands of files (name, chunks of bytes).

    `purpose` is that of the set the cases are for: whoever may not see such cases may not bring them either.

    Raises:
        Denied, NotFound: the person may not write evaluation sets here, or no cases of that purpose.
        Invalid: a file is too large or its name is none, or reading it took more time or memory than it may.
    """
    _require(actor, project, purpose)
    return read_files(form, files, options)


def read_files(form: str, files: Files, options: Mapping[str, Any] | None = None) -> Understood:
    """Do what `understand` does for callers that have asked the access table already."""
    with tempfile.TemporaryDirectory(prefix="countersign-cases-") as folder:
        into = Path(folder) / CASES
        request = {"do": "read", "format": form, "files": _spooled(Path(folder), files), "into": str(into)}
        told = _ask(request | {"options": dict(options or {})})
        if not told["ok"]:
            return Understood(told, (), None)
        entry = store.put_file(into).model_copy(update={"path": CASES})
        return Understood(told, tuple(read_cases([(CASES, into)])), entry)


def read_rows_of_table(file: tuple[str, Iterable[bytes]], **bounds: int) -> dict[str, Any]:
    """Return `columns`, `rows` and the rows' `places` of a CSV file or a workbook's first sheet.

    `bounds`: `most`, how many rows there may be. Callers have asked the access table.
    """
    with tempfile.TemporaryDirectory(prefix="countersign-table-") as folder:
        return _ask({"do": "table", "files": _spooled(Path(folder), [file]), **bounds})


def converted(
    *, actor: User, project: Project, purpose: str, form: str, files: Files, to: str,
    options: Mapping[str, Any] | None = None,
) -> tuple[str, bytes]:  # fmt: skip
    """Return files of one format as one file (name, bytes) of another; several files come as a ZIP archive.

    Raises as `understand` does, and:
        Invalid: something was not understood (the reason names the place), or cannot be written in that format.
    """
    found = understand(actor=actor, project=project, purpose=purpose, form=form, files=files, options=options)
    if found.entry is None:
        raise Invalid("files", first_problem(found.told))
    told = found.told
    return _written(to, [found.entry], told["slices"], told["roles"], told["labels"])


def first_problem(told: Mapping[str, Any]) -> str:
    """Return the first problem in words, and how many more there are."""
    problems = told["problems"]
    first = problems[0]
    where = ", ".join(part for part in (first["file"], first["at"]) if part)
    more = len(problems) + told["untold"] - 1
    return f"{where}: found {first['found']}, expected {first['expected']}" + (f" (and {more} more)" if more else "")


def draft_from(
    *,
    actor: User,
    project: Project,
    understood: FileEntry,
    count: int,
    title: str,
    description: str,
    purpose: str,
    task: str,
    slices: Mapping[str, str],
    roles: Mapping[str, str],
    labels: Sequence[str],
    base: Document | None = None,
) -> Draft:
    """Begin the draft of a set of understood cases, or (with `base`) of the next version of a set.

    The cases that were retired in `base` stay on its list. The draft is checked in full when it is frozen.

    Raises:
        Denied, NotFound: the person may not write evaluation sets here, or no cases of that purpose.
        Invalid: `base` is no set of this project.
    """
    _require(actor, project, purpose)
    before = docs.envelope(_set_of(base, project)).body if base is not None else {}
    body = {
        "title": title,
        "purpose": purpose,
        "task": task,
        "description": description,
        "slices": dict(slices),
        "roles": {name: role for name, role in roles.items() if role and role != "common"},
        "labels": list(labels),
        "files": [understood.model_dump(mode="json")],
        "cases": count,
        "retired": before.get("retired", []),
    }
    return draft_create(actor=actor, project=project, kind=kinds.SET, body=next_version.sized(body), base=base)


def written(*, actor: User, document: Document, to: str) -> tuple[str, bytes]:
    """Return the cases of a set as one file (name, bytes) of a format; several files come as a ZIP archive.

    Raises:
        Denied: the cases are kept from a role of theirs.
        Invalid: a case cannot be written in that format, or the bytes are gone or altered.
    """
    select.require_visible(actor, document)
    body = select.body(document)
    return _written(to, body.files, body.slices, body.roles, body.labels)


def retire(*, actor: User, document: Document, case: str, reason: str, replacement: str = "") -> Draft:
    """Begin the next version of a set without one of its cases; `replacement`, one case as JSON, takes its place.

    The old version stays in force until the new one is signed: a holdout is never changed by one person alone.

    Raises:
        Denied: the cases are kept from a role of theirs.
        Invalid: there is no such case, the replacement is no case or one that is or was in the set, the document is
            not the newest version, or the bytes are gone or altered.
    """
    project = document.project
    if project is None:
        raise Invalid("evaluation_set", "found a document of no project")
    select.require_visible(actor, document)
    body = select.body(document)
    _require(actor, project, body.purpose)
    if (newest := docs.heads(project, kinds.SET)) and document not in newest:
        raise Invalid("evaluation_set", "found an older version, expected the newest of the set")
    held = select.stored(document)
    taken = {one.id for one in held} | {one.id for one in body.retired}
    if case not in {one.id for one in held}:
        raise Invalid("case", f"there is no case {case!r} in this version")
    new = _replacement(replacement, taken)
    files, _ = next_version.without([entry.model_dump(mode="json") for entry in body.files], {case}, instead=new)
    retired = {"id": case, "reason": reason, "replaced_by": new.id if new else None}
    changed = docs.envelope(document).body | {
        "files": files,
        "cases": len(held) - (0 if new else 1),
        "retired": [*(one.model_dump(mode="json") for one in body.retired), retired],
    }
    return draft_create(actor=actor, project=project, kind=kinds.SET, body=next_version.sized(changed), base=document)


def criteria_of(*, actor: User, project: Project, files: Files) -> dict[str, Any]:
    """Return the criteria and judges that OpenAI graders map to, and notes about what does not.

    Raises:
        Denied, NotFound: the person may not write rubrics here.
        Invalid: a file is no grader; the reason says where.
    """
    admit(actor=actor, action="document.draft", project=project)
    with tempfile.TemporaryDirectory(prefix="countersign-graders-") as folder:
        return _ask({"do": "graders", "files": _spooled(Path(folder), files)})


def rubric_draft(*, actor: User, project: Project, title: str, found: Mapping[str, Any]) -> Draft:
    """Begin a rubric of the criteria that graders mapped to; prompt and decoding stay to be written."""
    body = {"title": title, "criteria": found["criteria"], "judges": found["judges"], "pass_mark": "1"}
    return draft_create(actor=actor, project=project, kind=kinds.RUBRIC, body=body)


def _require(actor: User, project: Project, purpose: str) -> None:
    with refusals_recorded(actor=actor, action="document.draft", project=project):
        access.require(actor, "document.draft", project)
        authors, held = KINDS[kinds.SET].authors, access.roles_of(actor, project)
        if not authors & held:
            expected = f"one of: {access.words(authors)}, to write an evaluation set"
            who = access.ROLES[access.OWNER]
            found = f"your roles here: {access.words(held)}"
            raise Denied(Finding("access", found, expected, "Ask somebody who holds the role.", who))
        select.require_author(actor, project, purpose)


def _set_of(document: Document, project: Project) -> Document:
    if document.kind != kinds.SET or document.project_id != project.pk:
        raise Invalid("base", "found another document, expected an evaluation set of this project")
    return document


def _replacement(text: str, taken: set[str]) -> Case | None:
    if not text.strip():
        return None
    try:
        compact = json.dumps(json.loads(text), ensure_ascii=False) if "\n" in text.strip() else text.strip()
        new = parse_line("replacement", 1, compact.encode(), Case)
    except CasesInvalid as error:
        raise Invalid("replacement", error.reason) from None
    except ValueError as error:
        raise Invalid("replacement", f"not JSON: {error}") from None
    if new.id in taken:
        raise Invalid("replacement", f"the id {new.id!r} is or was a case of the set; give it one of its own")
    return new


def _spooled(folder: Path, files: Files) -> list[tuple[str, str]]:
    if not 1 <= len(files) <= MOST_FILES:
        raise Invalid("files", f"found {len(files)} files, expected 1 to {MOST_FILES}")
    limit = min(settings.COUNTERSIGN_UPLOAD_LIMIT, MOST_BYTES)
    found: list[tuple[str, str]] = []
    for number, (name, chunks) in enumerate(files):
        try:
            known = safe_path(name)
        except ValueError as problem:
            raise Invalid("files", str(problem)) from None
        if known in {other for other, _ in found}:
            raise Invalid("files", f"found two files called {known}, expected names of their own")
        # Some readers go by the ending of the path, too.
        target, size = folder / f"{number}{PurePosixPath(known).suffix.lower()}", 0
        with target.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise Invalid("files", f"{known}: found more than {limit:,} bytes; split the file")
                file.write(chunk)
        found.append((known, str(target)))
    return found


def _written(
    to: str, entries: Sequence[FileEntry], slices: Mapping[str, str], roles: Mapping[str, str], labels: Sequence[str]
) -> tuple[str, bytes]:
    for entry in entries:
        try:
            store.check(entry.sha256)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            raise Invalid("files", f"{entry.path}: {problem}") from None
    with tempfile.TemporaryDirectory(prefix="countersign-cases-") as folder:
        files = [(entry.path, str(store.path_of(entry.sha256))) for entry in entries]
        request = {"do": "write", "format": to, "files": files, "slices": dict(slices), "roles": dict(roles)}
        names = _ask(request | {"labels": list(labels), "into": folder})["files"]
        if len(names) == 1:
            return names[0], (Path(folder) / names[0]).read_bytes()
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), (Path(folder) / name).read_bytes())
        return f"{to}.zip", target.getvalue()


def _ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """Have `evals.formats` answer. Invalid when it says no, or is stopped by its limits."""
    answer: dict[str, Any] = json.loads(apart.ask("evals.formats", request, "files", "they cannot be read"))
    return answer
