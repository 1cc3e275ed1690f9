"""Bringing bytes into the store for a document that will name them."""

from collections.abc import Iterable

from django.conf import settings

from governance import store
from governance.errors import Invalid
from governance.models import Project, User
from governance.proof.formats.manifest import FileEntry, safe_path
from governance.services.ledger import admit


def upload(*, actor: User, project: Project | None, chunks: Iterable[bytes], name: str) -> FileEntry:
    """Store a file and return its manifest entry under `name`.

    Bytes that no document comes to name decide nothing; what counts is the document, so this is no ledger event.

    Raises:
        Denied, NotFound: the person may not write documents there.
        Invalid: the name is not a plain relative path, or the file is larger than this installation allows.
    """
    admit(actor=actor, action="document.draft", project=project)
    try:
        path = safe_path(name)
    except ValueError as problem:
        raise Invalid("name", str(problem)) from None
    entry = store.put(chunks, limit=settings.COUNTERSIGN_UPLOAD_LIMIT)
    return entry.model_copy(update={"path": path})
