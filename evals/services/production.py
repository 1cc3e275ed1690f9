"""Production samples: prompts as they came in, read from any format of cases and frozen, unlabelled."""

from collections.abc import Mapping
from typing import Any

from evals import documents as kinds
from evals.engine.cases import read_cases
from evals.formats import canonical
from evals.services.cases import Files, first_problem, read_files
from governance import access, store
from governance.errors import Denied, Finding, Invalid
from governance.models import Document, Project, User
from governance.registry import KINDS
from governance.services.documents import document_submit
from governance.services.ledger import refusals_recorded

FILE = "sample.jsonl"


def bring(
    *,
    actor: User,
    project: Project,
    form: str,
    files: Files,
    title: str,
    source: str,
    drawn: str,
    first_day: str,
    last_day: str,
    description: str = "",
    columns: Mapping[str, str] | None = None,
    base: Document | None = None,
) -> Document:
    """Freeze the prompts in files (name, chunks of bytes) as a production sample, or with `base` as its next version.

    Right answers that the files hold are left out: a sample says what was asked, and nothing else is compared.

    Raises:
        Denied, NotFound: the person may not write samples here; asked before anything is read.
        Invalid: something was not understood (the reason names the first place), or a field is wrong.
    """
    with refusals_recorded(actor=actor, action="document.freeze", project=project):
        access.require(actor, "document.freeze", project)
        authors, held = KINDS[kinds.SAMPLE].authors, access.roles_of(actor, project)
        if not authors & held:
            expected = f"one of: {access.words(authors)}, to write a production sample"
            found = f"your roles here: {access.words(held)}"
            who = access.ROLES[access.OWNER]
            raise Denied(Finding("access", found, expected, "Ask somebody who holds the role.", who))
    read = read_files(form, files, {"provenance": source[:300], "columns": dict(columns or {})})
    if read.entry is None:
        raise Invalid("files", first_problem(read.told))
    cases = read_cases([(read.entry.path, store.path_of(read.entry.sha256))])
    bare = [case.model_copy(update={"target": None, "references": [], "choices": []}) for case in cases]
    entry = store.put(canonical.line(case) for case in bare).model_copy(update={"path": FILE})
    body: dict[str, Any] = {
        "title": title,
        "description": description.strip() or None,
        "source": source,
        "drawn": drawn,
        "first_day": first_day,
        "last_day": last_day,
        "rows": len(bare),
        "files": [entry.model_dump(mode="json")],
    }
    return document_submit(actor=actor, project=project, kind=kinds.SAMPLE, body=body, base=base)
