"""What a document's page shows: one function gathers it, in a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from governance import access, disposal
from governance.exports import formats
from governance.file_types import ENDINGS
from governance.models import (
    Condition,
    Document,
    Project,
    Reference,
    Rejection,
    Review,
    Revocation,
    Signature,
    User,
)
from governance.proof.answers.inforce import REQUESTABLE, InForce, Standing
from governance.proof.formats.envelope import Envelope
from governance.readable import Node, readable
from governance.registry import GATES, KINDS, REPORTS, purpose_of
from governance.selectors import (
    attachments,
    audit_findings,
    comments,
    conditions,
    disposals,
    inbox,
    ledger,
    reasons,
    reports,
    reviews,
    sections,
    waivers,
)
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.selectors.comments import Thread
from governance.selectors.statements import Said, relied_on, said
from governance.services.signoff import REVOCABLE
from governance.web import extensions
from governance.web.forms.signing import HandOverForm, MeetForm

MOST_DEPENDANTS, MOST_REPORTS = 50, 10
ON_DOCUMENT = "lineage"
"""the kind of report that is asked for with one press: of every document there is one"""


@dataclass(frozen=True)
class Linked:
    """A document at one end of a reference, with the reference's role and the document's standing."""

    role: str
    document: Document
    standing: InForce


@dataclass
class Reading:
    """A document as it is read: envelope, body as a tree, the template of its kind.

    `difference` is what `sections.Histories.compared` returns, `threads` the comments by section.
    """

    document: Document
    envelope: Envelope
    body: dict[str, Any]
    tree: Node
    template: str
    standing: InForce
    family: list[Document] = field(default_factory=list)
    out: list[Linked] = field(default_factory=list)
    difference: dict[str, Any] = field(default_factory=dict)
    threads: dict[str, list[Thread]] = field(default_factory=dict)

    @property
    def tells(self) -> list[dict[str, str]]:
        """What is known beyond the body, as signers are told it."""
        return [{"label": n.label, "text": n.text} for n in KINDS[self.document.kind].tells(self.document, self.body)]

    @property
    def tells_template(self) -> str:
        """The template that tells signers what is known beyond the body."""
        return extensions.tells_template(self.document.kind)


def as_read(document: Document, standing: InForce, **more: Any) -> Reading:
    """Return a document as it is read."""
    body = docs.display_body(document)
    return Reading(
        document=document,
        envelope=docs.envelope(document),
        body=body,
        tree=readable(body, KINDS[document.kind].schema),
        template=extensions.kind_template(document.kind),
        standing=standing,
        **more,
    )


def read(documents: list[Document], also: Iterable[Document] = ()) -> tuple[list[Reading], dict[str, InForce]]:
    """Return the documents as they are read, each with its references and its difference to the version before.

    The standings come along, by digest: of these documents, all their versions, what they refer to, and of `also`.
    """
    envelopes = {d.digest: docs.envelope(d) for d in documents}
    wanted = {link.digest for e in envelopes.values() for link in e.references}
    family = _family(documents)
    targets = Document.objects.select_related("project").in_bulk(wanted)
    asked = {d.digest: d for d in [*documents, *targets.values(), *family, *also]}
    found = select.in_force_many(asked.values())
    histories = sections.Histories(
        family, found, sections.signed_about(family, ledger.size()), sections.titles(family, targets)
    )
    threads = comments.threads(documents)
    readings = [
        as_read(
            document,
            found[document.digest],
            family=[d for d in family if d.series_id == document.series_id],
            out=[Linked(x.role, targets[x.digest], found[x.digest]) for x in envelopes[document.digest].references],
            difference=histories.compared(document),
            threads=comments.by_place(threads[document.digest]),
        )
        for document in documents
    ]
    return readings, found


def context(user: User, document: Document) -> dict[str, Any]:
    """Return everything the page of one document shows."""
    references = list(docs.dependants(document).filter(source__in=docs.visible(user))[: MOST_DEPENDANTS + 1])
    (reading,), standings = read([document], [reference.source for reference in references])
    standing = reading.standing
    signatures = signatures_of(standing)
    listed = list(reports.about(user, document)[: MOST_REPORTS + 1])
    found: dict[str, Any] = {
        "document": document,
        "kind": KINDS[document.kind],
        "reading": reading,
        "standing": standing,
        "incoming": _incoming(references[:MOST_DEPENDANTS], standings),
        "more_incoming": len(references) > MOST_DEPENDANTS,
        "versions": [(d, standings[d.digest]) for d in sorted(reading.family, key=lambda d: -d.number)],
        "contributors": people(reading.envelope.contributors),
        "signatures": signatures,
        "relied_names": relied_on(signatures),
        "faults": [fault for fault in standing.faults if fault not in {one.fault for one in signatures}],
        "conditions": open_conditions(user, document, signatures),
        "rejection": _newest(Rejection.objects.filter(request__subjects__document=document)),
        "revocation": _newest(Revocation.objects.filter(document=document)),
        "files": attachments.of([document]).get(document.digest, []),
        "file_endings": ",".join(sorted(ENDINGS)),
        "disposed": disposals.of(document) if document.kind == disposal.KIND else [],
        "too_few": select.too_few(document.kind, standing) if standing.standing is Standing.IN_FORCE else "",
        "jobs": list(document.jobs.select_related("requested_by")[:20]),
        "made_by": document.made_by.first(),
        "formats": formats.offered(document),
        "report_called": KINDS[document.kind].report,
        "reports": listed[:MOST_REPORTS],
        "more_listed": len(listed) > MOST_REPORTS,
        "purpose": purpose_of(document),
        "waivers": waivers.of(document) if document.kind in GATES else [],
        "comment_count": sum(len(found) for found in reading.threads.values()),
        "open_questions": any(thread.open for found in reading.threads.values() for thread in found),
    }
    found |= acts(user, document, standing)
    found |= findings_on(user, document.digest, document.project)
    if standing.standing is Standing.PENDING and standing.request:
        found |= asking(user, standing.request)
    return found


def acts(user: User, document: Document, standing: InForce) -> dict[str, Any]:
    """Return which acts to offer. The services decide; a page only leaves out what would be refused anyway."""
    kind, roles = KINDS[document.kind], access.roles_of(user, document.project)
    may = extensions.allowed(roles)
    return {
        "may_request": kind.signed and standing.standing in REQUESTABLE and may["signoff.request"],
        "may_attach": may["document.attach"] and standing.since is None and not standing.signatures,
        "may_revoke": standing.standing in REVOCABLE and may["signoff.revoke"],
        "may_see_readers": may["record.list"],
        "may_draft": bool(kind.authors & roles),
        "may": may,
        "act_templates": extensions.act_templates(document.kind),
        "may_report": may[REPORTS[ON_DOCUMENT].action],
        "more_reports": [
            one
            for one in REPORTS.values()
            if one.offered and document.kind in one.kinds and may[one.action] and not one.kept_from & roles
        ],
        "may_review": standing.standing is Standing.IN_FORCE and may["signoff.review"],
        "reviews": list(reviews.running(Review.objects.filter(document=document), timezone.now()).order_by("due")),
    }


@dataclass(frozen=True)
class OpenCondition:
    """A condition that nobody confirmed yet, and what the reader may do about it."""

    told: conditions.Told
    obstacle: str
    meet: MeetForm | None
    hand_over: HandOverForm | None


def open_conditions(user: User, document: Document, signatures: list[Said]) -> list[OpenCondition]:
    """Return the open conditions of the signatures that count, with the forms that this person can use."""
    given = [one.signature.pk for one in signatures if one.counts and one.said is not None and one.said.conditions]
    if not given:
        return []
    owner = access.OWNER in access.roles_of(user, document.project)
    found = []
    for one in conditions.of(Condition.objects.filter(signature__in=given)):
        if one.met is not None:
            continue
        key, obstacle = str(one.row.pk), conditions.obstacle(user, one.row)
        mine = one.stated.kind == "task" and (owner or (one.owner is not None and one.owner.pk == user.pk))
        names = {grant.user.actor: grant.user.printed_name for grant in inbox.people_of(document.project)}
        people = sorted(names.items(), key=lambda item: item[1])
        found.append(
            OpenCondition(
                one,
                obstacle,
                None if obstacle else MeetForm(auto_id=f"meet_{key}_%s"),
                HandOverForm(people=people, auto_id=f"to_{key}_%s") if mine else None,
            )
        )
    return found


def findings_on(user: User, subject: str, project: Project | None) -> dict[str, Any]:
    """Return what a record's page says of the findings of auditors pinned to it."""
    return {
        "audit_findings": audit_findings.about(user, [subject]),
        "may_find": access.can(user, "finding.raise", project),
        "record_subject": subject,
        "now": timezone.now(),
    }


