"""Having the quality checks run, and freezing what they found."""

import json
import subprocess
import sys
from collections.abc import Sequence

from django.conf import settings

from evals import documents as kinds
from governance import store
from governance.errors import Invalid
from governance.models import Document, Project, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.documents import check_body, freeze
from governance.services.ledger import admit, mutation

SECONDS = 1800


def assess(
    *, actor: User, project: Project, datasets: Sequence[Document], evaluation_set: Document, rubric: Document
) -> Document:
    """Check datasets alone and against the cases, in a process of its own, and freeze the findings.

    The findings are the checks', never the caller's: nobody can write a quality report by hand.

    Raises:
        Denied, NotFound: as the access table says; asked before anything is read, since the checks take a while.
        Invalid: the rows or cases cannot be read (the reason names file and line).
    """
    about = [d.digest for d in datasets]
    admit(actor=actor, action="quality.assess", project=project, subjects=about)
    if not datasets:
        raise Invalid("datasets", "found none, expected at least one")
    request = {
        "title": f"Quality of {', '.join(d.title for d in datasets)}",
        "evaluation_set": docs.envelope(evaluation_set).body,
        "rubric": docs.envelope(rubric).body,
        "cases": _paths([evaluation_set]),
        "rows": _paths(datasets),
    }
    done = subprocess.run(
        [sys.executable, "-m", "evals.quality"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise Invalid("datasets", f"they cannot be checked: {done.stderr.strip()[-2000:]}")
    kind = KINDS[kinds.QUALITY]
    body = check_body(kind, json.loads(done.stdout))
    references = [{"role": "dataset", "digest": d.digest} for d in datasets]
    references += [
        {"role": "evaluation_set", "digest": evaluation_set.digest},
        {"role": "rubric", "digest": rubric.digest},
    ]
    with mutation(actor=actor, action="quality.assess", project=project, subjects=about) as m:
        return freeze(m, kind=kind, body=body, references=references, contributors=[actor.actor], by=actor)


def _paths(documents: Sequence[Document]) -> dict[str, str]:
    """Return where each file of the documents lies in the store, re-hashed, by "<number>/<path>"."""
    found = {}
    for number, document in enumerate(documents, start=1):
        for entry in KINDS[document.kind].files(docs.envelope(document).body):
            try:
                store.check(entry.sha256)
            except (store.BytesMissing, store.BytesCorrupt) as problem:
                raise Invalid("files", f"{entry.path}: {problem}") from None
            found[f"{number}/{entry.path}"] = str(store.path_of(entry.sha256))
    return found
