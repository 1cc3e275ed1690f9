"""What a report on a document gives to programs: its lineage, as the formats of `governance.proof.lineage` tell it."""

from governance.proof.fields import rfc3339
from governance.proof.lineage import told
from governance.reports.gathered import Gathered


def lineage_of(found: Gathered) -> told.Lineage:
    """Return the lineage of what a report is about; whatever was gathered beside it does not enter."""
    return told.read(
        told.Known(
            subject=found.report.about,
            size=found.size,
            time=rfc3339(found.time),
            root=found.root.hex(),
            fingerprint=found.fingerprint,
            documents={digest: paper.envelope for digest, paper in found.papers.items()},
            leaves=found.leaves,
            standings={digest: paper.standing.standing.value for digest, paper in found.papers.items()},
            signoffs=[told.Signoff(one.envelope, one.statement, one.leaf) for one in found.signoffs],
            permits=[(one.digest, one.permit) for run in found.runs for one in run.permits],
            names=found.names,
        )
    )
