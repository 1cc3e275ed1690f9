"""The evidence of a report: documents, signatures, permits and proofs, as `proof.checks.verify` wants them."""

from collections.abc import Iterable, Sequence

from governance.proof.checks.evidence import Evidence, ForPrograms, LeafEntry, ReportFacts, TimeStamped, Witnessed
from governance.proof.checks.kept_checkpoints import Consistency
from governance.proof.checks.results import made_of
from governance.proof.formats.canonical import sha256
from governance.proof.formats.fields import base64_text, rfc3339
from governance.proof.formats.leaf import Leaf
from governance.registry import REPORTS
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered
from governance.selectors import history, ledger
from governance.selectors.reports import sizes_before


def evidence(
    found: Gathered,
    checkpoint: str,
    witnessed: Witnessed | None = None,
    time_stamps: Sequence[TimeStamped] = (),
    listed: ForPrograms | None = None,
) -> bytes:
    """Return the bytes to attach; `checkpoint` is the signed note of exactly `found.size` leaves.

    `witnessed` is a later checkpoint that enough witnesses cosigned, where they did not cosign this one. `time_stamps`
    are over checkpoints of this log. `listed` are the files that are attached beside it.

    Raises:
        Unreportable: a leaf cannot be proved to be in the ledger of that size.
    """
    report = found.report
    kind = REPORTS[report.kind] if report.signature_id is None else None
    permits = [permit for run in found.runs for permit in run.permits]
    return Evidence(
        report=ReportFacts(
            kind=report.kind,
            subject=report.about,
            ledger_size=found.size,
            project=str(report.project_id) if report.project_id else None,
            created_at=rfc3339(found.time),
            parameters=report.asked,
        ),
        documents={digest: base64_text(paper.envelope.to_bytes()) for digest, paper in found.papers.items()},
        signatures=[signoff.envelope for signoff in found.signoffs],
        leaves=proved((leaf for seq, leaf in found.leaves.items() if seq not in found.whole.span), found.size),
        around=proved(found.around.values(), found.size),
        checkpoint=checkpoint,
        keyring=found.keyrings[-1].decode(),
        earlier_keyrings=[envelope.decode() for envelope in found.keyrings[:-1]],
        openings={str(seq): opening for seq, opening in found.openings.items()},
        permits=[permit.envelope for permit in permits],
        receipts=[permit.receipt for permit in permits if permit.receipt is not None],
        period=found.whole.given(found.size),
        counted=kind.claim(found) if kind else None,
        earlier=_earlier(found),
        witnessed=witnessed,
        time_stamps=list(time_stamps),
        for_programs=listed,
        results=_results(found),
        findings=kind.findings(report) if kind else None,
        presented=found.presented,
    ).to_bytes()


def _results(found: Gathered) -> list[str]:
    """Return what runs delivered, of which documents in the evidence were made, each once, in ledger order."""
    permits = [permit for run in found.runs for permit in run.permits]
    leaves = {leaf.seq: leaf for run in found.runs for leaf in run.story}
    made = made_of(leaves, {permit.digest for permit in permits}, found.papers)
    given = dict.fromkeys(permit.result for permit in permits if permit.result)
    return [result for result in given if sha256(result.encode()) in made]


def _earlier(found: Gathered) -> list[Consistency]:
    """Return proofs that this ledger goes on from those of the reports sealed before in the same place.

    So whoever kept one of the last reports needs nothing from the server to hold this one against it.
    """
    return [goes_on(size, found.size) for size in sizes_before(found.report)]


def goes_on(old: int, new: int) -> Consistency:
    """Return the proof that the ledger of `new` entries goes on from that of `old`."""
    proof = [node.hex() for node in ledger.consistency(old, new)]
    return Consistency(old=old, new=new, old_root=ledger.root(old).hex(), new_root=ledger.root(new).hex(), proof=proof)


def proved(leaves: Iterable[Leaf], size: int) -> list[LeafEntry]:
    """Return entries with the proof of each in the ledger of that size. Raises Unreportable: one is not in it."""
    alone = {leaf.seq: leaf for leaf in leaves}
    proofs = history.inclusion_of(list(alone), size)
    entries = []
    for seq, leaf in alone.items():
        if not proofs[seq].holds:
            raise Unreportable(f"ledger entry {seq} does not lead to the ledger's root; run manage.py verify_ledger")
        entries.append(LeafEntry(leaf=base64_text(leaf.to_bytes()), index=seq, proof=proofs[seq].path))
    return entries
