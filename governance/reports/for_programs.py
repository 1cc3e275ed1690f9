"""What a report on a document gives to programs: its lineage, as the formats of `proof.files.lineage` tell it."""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.proof.checks.evidence import ForPrograms
from governance.proof.files.attached import LINEAGE
from governance.proof.files.lineage import formats, told
from governance.proof.formats.canonical import sha256
from governance.proof.formats.fields import rfc3339
from governance.reports.gathered import Gathered


@dataclass(frozen=True)
class Made:
    """Files to attach, by name, and what the evidence says of them."""

    files: Mapping[str, bytes]
    listed: ForPrograms | None


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
            signoffs=found.signoffs,
            permits=[(one.digest, one.permit) for run in found.runs for one in run.permits],
            names=found.names,
        )
    )


def made(found: Gathered) -> Made:
    """Return what a report on a document has attached; nothing where it is on none."""
    if found.report.kind != LINEAGE:
        return Made({}, None)
    lineage = lineage_of(found)
    files = formats.files(lineage)
    standings = {digest: node.standing for digest, node in lineage.nodes.items()}
    digests = {name: sha256(content) for name, content in files.items()}
    return Made(files, ForPrograms(files=digests, standings=standings))
