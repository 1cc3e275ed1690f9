"""Asking for reports, and putting a sealed one on the ledger. The worker builds it (`reports.tasks`)."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from pydantic import ValidationError

from governance import access, events
from governance.errors import Conflict, Denied, Finding, Invalid
from governance.models import Document, Project, Report, Signature, User
from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.manifest import FileEntry
from governance.registry import REPORTS, ReportKind
from governance.selectors.reports import kept_from
from governance.services import announcements
from governance.services.ledger import Mutation, Unchanged, mutation, refusals_recorded

RECEIPT = "receipt"


def request(
    *,
    actor: User,
    kind: str = "lineage",
    subject: Document | None = None,
    project: Project | None = None,
    parameters: Mapping[str, Any] | None = None,
    ledger_size: int | None = None,
    by_command: bool = False,
) -> Report:
    """Ask for a report on a document, a project or, with neither, the organisation.

    It tells what the ledger holds once this request is on it or, with `ledger_size`, what it held at that past size:
    a report of the same question at the same size that is there already is returned, and nothing is asked anew.
    What is not offered to people is asked for `by_command` of the operator's alone, who found what it tells.

    Raises:
        Invalid: there is no such kind of report, it cannot be about that, or what was asked makes no sense.
        Denied: the access table does not let them ask, or they hold a role from which such reports are kept.
    """
    known = {name for name, one in REPORTS.items() if one.offered or by_command}
    if kind not in known:
        raise Invalid("kind", f"found {kind!r}, expected one of {', '.join(sorted(known))}")
    wanted = REPORTS[kind]
    place = subject.project if subject else project
    report = Report(kind=kind, subject=subject, project=place, requested_by=actor)
    _check_subject(wanted, subject, project)
    report.parameters = _parameters(wanted, parameters or {})
    wanted.check(report)
    about = [subject.digest] if subject else []
    try:
        with mutation(actor=actor, action=wanted.action, project=place, subjects=about) as m:
            if held := kept_from(actor, wanted, place):
                raise Denied(_kept_back(wanted, held))
            if ledger_size is not None:
                if not 0 < ledger_size <= m.size:
                    raise Invalid(
                        "ledger_size", f"found {ledger_size}, expected a size from 1 to the ledger's {m.size}"
                    )
                if subject is not None and subject.seq >= ledger_size:
                    words = f"found {ledger_size}, before the document came as entry {subject.seq}"
                    raise Invalid("ledger_size", f"{words}, expected a size from {subject.seq + 1} on")
                if (there := _there(report, ledger_size)) is not None:
                    report = there
                    raise Unchanged
                if not wanted.past:
                    words = f"a past size; a new {wanted.label} tells of the ledger that ends with its request"
                    raise Invalid("ledger_size", f"found {words}, so that nobody knows beforehand what it draws")
            return _requested(m, report, ledger_size)
    except Unchanged:
        return report


def receipt(m: Mutation, signature: Signature, subject: Document) -> Report:
    """Ask for a signer's receipt in the mutation that signs: it tells of the ledger as it stood right after."""
    return _requested(m, Report(kind=RECEIPT, subject=subject, signature=signature, requested_by=signature.signer))


def again(*, actor: User, report: Report) -> None:
    """Have a report or receipt made that could not be made before, of the same question and ledger.

    It was asked for on the ledger then, so nothing new is to be recorded.

    Raises:
        Denied: somebody else asked for it.
        Conflict: it did not fail.
    """
    about = _subjects(report)
    with refusals_recorded(actor=actor, action="report.again", project=report.project, subjects=about):
        access.require(actor, "report.again", report.project)
        if report.requested_by_id != actor.pk:
            found = f"{report.requested_by} asked for it"
            raise Denied(Finding("access", found, "whoever asked for it", "Ask for a report of your own.", "you"))
    failed = Report.objects.filter(pk=report.pk, state=Report.State.FAILED)
    if not failed.update(state=Report.State.REQUESTED, error=""):
        state = Report.State(Report.objects.values_list("state", flat=True).get(pk=report.pk)).label
        raise Conflict(found=f"the report is {state}", expected="one that failed", remedy="Nothing needs doing.")