def asking(user: User, request_id: str) -> dict[str, Any]:
    """Return what a document's page says of the open request it waits in; it is signed on the request's page."""
    request = inbox.visible_requests(user).select_related("project", "policy", "requested_by").get(pk=request_id)
    subjects = list(Document.objects.filter(requested_in__request=request).select_related("project", "series"))
    capacities, obstacle = inbox.capacities(user, request, subjects)
    return {"request_row": request, "subjects": subjects, "capacities": capacities, "obstacle": obstacle}


def signatures_of(standing: InForce) -> list[Said]:
    """Return the signatures that count, and those of the same request that do not any more; the oldest first."""
    valid = {signed.seq for signed in standing.signatures}
    asked = Q(seq__in=valid) | Q(request=standing.request) if standing.request else Q(seq__in=valid)
    rows = said(Signature.objects.filter(asked).select_related("signer").order_by("seq"))
    return [one for one in rows if one.signature.seq in valid or one.fault]


def _newest(rows: "QuerySet[Any]") -> Any:
    """Return the newest rejection or revocation with its reason, or None."""
    return next(iter(reasons.tell(rows.select_related("by").order_by("-seq")[:1])), None)


def people(identifiers: list[str]) -> list[str]:
    """Return the printed names behind ledger identifiers."""
    rows = User.objects.filter(ledger_id__in=[i for i in identifiers if len(i) == 36]).order_by("printed_name")
    return list(rows.values_list("printed_name", flat=True))


def _family(documents: list[Document]) -> list[Document]:
    return list(Document.objects.filter(series__in={d.series_id for d in documents}).select_related("project"))


def _incoming(references: list[Reference], standings: dict[str, InForce]) -> list[Linked]:
    return [Linked(r.role, r.source, standings[r.source.digest]) for r in references]
