"""What the ZIPs that prove themselves share: packages of reports, audit samples. Nobody seals one, and nobody needs to.

Each has an index, which names every other file with its digest; a signed checkpoint and the keyrings it is checked by;
every ledger entry of a period, without a gap; single entries around it; and how the ledger went on from earlier ones.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from governance.proof.checks.checkpoints import check_witnesses, open_head, retired_lines
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.evidence import LeafEntry, Period, TimeStamped, Witnessed
from governance.proof.checks.kept_checkpoints import Consistency
from governance.proof.checks.keyrings import KeyringChain, keyring_lines, open_keyrings
from governance.proof.checks.outcome import CheckLine, Verification
from governance.proof.checks.second_key import second_lines
from governance.proof.checks.verify import AGE
from governance.proof.files.report_file import read_file, without_fingerprint
from governance.proof.formats import canonical
from governance.proof.formats.canonical import is_digest
from governance.proof.formats.checkpoint import Checkpoint

PERIOD, AROUND, CHECKPOINT = "period.json", "around.json", "checkpoint"
KEYRINGS, CONSISTENCY = "keyrings.jsonl", "consistency.json"
_AROUND, _PROOFS = TypeAdapter(list[LeafEntry]), TypeAdapter(list[Consistency])


@dataclass(frozen=True)
class _Head:
    """A checkpoint of which nobody said anything later."""

    checkpoint: str
    witnessed: Witnessed | None = None
    time_stamps: list[TimeStamped] = field(default_factory=list)


@dataclass(frozen=True)
class Proofs:
    """What such a ZIP hangs on, read: checkpoint and keyrings are signed, nothing else is checked."""

    chain: KeyringChain
    note: str
    checkpoint: Checkpoint
    period: Period | None
    around: Sequence[LeafEntry]
    consistency: Sequence[Consistency]


def bytes_of(given: Path | bytes, root_fingerprint: str | None) -> bytes | Verification:
    """Return the bytes of a file, or the outcome where it cannot be read or there is no fingerprint to check it by."""
    try:
        data = given if isinstance(given, bytes) else read_file(given)
    except OSError as error:
        return Verification.impossible("file", f"cannot be read: {error}")
    return data if is_digest(root_fingerprint) else without_fingerprint(root_fingerprint)


def beside(files: Mapping[str, bytes], named: Mapping[str, str], wanted: Collection[str]) -> Iterator[str]:
    """Yield what is missing, added or other than the index says. That says nothing of whether the index is right."""
    for name in sorted({*files, *named, *wanted}):
        if name not in named:
            yield f"{name} is there, but the index does not name it" if name in files else f"{name} is missing"
        elif name not in files:
            yield f"{name} is missing: the index names it with {named[name]}"
        elif canonical.sha256(files[name]) != named[name]:
            yield f"{name} has {canonical.sha256(files[name])}, the index names it with {named[name]}"


def proofs(files: Mapping[str, bytes], size: int, root_fingerprint: str, elsewhere: Elsewhere) -> Proofs:
    """Return what the files say of a ledger of `size` entries, as the index has it.

    Raises:
        ValueError, SignatureError: they say nothing, or nobody signed it.
    """
    chain = open_keyrings(files[KEYRINGS].splitlines(), root_fingerprint, elsewhere.keyrings)
    note = files[CHECKPOINT].decode("utf-8")
    checkpoint = open_head(note, chain.last)
    if checkpoint.size != size:
        raise ValueError(f"its checkpoint is of {checkpoint.size} entries, its index of {size}")
    period = None if files[PERIOD] == b"{}" else Period.model_validate_json(files[PERIOD])
    around, consistency = _AROUND.validate_json(files[AROUND]), _PROOFS.validate_json(files[CONSISTENCY])
    return Proofs(chain, note, checkpoint, period, around, consistency)


def head_lines(found: Proofs, root_fingerprint: str, elsewhere: Elsewhere, what: str) -> Iterator[CheckLine]:
    """Yield what is to be said of keyrings and checkpoint, and whether `what` is as new as its reader asks."""
    checkpoint, ring = found.checkpoint, found.chain.last
    yield from keyring_lines(found.chain, root_fingerprint)
    detail = f"{checkpoint.origin} signed root {checkpoint.root.hex()} at size {checkpoint.size}"
    yield CheckLine("checkpoint", True, detail)
    head = _Head(found.note)
    yield from retired_lines(head, ring)
    yield check_witnesses(head, ring, checkpoint, elsewhere.witnesses)
    yield from second_lines(found.note, checkpoint, elsewhere.second_key)
    if elsewhere.least is not None and checkpoint.size < elsewhere.least:
        detail = f"found {what} as of {checkpoint.size} ledger entries, expected {elsewhere.least} or more"
        yield CheckLine(AGE, False, detail)


def held(name: str, number: int, what: str = "its index") -> CheckLine:
    """Return the line on files that are all as the index has them."""
    files = "the one file" if number == 1 else f"the {number:,} files"
    detail = f"it holds {what} and {files} that this names, with the digests it gives, and nothing else"
    return CheckLine(name, True, detail)


def in_full(name: str, made: Iterable[CheckLine], what: str) -> Verification:
    """Return the outcome of lines that are made one by one from a file that nobody may have made as we do."""
    try:
        return Verification.of(list(made))
    except MemoryError:
        raise
    # Whoever has the keys of the log can write entries that no service writes.
    except Exception as error:  # noqa: BLE001
        detail = f"it cannot be checked, as no {what} of ours is made so ({type(error).__name__}: {error})"
        return Verification.of([CheckLine(name, False, detail)])
