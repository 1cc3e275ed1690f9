"""Comments and questions about documents, as their leaves confirm them, with the words that were not erased."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from governance import events
from governance.models import Comment, Document, LedgerOpening, User
from governance.proof.formats.leaf import Leaf, commit
from governance.selectors import ledger


@dataclass(frozen=True)
class Spoken:
    """A comment, the digest its leaf commits to, and its words; None when they were erased or altered."""

    row: Comment
    commitment: str
    words: str | None


@dataclass
class Thread:
    """A comment or question and its answers, oldest first."""

    first: Spoken
    answers: list[Spoken] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether this is a question that nobody answered."""
        return self.first.row.kind == "question" and not self.answers


def threads(documents: Iterable[Document], ledger_size: int | None = None) -> dict[str, list[Thread]]:
    """Return the threads about documents by digest, oldest first, as of a ledger size (default: now). Three queries.

    A row whose leaf does not say the same is left out.
    """
    found = {document.digest: list[Thread]() for document in documents}
    rows = Comment.objects.filter(document__in=list(found)).select_related("by").order_by("seq")
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    by_id: dict[str, Thread] = {}
    for spoken in _confirmed(rows):
        above = by_id.get(str(spoken.row.answers_id)) if spoken.row.answers_id else None
        if above is not None:
            above.answers.append(spoken)
        elif spoken.row.answers_id is None:
            by_id[str(spoken.row.pk)] = Thread(spoken)
            found[spoken.row.document_id].append(by_id[str(spoken.row.pk)])
    return found


def by_place(found: Iterable[Thread]) -> dict[str, list[Thread]]:
    """Return threads by the section they are pinned to ("" for the whole document)."""
    places: dict[str, list[Thread]] = defaultdict(list)
    for thread in found:
        places[section(thread.first.row.place)].append(thread)
    return dict(places)


def section(place: str) -> str:
    """Return the section that a place lies in: "criteria" for "criteria[2].weight"."""
    return place.split(".", 1)[0].split("[", 1)[0]


def unanswered(user: User) -> list[Comment]:
    """Return the questions that nobody answered about documents somebody wrote or helped to write, oldest first."""
    wrote = Q(document__created_by=user) | Q(document__drafts__contributors=user)
    rows = Comment.objects.filter(wrote, kind="question", answered_by=None).exclude(by=user)
    return list(rows.select_related("document", "document__project", "by").distinct().order_by("seq"))


def _confirmed(rows: "QuerySet[Comment]") -> list[Spoken]:
    listed = list(rows)
    seqs = [row.seq for row in listed]
    leaves = ledger.leaves_at(seqs)
    openings = LedgerOpening.objects.filter(entry_id__in=seqs).values_list("entry_id", "salt", "private")
    opened = {entry: (bytes(salt), private) for entry, salt, private in openings}
    return [
        Spoken(row, leaf.commitment or "", _words(leaf, row, opened.get(row.seq)))
        for row in listed
        if (leaf := leaves.get(row.seq)) is not None and _told(leaf) == _said(row)
    ]


def _told(leaf: Leaf) -> tuple[object, ...]:
    data = leaf.data
    return (leaf.event, leaf.actor, leaf.subjects, data.get("comment"), data.get("kind"), data.get("answers"))


def _said(row: Comment) -> tuple[object, ...]:
    answers = str(row.answers_id) if row.answers_id else None
    return (events.COMMENT_MADE, row.by.actor, [row.document_id], str(row.pk), row.kind, answers)


def _words(leaf: Leaf, row: Comment, opening: tuple[bytes, dict[str, str]] | None) -> str | None:
    """Return the words of an opening that is the one committed to; the place, too, must be the one it names."""
    if opening is None or commit(*opening) != leaf.commitment:
        return None
    return opening[1]["text"] if opening[1].get("place", "") == row.place else None
