"""What a document's page shows: one function gathers it, in a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from governance import access, differences
from governance.inforce import REQUESTABLE, InForce, Standing
from governance.models import Document, Reference, Rejection, Report, Revocation, Signature, User
from governance.proof.envelope import Envelope
from governance.registry import GATES, KINDS, purpose_of
from governance.selectors import documents as docs
from governance.selectors import inbox, waivers
from governance.selectors import signoff as select
from governance.selectors.statements import Said, said
from governance.services.signoff import REVOCABLE
from governance.web import extensions
from governance.web.forms import RevokeForm, SignForm
from governance.web.readable import Node, Told, ordered, readable, told

MOST_DEPENDANTS = 50


@dataclass(frozen=True)
class Linked:
    """A document at one end of a reference, with the reference's role and the document's standing."""

    role: str
    document: Document
    standing: InForce


@dataclass
class Difference:
    """A document against the version it is compared with (None: there is no earlier one)."""

    against: Document | None = None
    in_force: bool = False
    changes: list[Told] = field(default_factory=list)


@dataclass
class Reading:
    """A document as it is read: envelope, body as a tree, the template of its kind."""

    document: Document
    envelope: Envelope
    body: dict[str, Any]
    tree: Node
    template: str
    standing: InForce
    family: list[Document] = field(default_factory=list)
    out: list[Linked] = field(default_factory=list)
    difference: Difference = field(default_factory=Difference)


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
    titles = {digest: str(target) for digest, target in targets.items()}
    readings = []
    for document in documents:
        envelope = envelopes[document.digest]
        body = docs.display_body(document)
        readings.append(
            Reading(
                document=document,
                envelope=envelope,
                body=body,
                tree=readable(body, KINDS[document.kind].schema),
                template=extensions.kind_template(document.kind),
                standing=found[document.digest],
                family=[d for d in family if d.series_id == document.series_id],
                out=[Linked(x.role, targets[x.digest], found[x.digest]) for x in envelope.references],
                difference=_difference(document, envelope, body, family, found, titles),
            )
        )
    return readings, found


def context(user: User, document: Document, opened: list[str]) -> dict[str, Any]:
    """Return everything the page of one document shows."""
    references = list(docs.dependants(document).filter(source__in=docs.visible(user))[: MOST_DEPENDANTS + 1])
    (reading,), standings = read([document], [reference.source for reference in references])
    standing = reading.standing
    found: dict[str, Any] = {
        "document": document,
        "kind": KINDS[document.kind],
        "reading": reading,
        "standing": standing,
        "incoming": _incoming(references[:MOST_DEPENDANTS], standings),
        "more_incoming": len(references) > MOST_DEPENDANTS,
        "versions": [(d, standings[d.digest]) for d in sorted(reading.family, key=lambda d: -d.number)],
        "contributors": people(reading.envelope.contributors),
        "signatures": signatures_of(standing),
        "rejection": Rejection.objects.filter(request__subjects__document=document).select_related("by").last(),
        "revocation": Revocation.objects.filter(document=document).select_related("by").last(),
        "jobs": list(document.jobs.select_related("requested_by")[:20]),
        "made_by": document.made_by.first(),
        "reports": list(Report.objects.filter(subject=document).select_related("requested_by")[:10]),
        "purpose": purpose_of(document),
        "waivers": waivers.of(document) if document.kind in GATES else [],
    }
    found |= acts(user, document, standing)
    if standing.standing is Standing.PENDING and standing.request:
        found |= signing(user, standing.request, opened)
    return found


def acts(user: User, document: Document, standing: InForce) -> dict[str, Any]:
    """Return which acts to offer. The services decide; a page only leaves out what would be refused anyway."""
    kind, roles = KINDS[document.kind], access.roles_of(user, document.project)
    may = extensions.allowed(roles)
    return {
        "may_request": kind.signed and standing.standing in REQUESTABLE and may["signoff.request"],
        "may_revoke": standing.standing in REVOCABLE and may["signoff.revoke"],
        "may_draft": bool(kind.authors & roles),
        "may": may,
        "act_templates": extensions.act_templates(document.kind),
        "may_report": document.project_id is not None and may["report.request"],
        "revoke_form": RevokeForm(),
    }


def signing(user: User, request_id: str, opened: list[str]) -> dict[str, Any]:
    """Return what the sign form of an open request needs."""
    request = inbox.visible_requests(user).select_related("project", "policy", "requested_by").get(pk=request_id)
    subjects = list(Document.objects.filter(requested_in__request=request).select_related("project", "series"))
    roles, obstacle = inbox.roles_to_sign_in(user, request, subjects)
    return {
        "request_row": request,
        "subjects": subjects,
        "sign_roles": roles,
        "obstacle": obstacle,
        "sign_form": SignForm(roles=roles, initial={"role": roles[0]}) if roles else None,
        "unopened": [d for d in subjects if d.digest not in opened],
    }


def signatures_of(standing: InForce) -> list[Said]:
    """Return the signatures that count, and those by a key declared compromised since; what they say, oldest first."""
    valid = {signed.seq for signed in standing.signatures}
    asked = Q(seq__in=valid) | Q(request=standing.request) if standing.request else Q(seq__in=valid)
    rows = said(Signature.objects.filter(asked).select_related("signer").order_by("seq"))
    return [one for one in rows if one.signature.seq in valid or one.compromised_since is not None]


def people(identifiers: list[str]) -> list[str]:
    """Return the printed names behind ledger identifiers."""
    rows = User.objects.filter(ledger_id__in=[i for i in identifiers if len(i) == 36]).order_by("printed_name")
    return list(rows.values_list("printed_name", flat=True))


def _family(documents: list[Document]) -> list[Document]:
    return list(Document.objects.filter(series__in={d.series_id for d in documents}).select_related("project"))


def _incoming(references: list[Reference], standings: dict[str, InForce]) -> list[Linked]:
    return [Linked(r.role, r.source, standings[r.source.digest]) for r in references]


def _difference(
    document: Document,
    envelope: Envelope,
    body: dict[str, Any],
    family: list[Document],
    standings: dict[str, InForce],
    titles: dict[str, str],
) -> Difference:
    """Compare with the newest earlier version that was agreed, or else with the version just before."""
    earlier = sorted(
        (d for d in family if d.series_id == document.series_id and d.number < document.number), key=lambda d: -d.number
    )
    if not earlier:
        return Difference()
    agreed = next((d for d in earlier if standings[d.digest].since is not None), None)
    base = agreed or earlier[0]
    before, kind = docs.envelope(base), KINDS[document.kind]

    def as_read(content: dict[str, Any]) -> dict[str, Any]:
        return kind.told(content) if kind.told else ordered(content, kind.schema)

    named = titles | _titles({x.digest for x in before.references} - set(titles))
    return Difference(
        base,
        agreed is not None,
        [
            *told(differences.between(as_read(docs.display_body(base)), as_read(body))),
            *told(differences.references(before.references, envelope.references), named),
        ],
    )


def _titles(digests: set[str]) -> dict[str, str]:
    if not digests:
        return {}
    return {d.digest: str(d) for d in Document.objects.filter(pk__in=digests).defer("content")}
