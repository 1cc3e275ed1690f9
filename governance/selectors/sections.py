"""What changed in a document, section by section, and since when the rest stands as somebody signed it.

A section is a member of the body; the references count as one. It is unchanged when its canonical bytes are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.models import Document, RequestSubject, Signature, User
from governance.proof.answers.inforce import InForce
from governance.proof.formats import canonical
from governance.proof.formats.fields import rfc3339
from governance.proof.words import differences
from governance.proof.words.difference_words import Told, label, told
from governance.proof.words.differences import Change
from governance.readable import ordered
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors.statements import Said, said

REFERENCES = "references"


def signed_about(documents: Iterable[Document], ledger_size: int) -> list[Said]:
    """Return what was signed in requests for these documents before the ledger had a size, oldest first."""
    requests = RequestSubject.objects.filter(document__in=list(documents)).order_by().values("request")
    rows = Signature.objects.filter(request__in=requests, seq__lt=ledger_size)
    return said(rows.select_related("signer").order_by("seq"), ledger_size)


def titles(family: Sequence[Document], targets: Mapping[str, Document]) -> dict[str, str]:
    """Return the titles of documents by digest, and the printed names of their contributors by ledger id."""
    envelopes = [docs.envelope(d) for d in family]
    wanted = {link.digest for e in envelopes for link in e.references} - set(targets)
    found = {d.digest: str(d) for d in [*family, *targets.values()]}
    found |= {d.digest: str(d) for d in Document.objects.filter(pk__in=wanted).defer("content")}
    people = {i for e in envelopes for i in e.contributors if len(i) == 36}
    return found | {u.actor: u.printed_name for u in User.objects.filter(ledger_id__in=people)}


@dataclass(frozen=True)
class Histories:
    """The versions of some documents with their standings and signatures, and the titles of what they refer to."""

    family: Sequence[Document]
    standings: Mapping[str, InForce]
    signed: Sequence[Said]
    titles: Mapping[str, str]

    def compared(self, document: Document) -> dict[str, Any]:
        """Return `compared` and `sections` as `selectors.presentation` describes them.

        The other side is the newest earlier version that was agreed, or else the version just before.
        """
        earlier = sorted(
            (d for d in self.family if d.series_id == document.series_id and d.number < document.number),
            key=lambda d: -d.number,
        )
        if not earlier:
            return {"compared": None, "sections": []}
        agreed = [d for d in earlier if self.standings[d.digest].since is not None]
        base = agreed[0] if agreed else earlier[0]
        return {
            "compared": {"digest": base.digest, "number": base.number, "agreed": bool(agreed)},
            "sections": self._sections(document, base, agreed),
        }

    def _sections(self, document: Document, base: Document, agreed: Sequence[Document]) -> list[dict[str, Any]]:
        before, after = as_compared(base), as_compared(document)
        changes: dict[str, list[Change]] = defaultdict(list)
        for change in differences.between(before, after):
            changes[change.steps[0].name].append(change)
        last = _agreed_where(after, agreed)
        found = [
            _section(name, told(changes[name]), self._agreement(last.get(name)))
            for name in dict.fromkeys([*after, *before])
        ]
        mine = docs.references(document)
        exchanged = differences.references(docs.references(base), mine)
        if mine or exchanged:
            same = next((d for d in agreed if docs.references(d) == mine), None)
            found.append(_section(REFERENCES, told(exchanged, self.titles), self._agreement(same)))
        return found

    def _agreement(self, version: Document | None) -> dict[str, Any] | None:
        if version is None:
            return None
        standing = self.standings[version.digest]
        valid = {signed.seq for signed in standing.signatures}
        names = [one.said.printed_name for one in self.signed if one.said and one.signature.seq in valid]
        since = rfc3339(standing.since) if standing.since else None
        return {"digest": version.digest, "number": version.number, "at": since, "by": names}


def as_compared(document: Document) -> dict[str, Any]:
    """Return the body as versions of it are compared: as its kind tells it, or with its members in their order."""
    kind, body = KINDS[document.kind], docs.display_body(document)
    return kind.told(body) if kind.told else ordered(body, kind.schema)


def _agreed_where(body: Mapping[str, Any], agreed: Sequence[Document]) -> dict[str, Document]:
    """Return, for each section, the newest agreed version that says the same there, byte for byte."""
    found: dict[str, Document] = {}
    wanted = {name: canonical.dumps(part) for name, part in body.items()}
    for version in agreed:
        if len(found) == len(wanted):
            break
        there = as_compared(version)
        for name, content in wanted.items():
            if name not in found and name in there and canonical.dumps(there[name]) == content:
                found[name] = version
    return found


def _section(name: str, changes: Sequence[Told], signed: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "name": name,
        "label": label(name),
        "changes": [
            {"path": c.place, "where": c.path, "what": c.verb, "before": c.old, "after": c.new} for c in changes
        ],
        "signed": signed,
    }
