"""What the ledger says of backups: the newest, how its last check came out, and whether one belongs to this ledger."""

from dataclasses import dataclass
from datetime import datetime

from governance import events
from governance.models import LedgerEvent
from governance.proof.formats import merkle
from governance.proof.formats.fields import moment
from governance.safekeeping import Manifest
from governance.selectors import ledger


@dataclass(frozen=True)
class Checked:
    """A check: the entry that records it, when, and whether the backup held."""

    seq: int
    at: datetime
    holds: bool


@dataclass(frozen=True)
class Taken:
    """The newest backup that is on the ledger: its entry, its manifest's digest, the size it is of, its last check."""

    seq: int
    manifest: str
    size: int
    at: datetime
    checked: Checked | None

    @property
    def entries(self) -> tuple[int, ...]:
        """The entries that say so."""
        return (self.seq, self.checked.seq) if self.checked else (self.seq,)


def newest() -> Taken | None:
    """Return the newest backup and the last check of it, or None. Two queries, and the leaves they find."""
    made = LedgerEvent.objects.filter(event=events.BACKUP_MADE).order_by("-entry_id").first()
    if made is None:
        return None
    tried = list(
        LedgerEvent.objects.filter(event=events.BACKUP_CHECKED, entry_id__gt=made.entry_id)
        .order_by("-entry_id")
        .values_list("entry_id", flat=True)
    )
    leaves = ledger.leaves_at({made.entry_id, *tried})
    own = leaves[made.entry_id]
    checks = [leaves[seq] for seq in tried if leaves[seq].data["manifest"] == own.data["manifest"]]
    last = Checked(checks[0].seq, moment(checks[0].time), bool(checks[0].data["holds"])) if checks else None
    return Taken(own.seq, str(own.data["manifest"]), int(own.data["size"]), moment(own.time), last)


def recorded(digest: str) -> bool:
    """Return whether a backup with this manifest was made here, as the ledger tells. Two queries."""
    made = LedgerEvent.objects.filter(event=events.BACKUP_MADE).values_list("entry_id", flat=True)
    return any(leaf.data["manifest"] == digest for leaf in ledger.leaves_at(set(made)).values())


def trouble(manifest: Manifest) -> str:
    """Return why a backup's ledger is no beginning of this one, by a consistency proof, or nothing."""
    size = ledger.size()
    if manifest.size > size:
        return f"it is of {manifest.size} entries, and this ledger has {size}: its end was cut off here"
    try:
        proof = ledger.consistency(manifest.size, size)
        merkle.verify_consistency(manifest.size, size, bytes.fromhex(manifest.root), ledger.root(size), proof)
    except (merkle.ProofError, ValueError) as error:
        return f"its ledger of {manifest.size} entries is no beginning of this one of {size}: {error}"
    return ""
