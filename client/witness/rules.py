"""What a witness says to `add-checkpoint`, as plain functions (C2SP tlog-witness, "add-checkpoint")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.proof.formats.add_checkpoint import SIZE_TYPE, AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, trusted
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.merkle import EMPTY_ROOT, ProofError, verify_consistency
from governance.proof.formats.note import Note, VerifierKey

BAD, UNTRUSTED, UNKNOWN, CONFLICT, INCONSISTENT = 400, 403, 404, 409, 422
PLAIN = "text/plain; charset=utf-8"


class Refusal(Exception):
    """The witness does not cosign: HTTP `status`, and a `body` that says why."""

    def __init__(self, status: int, body: str, content_type: str = PLAIN) -> None:
        self.status = status
        self.body = f"{body}\n"
        self.content_type = content_type
        super().__init__(body)


@dataclass(frozen=True)
class Submission:
    """A request whose checkpoint is signed by a key that is trusted for its log; `note` has only the log's lines."""

    request: AddCheckpoint
    checkpoint: Checkpoint
    note: Note


def read(body: bytes, logs: Mapping[str, Sequence[VerifierKey]]) -> Submission:
    """Return what a request submits; `logs` are the trusted keys by origin.

    Raises:
        Refusal: malformed (400), of an unknown log (404), not signed by a trusted key (403).
    """
    try:
        request = AddCheckpoint.from_text(body.decode("utf-8"))
        note = Note.parse(request.note)
        claimed = Checkpoint.from_text(note.text)
    except (ValueError, SignatureError) as error:
        raise Refusal(BAD, f"found no checkpoint submission: {error}") from error
    if claimed.origin not in logs:
        raise Refusal(UNKNOWN, "this witness follows no log of that origin")
    try:
        checkpoint = open_checkpoint(request.note, claimed.origin, trusted(logs[claimed.origin]))
    except SignatureError as error:
        raise Refusal(UNTRUSTED, str(error)) from error
    if request.old > checkpoint.size:
        raise Refusal(BAD, f"found old size {request.old}, expected at most the checkpoint's {checkpoint.size}")
    lines = [line for line in note.signatures if any(key.signed(line) for key in logs[claimed.origin])]
    return Submission(request, checkpoint, Note(note.text, tuple(lines)))


def judge(submission: Submission, head: Checkpoint | None) -> None:
    """Return if the witness, whose newest cosigned checkpoint of that log is `head`, may cosign.

    Raises:
        Refusal: another old size than the witness's (409, whose body is that size), or a tree that does not extend
            the one it cosigned (422).
    """
    request, new = submission.request, submission.checkpoint
    size, root = (0, EMPTY_ROOT) if head is None else (head.size, head.root)
    if request.old != size:
        raise Refusal(CONFLICT, str(size), SIZE_TYPE)
    if new.size == 0 and new.root != EMPTY_ROOT:
        raise Refusal(INCONSISTENT, "found a checkpoint of size 0 with another root than that of the empty tree")
    try:
        if size == 0 and request.proof:
            raise ProofError("found a proof from size 0, expected none: nothing needs proving")
        verify_consistency(size, new.size, root, new.root, request.proof)
    except ProofError as error:
        raise Refusal(INCONSISTENT, str(error)) from error