def _kept_back(kind: ReportKind, held: frozenset[str]) -> Finding:
    expected = f"no role from which “{kind.label}” is kept: {access.words(kind.kept_from)}"
    remedy = "Ask somebody who may see the cases, such as a compliance officer."
    return Finding("access", f"your roles here: {access.words(held)}", expected, remedy, access.ROLES[access.OWNER])


def _check_subject(kind: ReportKind, subject: Document | None, project: Project | None) -> None:
    given = "document" if subject else "project" if project else "organisation"
    if given not in kind.of:
        raise Invalid("subject", f"found {given}; a {kind.label} is about a {' or '.join(sorted(kind.of))}")
    if subject is not None and kind.kinds and subject.kind not in kind.kinds:
        raise Invalid("subject", f"found {subject.kind}, expected {' or '.join(sorted(kind.kinds))}")


def _parameters(kind: ReportKind, given: Mapping[str, Any]) -> str:
    """Return what was asked as canonical JSON, defaults filled in. Raises Invalid naming the field."""
    try:
        asked = kind.asks.model_validate_json(canonical.dumps(dict(given)))
        return canonical.dumps(asked.model_dump(mode="json")).decode()
    except NotCanonical as error:
        raise Invalid("parameters", str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Invalid(".".join(map(str, first["loc"])) or "parameters", first["msg"]) from error


def _there(report: Report, size: int) -> Report | None:
    """Return a sealed report of the same question at the same ledger size."""
    same = {name: getattr(report, name) for name in ("kind", "subject", "project", "parameters")}
    found = Report.objects.filter(**{k: v for k, v in same.items() if v is not None}, ledger_size=size, signature=None)
    nothing = {f"{name}__isnull": True for name, value in same.items() if value is None}
    return found.filter(**nothing, state=Report.State.READY).order_by("seq").first()


def _requested(m: Mutation, report: Report, ledger_size: int | None = None) -> Report:
    report.project, report.requested_at = m.project, m.time
    asked = {"kind": report.kind, "about": report.about, "asked": report.asked}
    seq = m.append(
        events.REPORT_REQUESTED,
        subjects=_subjects(report),
        data={
            "report": str(report.id),
            "kind": report.kind,
            "asked": canonical.sha256(canonical.dumps(asked)),
        },
    )
    report.ledger_size = ledger_size or seq + 1
    report.save(force_insert=True)
    return report


def _subjects(report: Report) -> list[str]:
    return [f"report:{report.id}", *([report.about] if report.about != "organisation" else [])]


def progressing(*, report: Report, what: str) -> None:
    """Say what the worker is doing for a report; that is no fact of the ledger's."""
    Report.objects.filter(pk=report.pk, state=Report.State.REQUESTED).update(progress=what)


def sealed(*, report: Report, file: FileEntry) -> None:
    """Record the sealed file; a second worker's finds nothing to do."""
    try:
        with mutation(actor=None, action="report.seal", project=report.project) as m:
            moved = Report.objects.filter(pk=report.pk, state=Report.State.REQUESTED).update(
                state=Report.State.READY, file_sha256=file.sha256, file_size=file.size, seq=m.size, progress=""
            )
            if not moved:
                raise Unchanged
            m.append(
                events.REPORT_SEALED,
                subjects=_subjects(report),
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
            subjects=_subjects(report),
            data={"report": str(report.id), "file": report.file_sha256},
        )


def failed(*, report: Report, error: str) -> None:
    """Record that a report could not be built."""
    moved = Report.objects.filter(pk=report.pk, state=Report.State.REQUESTED)
    if moved.update(state=Report.State.FAILED, error=error, progress=""):
        announcements.report_failed(report, error, timezone.now())
