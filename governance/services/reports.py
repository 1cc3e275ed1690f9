"""Asking for reports, and putting a sealed one on the ledger. The worker builds it (`reports.tasks`)."""

from django.utils import timezone

from governance import events
from governance.errors import Invalid
from governance.models import Document, Report, Signature, User
from governance.proof.manifest import FileEntry
from governance.services import announcements
from governance.services.ledger import Mutation, Unchanged, mutation

KINDS = {"lineage": "lineage report"}
RECEIPT = "receipt"


def request(*, actor: User, subject: Document, kind: str = "lineage") -> Report:
    """Ask for a report on a document; it tells what the ledger holds once this request is on it.

    Raises:
        Invalid: there is no such kind of report.
    """
    if kind not in KINDS:
        raise Invalid("kind", f"found {kind!r}, expected one of {', '.join(sorted(KINDS))}")
    with mutation(actor=actor, action="report.request", project=subject.project, subjects=[subject.digest]) as m:
        return _requested(m, Report(kind=kind, subject=subject, requested_by=actor))


def receipt(m: Mutation, signature: Signature, subject: Document) -> Report:
    """Ask for a signer's receipt in the mutation that signs: it tells of the ledger as it stood right after."""
    return _requested(m, Report(kind=RECEIPT, subject=subject, signature=signature, requested_by=signature.signer))


def _requested(m: Mutation, report: Report) -> Report:
    report.project, report.requested_at = m.project, m.time
    seq = m.append(
        events.REPORT_REQUESTED,
        subjects=[f"report:{report.id}", report.subject_id],
        data={"report": str(report.id), "kind": report.kind},
    )
    report.ledger_size = seq + 1
    report.save(force_insert=True)
    return report


def sealed(*, report: Report, file: FileEntry) -> None:
    """Record the sealed file; a second worker's finds nothing to do."""
    try:
        with mutation(actor=None, action="report.seal", project=report.project) as m:
            moved = Report.objects.filter(pk=report.pk, state=Report.State.REQUESTED).update(
                state=Report.State.READY, file_sha256=file.sha256, file_size=file.size, seq=m.size
            )
            if not moved:
                raise Unchanged
            m.append(
                events.REPORT_SEALED,
                subjects=[f"report:{report.id}", report.subject_id],
                data={
                    "report": str(report.id),
                    "kind": report.kind,
                    "ledger_size": report.ledger_size,
                    "file": file.sha256,
                },
            )
            announcements.report_ready(m, report)
    except Unchanged:
        return


def downloaded(*, actor: User, report: Report) -> None:
    """Record that somebody takes a sealed report away; the door has seen to it that they may see it."""
    with mutation(actor=actor, action="report.download", project=report.project) as m:
        m.append(
            events.REPORT_DOWNLOADED,
            subjects=[f"report:{report.id}", report.subject_id],
            data={"report": str(report.id), "file": report.file_sha256},
        )


def failed(*, report: Report, error: str) -> None:
    """Record that a report could not be built."""
    moved = Report.objects.filter(pk=report.pk, state=Report.State.REQUESTED)
    if moved.update(state=Report.State.FAILED, error=error):
        announcements.report_failed(report, error, timezone.now())
