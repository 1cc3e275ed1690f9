"""Comments and questions pinned to a part of a document, and their answers."""

from governance import events
from governance.errors import Invalid
from governance.models import Comment, Document, User
from governance.services import announcements
from governance.services.ledger import mutation

KINDS = ("comment", "question", "answer")
LONGEST = 10_000


def comment_make(
    *, actor: User, document: Document, kind: str, text: str, place: str = "", answers: Comment | None = None
) -> Comment:
    """Pin words to a part of a document. `place` is a path such as "criteria[2].weight", or empty for the whole.

    Raises:
        Invalid: no words, too many, an unknown kind, or an answer to nothing or to another document's question.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Invalid("text", f"found {len(words)} characters, expected 1 to {LONGEST}")
    if kind not in KINDS:
        raise Invalid("kind", f"found {kind!r}, expected one of {', '.join(KINDS)}")
    if (kind == "answer") != (answers is not None):
        raise Invalid("answers", "an answer, and nothing else, answers a comment")
    if answers is not None and (answers.document_id != document.digest or answers.kind == "answer"):
        raise Invalid("answers", "found an answer or a comment of another document, expected one of this document")
    with mutation(actor=actor, action="document.comment", project=document.project, subjects=[document.digest]) as m:
        row = Comment(
            document=document, place=place.strip(), kind=kind, answers=answers, by=actor, at=m.time, seq=m.size
        )
        m.append(
            events.COMMENT_MADE,
            subjects=[document.digest],
            data={"comment": str(row.id), "kind": kind, "answers": str(answers.id) if answers else None},
            private={"text": words, "place": place.strip()},
        )
        row.save()
        announcements.commented(m, row)
        return row
