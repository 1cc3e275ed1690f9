"""Checkpoints: only an older one, kept elsewhere, shows that the ledger's end was cut off or rewritten."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from governance import events, second_key
from governance.models import Checkpoint, LedgerSubject
from governance.proof.checks.second_key import second_key_of
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import open_checkpoint
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import PublicKey, SignatureError
from governance.proof.formats.note import Note, VerifierKey
from governance.selectors import ledger
from governance.selectors.verification.chunk import CHUNK
from governance.selectors.verification.outcome import Problem, Tally, differences


def check(tally: Tally, keyring: Keyring | None, size: int, files: Iterable[Path]) -> None:
    """Compare the stored checkpoints and those in files with a ledger of `size` entries whose roots were recomputed.

    Where the log's second key is published, its lines are checked, too, and counted where there is none.
    """
    second = _second_key(tally)
    uncovered = 0
    for row in Checkpoint.objects.order_by("size").iterator(chunk_size=CHUNK):
        tally.looked_at += 1
        place = f"checkpoint of size {row.size}"
        tally.add(_note(place, row.note, keyring, size, column=(row.size, row.root)))
        if second is not None:
            lines = list(_second_lines(row.note, second))
            uncovered += not lines
            tally.add(Problem(place, fault) for fault in lines if fault)
    for path in files:
        tally.looked_at += 1
        place = f"checkpoint file {path.name}"
        try:
            note = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            tally.add([Problem(place, f"it cannot be read: {problem}")])
            continue
        tally.add(_note(place, note, keyring, size, column=None))
    if second is not None:
        tally.note = f"{uncovered:,} of the stored ones are not covered by an ML-DSA-44 line"


def untrusted(keyring: Keyring) -> int:
    """Return how many stored checkpoints are only by a log key that was declared compromised since then or earlier."""
    since = [entry.compromised_since for entry in keyring.compromised if entry.purpose == "log"]
    if not since:
        return 0
    rows = Checkpoint.objects.filter(size__gte=min(size for size in since if size is not None))
    return sum(not _opens(row.note, keyring, keyring.telling_of("log", row.size)) for row in rows.iterator(CHUNK))


def _second_key(tally: Tally) -> VerifierKey | None:
    """Return the log's second key as it is published, if the ledger names it, too; say so where the two differ."""
    named = LedgerSubject.objects.filter(entry__index__event=events.LOG_SECOND_KEY).order_by("-entry_id")
    digests = list(named.values_list("subject", flat=True))
    text = second_key.vkey()
    if not text:
        if digests:
            tally.note = "the ledger names a second key, but its public half is not here: no ML-DSA-44 line was checked"
        return None
    try:
        key = second_key_of(text)
    except ValueError as problem:
        tally.add([Problem("second key", f"its published half cannot be read: {problem}")])
        return None
    if key.digest not in digests:
        tally.add([Problem("second key", f"found {key.digest} published, expected one that the ledger names")])
        return None
    return key


def _second_lines(note: str, key: VerifierKey) -> Iterator[str]:
    """Yield for each line by the second key what is wrong with it; an empty text when it holds."""
    try:
        parsed = Note.parse(note)
        head = TreeHead.from_text(parsed.text)
    except (SignatureError, ValueError):
        return  # not covered, and a problem of its own
    for line in filter(key.signed, parsed.signatures):
        try:
            verify_cosignature(line, key, head, stamped=False)
            yield ""
        except SignatureError as problem:
            yield f"its ML-DSA-44 line does not hold: {problem}"


def _by_a_key_of_its_time(note: str, keyring: Keyring, size: int) -> bool:
    """A key that came later may sign the head of an earlier size; one that had ended may not."""
    alive = {e.keyid: e.key for e in keyring.keys if e.purpose == "log" and (e.until is None or size < e.until)}
    return _opens(note, keyring, alive)


def _opens(note: str, keyring: Keyring, keys: Mapping[str, PublicKey]) -> bool:
    try:
        open_checkpoint(note, keyring.origin, keys)
    except SignatureError:
        return False
    return True


def opened(note: str, keyring: Keyring | None) -> TreeHead:
    """Return what a signed note says.

    Raises:
        SignatureError: the log key did not sign it, it is of another log, or no keyring can be trusted.
    """
    if keyring is None:
        raise SignatureError("no keyring can be trusted, so nothing shows who signed it")
    try:
        head = open_checkpoint(note, keyring.origin, keyring.for_purpose("log"))
    except SignatureError as problem:
        raise SignatureError(f"the log key did not sign it: {problem}") from problem
    if head.origin != keyring.origin:
        raise SignatureError(f"it is of the log {head.origin!r}, expected {keyring.origin!r}")
    return head


def _note(
    place: str, note: str, keyring: Keyring | None, size: int, *, column: tuple[int, str] | None
) -> Iterator[Problem]:
    try:
        head = opened(note, keyring)
    except SignatureError as problem:
        yield Problem(place, str(problem))
        return
    if keyring is not None and not _by_a_key_of_its_time(note, keyring, head.size):
        yield Problem(place, f"it is by a log key that had ended before the ledger had {head.size} entries")
    if column is not None:
        yield from differences(place, {"row": (column, (head.size, f"sha256:{head.root.hex()}"))})
    if head.size > max(size, ledger.size()):
        yield Problem(place, f"the ledger had {head.size} entries then and has {size} now: its end was cut off")
    elif ledger.root(head.size) != head.root:
        yield Problem(place, f"the first {head.size} entries had another root then: history was rewritten")
