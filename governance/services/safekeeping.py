"""Backups on the ledger: that one was made, and how it came out when it was restored and checked."""

from governance import events
from governance.safekeeping import Manifest
from governance.services.ledger import mutation


def backup_recorded(*, manifest: Manifest, digest: str) -> None:
    """Put a backup that was written on the ledger, by the digest of its manifest."""
    with mutation(actor=None, action="backup.make") as m:
        m.append(
            events.BACKUP_MADE,
            data={"manifest": digest, "size": manifest.size, "bytes": manifest.bytes, "database": manifest.database},
        )


def check_recorded(*, manifest: Manifest, digest: str, holds: bool) -> None:
    """Put on the ledger that a backup was restored and checked, and whether it held."""
    with mutation(actor=None, action="backup.check") as m:
        m.append(events.BACKUP_CHECKED, data={"manifest": digest, "size": manifest.size, "holds": holds})
