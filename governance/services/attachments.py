"""Attaching supporting files to a document, until somebody has signed it."""

import os
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings

from governance import events, file_types, store
from governance.errors import Conflict, Finding, Invalid, Refused
from governance.file_types import FileType, NotAllowed
from governance.models import Attachment, Document, User
from governance.proof.answers.inforce import Standing
from governance.proof.formats.manifest import FileEntry
from governance.selectors import signoff as select
from governance.services.ledger import admit, mutation

MOST = 50
"""Files of one document."""


def attach(*, actor: User, document: Document, name: str, chunks: Iterable[bytes]) -> Attachment:
    """Attach a file to a document that nobody has signed yet: signers' statements name the digests they saw.

    Raises:
        Invalid: no file of a kind that may be attached, too large, or too many.
        Refused: the document is signed or agreed already.
        Conflict: this very file is attached already.
    """
    admit(actor=actor, action="document.attach", project=document.project)  # before anything is read
    try:
        kept = file_types.clean_name(name)
        entry, found = examined(chunks, kept)
    except NotAllowed as problem:
        raise Invalid("file", str(problem)) from problem
    with mutation(actor=actor, action="document.attach", project=document.project, subjects=[document.digest]) as m:
        _refuse_signed(document, m.size, m.time)
        rows = Attachment.objects.filter(document=document)
        if rows.filter(sha256=entry.sha256).exists():
            raise Conflict(
                found="this very file, attached already", expected="a new file", remedy="Nothing needs doing."
            )
        if rows.count() >= MOST:
            raise Invalid("file", f"found {MOST} files attached already, expected fewer")
        row = Attachment(document=document, sha256=entry.sha256, size=entry.size, by=actor, at=m.time, seq=m.size)
        row.file_type = found.name
        m.append(
            events.FILE_ATTACHED,
            subjects=[document.digest],
            data={"attachment": str(row.id), "file": entry.sha256, "size": entry.size, "type": found.name},
            private={"name": kept},
        )
        row.save()
        return row


def _refuse_signed(document: Document, size: int, time: datetime) -> None:
    standing = select.in_force(document, size, time)
    if standing.signatures or standing.since is not None or standing.standing is Standing.SUPERSEDED:
        raise Refused(
            Finding(
                "attachment",
                f"the document is {standing.standing.value}, with {len(standing.signatures)} signatures",
                "a document that nobody has signed",
                "Freeze its next version and attach the file there, or withdraw the request first.",
                "you",
            )
        )


def examined(chunks: Iterable[bytes], name: str) -> tuple[FileEntry, FileType]:
    """Write a file to a scratch place, recognise it, and only then store it.

    Raises:
        NotAllowed: it may not be attached. Invalid: it is too large.
    """
    limit, size = settings.COUNTERSIGN_ATTACHMENT_LIMIT, 0
    store.root().mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(prefix=".scratch-", dir=store.root())
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise Invalid("file", f"found more than {limit} bytes, expected at most that; split or shrink it")
                file.write(chunk)
        found = file_types.recognise(Path(scratch), name)
        return store.put_file(Path(scratch)), found
    finally:
        Path(scratch).unlink(missing_ok=True)
