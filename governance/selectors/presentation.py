"""What a signer is shown, as one value: the page is drawn from it, the statement names its digest.

Canonical JSON (RFC 8785) of version 1, kept in the byte store under the digest a statement calls `presented`:

    version      1
    request      identifier of the request;   asked_by {id, name};   asked_at, closes   times (closes: or null)
    project      {id, name}, or null for the shelf
    policy       {digest, title, number} that governs the request, or null under the built-in rule
    signer       {id, name} of who is shown this;   role, covers   as what, and what a signature in it covers
    meanings     the texts that the page offers as the meaning of a signature
    missing      [{roles: [any of these], count}]   the signatures still needed
    documents    each document of the request:
      digest, kind, label, title, number
      asked      whether a signature in this role signs it;   standing, since, until, lapses, why
      written_by [{id, name}]
      compared   {digest, number, agreed} the version it is compared with, or null for a first version
      sections   [{name, label, changes: [{path, where, what, before, after}], signed}] against that version;
                 `signed` {digest, number, at, by: [names]}: the newest agreed version that says the same there, or null
      warnings   [{label, text}];   tells  [{label, text}] what is known beyond the body, such as what a plan can show
      attachments [{id, file, size, type}] the files that lie with it, by digest; names can be erased
      comments   [{id, kind, place, by, at, words, open, answers: […]}]; `words` is the commitment of the ledger entry,
                 so that the words themselves can be erased
      sample     {seed, cases: [ids]} to review, {withheld: why} or null
    rests_on     [{role, digest, kind, label, title, number, standing, ok, since, until}] what the documents refer to
                 beyond one another: what is in force there is not signed again
    signatures   [{statement, signer {id, name}, role, covers, on_behalf_of, at, method, meaning, reason, counts,
                 disagreements, conditions: [{id, kind, text, owner, due, met}]}] given on this request so far
    earlier      [{statement, name, role, at, documents: [digests]}] by others, on these documents or on what they refer
                 to: the signer can rely on them

Times are RFC 3339 in UTC; `id`s of people are ledger identifiers. A page adds nothing but layout, the bodies that the
digests name, the words of comments, the names of files, and which documents the reader opened.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property

from governance import access, events
from governance.models import Document, LedgerEvent, SignoffRequest, User
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.formats import canonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import rfc3339
from governance.proof.words.vocabulary import ANY
from governance.registry import KINDS
from governance.selectors import attachments, comments, ledger, samples, sections
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.selectors.attachments import Attached
from governance.selectors.ceremonies import rule_for
from governance.selectors.statements import Said

VERSION = 1
MEANINGS = (
    "I have read it and approve it for its purpose.",
    "I have reviewed it and found it correct as far as my role goes.",
    "I take responsibility for its content.",
)
"""What the page offers as the meaning of a signature; who signs by API may say it in other words."""
MOST_EARLIER = 30
MOST_TOLD = 5


@dataclass(frozen=True)
class Shown:
    """What is shown to a signer, as of a ledger size; with what a page needs beside it."""

    content: dict[str, Any]
    ledger_size: int
    standings: Mapping[str, InForce]
    documents: Sequence[Document]
    threads: Mapping[str, list[comments.Thread]]
    said: Sequence[Said]
    titles: Mapping[str, str]
    attached: Mapping[str, list[Attached]]

    @cached_property
    def bytes(self) -> bytes:
        """The canonical JSON."""
        return canonical.dumps(self.content)

    @cached_property
    def digest(self) -> str:
        """What a statement calls `presented`."""
        return canonical.sha256(self.bytes)

    def files(self, digests: Collection[str]) -> list[str]:
        """Return the digests of the files that lie with some of the documents, sorted."""
        told = [one for one in self.content["documents"] if one["digest"] in digests]
        return sorted({file["file"] for one in told for file in one["attachments"]})


def present(
    user: User,
    request: SignoffRequest,
    role: str,
    ledger_size: int | None = None,
    time: datetime | None = None,
) -> Shown:
    """Return what somebody is shown of a request before signing in a role ("" for a reader who signs in none).

    In a constant number of queries, as of a ledger size and a time (default: now).
    """
    size = ledger.size() if ledger_size is None else ledger_size
    at = timezone.now() if time is None else time
    documents = subjects(request)
    envelopes = {d.digest: docs.envelope(d) for d in documents}
    linked = [(link, d) for d in documents for link in envelopes[d.digest].references]
    outside = {link.digest for link, _ in linked} - set(envelopes)
    targets = Document.objects.select_related("project", "series").in_bulk(outside)
    family = list(
        Document.objects.filter(series__in={d.series_id for d in documents}).select_related("project", "series")
    )
    standings = select.in_force_many([*family, *targets.values()], size, at)
    signed = sections.signed_about([*family, *targets.values()], size)
    threads = comments.threads(documents, size)
    titles = sections.titles(family, targets)
    histories = sections.Histories(family, standings, signed, titles)
    attached = attachments.of(documents)
    world = _World(request, role, user, size, envelopes, histories, threads, attached)
    content = {
        "version": VERSION,
        "request": str(request.pk),
        "project": {"id": str(request.project.pk), "name": request.project.name} if request.project else None,
        "asked_by": _person(request.requested_by),
        "asked_at": rfc3339(request.at),
        "closes": _time(min((s.closes for d in documents if (s := standings[d.digest]).closes), default=None)),
        "policy": _policy(request),
        "signer": _person(user),
        "role": role,
        "covers": access.COVERS.get(role, ""),
        "meanings": list(MEANINGS),
        "missing": _missing(request, [standings[d.digest] for d in documents]),
        "documents": [world.document(d) for d in documents],
        "rests_on": [
            {"role": role_name} | _named(targets[digest]) | _standing(standings[digest])
            for role_name, digest in sorted({(link.role, link.digest) for link, _ in linked if link.digest in targets})
        ],
        "signatures": world.signatures(),
        "earlier": world.earlier(),
    }
    mine = [one for one in signed if one.signature.request_id == request.pk]
    return Shown(content, size, standings, documents, threads, mine, titles, attached)


def subjects(request: SignoffRequest) -> list[Document]:
    """Return the documents a request asks signatures for."""
    rows = Document.objects.filter(requested_in__request=request)
    return list(rows.select_related("project", "series", "created_by").order_by("kind", "seq"))


def happened(digests: Sequence[str], since: int | None) -> str:
    """Return in words what the ledger tells of documents from a size on (None: the last thing), newest first."""
    told_of = LedgerEvent.objects.filter(entry__subject_index__subject__in=digests).exclude(
        event__startswith="refusal:"
    )
    rows = told_of.distinct().order_by("-entry_id").values_list("event", "at")
    chosen = list(rows[:1] if since is None else rows.filter(entry_id__gte=since)[:MOST_TOLD])
    words = [f"{events.WORDS.get(event, event)}, {at:%Y-%m-%d %H:%M} UTC" for event, at in chosen]
    return "; ".join(words) or "time passed, and something ran out"


@dataclass(frozen=True)
class _World:
    """What was read once for all documents."""

    request: SignoffRequest
    role: str
    user: User
    size: int
    envelopes: Mapping[str, Envelope]
    histories: sections.Histories
    threads: Mapping[str, list[comments.Thread]]
    attached: Mapping[str, list[Attached]]

    def document(self, document: Document) -> dict[str, Any]:
        """Return what is shown of one document."""
        try:
            asked = self.role in rule_for(self.request, document.kind).asked
        except KeyError:
            asked = False
        body, kind = docs.display_body(document), KINDS[document.kind]
        found = samples.drawn(self.user, self.request, document, self.role) if self.role else None
        sample = None
        if found is not None:
            sample = {"withheld": found.withheld} if found.withheld else {"seed": found.seed, "cases": [*found.cases]}
        return {
            **_named(document),
            "asked": asked,
            **_standing(self.histories.standings[document.digest]),
            "written_by": self._people(self.envelopes[document.digest].contributors),
            **self.histories.compared(document),
            "warnings": [
                {"label": n.label, "text": n.text}
                for n in (*kind.notices(document, body), *kind.since(document, body, self.size))
            ],
            "tells": [{"label": n.label, "text": n.text} for n in kind.tells(document, body)],
            "attachments": [
                {"id": str(one.row.pk), "file": one.row.sha256, "size": one.row.size, "type": one.row.file_type}
                for one in self.attached.get(document.digest, ())
                if one.row.seq < self.size
            ],
            "comments": [_thread(thread) for thread in self.threads[document.digest]],
            "sample": sample,
        }

    def signatures(self) -> list[dict[str, Any]]:
        """Return the signatures of this request, oldest first."""
        counting = {s.seq for found in self.histories.standings.values() for s in found.signatures}
        mine = [one for one in self.histories.signed if one.signature.request_id == self.request.pk]
        met = {
            condition.id
            for found in self.histories.standings.values()
            for signed in found.signatures
            for condition in signed.conditions
            if condition.met(self.size)
        }
        return [_signature(one, met, counts=one.signature.seq in counting) for one in mine]

    def earlier(self) -> list[dict[str, Any]]:
        """Return the signatures of others that the signer can rely on, newest first."""
        about = {*self.envelopes, *(link.digest for e in self.envelopes.values() for link in e.references)}
        found = []
        for one in reversed(self.histories.signed):
            on = sorted(about.intersection(one.subjects))
            if one.said is not None and one.counts and on and one.signature.signer_id != self.user.pk:
                found.append(
                    {
                        "statement": one.signature.statement_digest,
                        "name": one.said.printed_name,
                        "role": one.said.role,
                        "at": one.said.time,
                        "documents": on,
                    }
                )
        return found[:MOST_EARLIER]

    def _people(self, identifiers: Sequence[str]) -> list[dict[str, str]]:
        return [{"id": i, "name": self.histories.titles.get(i, "")} for i in identifiers]


def _signature(one: Said, met: set[str], *, counts: bool) -> dict[str, Any]:
    signature, found = one.signature, one.said
    if found is None:
        return {"statement": signature.statement_digest, "signer": _person(signature.signer), "counts": False}
    behind = found.on_behalf_of
    return {
        "statement": signature.statement_digest,
        "signer": {"id": found.signer, "name": found.printed_name},
        "role": found.role,
        "covers": found.covers,
        "on_behalf_of": {"id": behind.signer, "name": behind.printed_name} if behind else None,
        "at": found.time,
        "method": found.method.label,
        "meaning": found.meaning,
        "reason": found.reason,
        "counts": counts,
        "disagreements": disagreements(one),
        "conditions": [c.model_dump() | {"met": c.id in met} for c in found.conditions],
    }


def disagreements(one: Said) -> int:
    """Return with how many reviewed cases a signer disagreed."""
    if one.said is None:
        return 0
    return sum(o.opinion == "disagree" for sample in one.said.samples for o in sample.opinions)


def _thread(thread: comments.Thread) -> dict[str, Any]:
    return _spoken(thread.first) | {"open": thread.open, "answers": [_spoken(one) for one in thread.answers]}


def _spoken(one: comments.Spoken) -> dict[str, Any]:
    row = one.row
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "place": row.place,
        "by": row.by.actor,
        "at": rfc3339(row.at),
        "words": one.commitment,
    }


def _named(document: Document) -> dict[str, Any]:
    return {
        "digest": document.digest,
        "kind": document.kind,
        "label": KINDS[document.kind].label,
        "title": document.title,
        "number": document.number,
    }


def _standing(found: InForce) -> dict[str, Any]:
    return {
        "standing": found.standing.value,
        "ok": found.ok,
        "since": _time(found.since),
        "until": _time(found.until),
        "lapses": _time(found.lapses),
        "why": found.why,
    }


def _person(user: User) -> dict[str, str]:
    return {"id": user.actor, "name": user.printed_name}


def _policy(request: SignoffRequest) -> dict[str, Any] | None:
    if request.policy is None:
        return None
    return {"digest": request.policy.digest, "title": request.policy.title, "number": request.policy.number}


def _missing(request: SignoffRequest, found: Sequence[InForce]) -> list[dict[str, Any]]:
    """Return how many signatures of each role would complete every document that waits for this request."""
    most: dict[str, int] = {}
    for standing in found:
        if standing.request == str(request.pk) and standing.standing is Standing.PENDING:
            for role, count in standing.missing:
                most[role] = max(count, most.get(role, 0))
    return [{"roles": roles.split(ANY), "count": count} for roles, count in sorted(most.items())]


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment is not None else None
