"""What verified evidence tells of: the facts from which follows what a report's pages must say.

Everything here is read from the documents' own bytes, the ledger's leaves with their opened private parts, the signed
statements, the permits and the keyring. Names, titles and numbers are made from them as the typesetter makes them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from governance.proof.checks.evidence import Evidence, Period
from governance.proof.formats import canonical, dsse
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import base64_bytes, moment
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import DOCUMENT_FROZEN, DOCUMENT_SIGNED, PERSON_ENROLLED, Leaf
from governance.proof.formats.permit import Permit, Receipt
from governance.proof.formats.signed_statement import payload
from governance.proof.formats.statement import SignoffPredicate, SignoffStatement
from governance.proof.words import running_text, vocabulary
from governance.proof.words.difference_words import label
from governance.proof.words.printed import day, printable, second, short
from governance.proof.words.printed import moment as told
from governance.proof.words.style import SANS, SERIF
from governance.proof.words.typefaces import faces
from governance.proof.words.vocabulary import ROLES, Words, events, kinds

HEX_DIGITS = 64
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
HEX = re.compile(rf"(?<![0-9A-Za-z])[0-9a-f]{{{HEX_DIGITS}}}(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Signed:
    """A sign-off: the signed form, what was signed, and the ledger entry that records it."""

    envelope: str
    statement: SignoffStatement
    leaf: Leaf

    @property
    def said(self) -> SignoffPredicate:
        return self.statement.predicate


@dataclass(frozen=True)
class Facts:
    """The facts of one report: its evidence, whose documents, leaves and keyring were verified before."""

    evidence: Evidence
    root: str
    fingerprint: str
    keyring: Keyring
    documents: Mapping[str, Envelope]
    leaves: Mapping[int, Leaf]
    around: Mapping[int, Leaf] = field(default_factory=dict)
    """proven entries that pages do not list: those around the period, and the last of all"""

    named: Sequence[str] = ()
    """of a report on more than the evidence tells apart: the documents that its pages print, in order"""

    @property
    def size(self) -> int:
        return self.evidence.report.ledger_size

    @property
    def subject(self) -> str:
        return self.evidence.report.subject

    @property
    def last(self) -> Leaf | None:
        """The ledger's last entry, where the evidence holds it."""
        return self.leaves.get(self.size - 1) or self.around.get(self.size - 1)

    @cached_property
    def ordered(self) -> list[Leaf]:
        """The leaves in ledger order."""
        return [self.leaves[seq] for seq in sorted(self.leaves)]

    def of(self, *events: str) -> list[Leaf]:
        """Return the leaves of these events, in ledger order."""
        return [leaf for leaf in self.ordered if leaf.event in events]

    def private(self, leaf: Leaf) -> Mapping[str, Any]:
        """Return what a leaf committed to; empty where there is nothing or it was erased."""
        opening = self.evidence.openings.get(str(leaf.seq))
        return opening.private if opening else {}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names people were enrolled under, by ledger identifier."""
        found = {}
        for leaf in self.of(PERSON_ENROLLED):
            private = self.private(leaf)
            if "printed_name" in private:
                found[leaf.subjects[0].removeprefix("user:")] = str(private["printed_name"])
        return found

    def who(self, actor: str) -> str:
        """Return the name a person was enrolled under, or the actor as the ledger has it."""
        return self.names.get(actor, actor)

    @cached_property
    def frozen(self) -> Mapping[str, Leaf]:
        """The entry that records the freezing of each document, by digest."""
        return {leaf.subjects[0]: leaf for leaf in self.of(DOCUMENT_FROZEN) if len(leaf.subjects) == 1}

    @cached_property
    def signed(self) -> list[Signed]:
        """The sign-offs in the order of the evidence; those whose form cannot be read are reported elsewhere."""
        recorded = {str(leaf.data.get("statement")): leaf for leaf in self.of(DOCUMENT_SIGNED)}
        found = []
        for text in self.evidence.signatures:
            try:
                claimed = payload(text.encode())
                leaf = recorded.get(canonical.sha256(claimed))
                if leaf is not None:
                    found.append(Signed(text, SignoffStatement.from_bytes(claimed), leaf))
            except (SignatureError, NotCanonical):
                continue
        return found

    @cached_property
    def permits(self) -> list[tuple[str, Permit]]:
        """The permits and the digests of their envelopes, in the order of the evidence."""
        return [(canonical.sha256(t.encode()), Permit.model_validate(_payload(t))) for t in self.evidence.permits]

    @cached_property
    def receipts(self) -> list[Receipt]:
        """The receipts of consumption."""
        return [Receipt.model_validate(_payload(text)) for text in self.evidence.receipts]

    @cached_property
    def roots(self) -> list[str]:
        """The documents that the report is about: its subject or, of a receipt, all that was signed."""
        own = self.receipt
        if own is not None:
            return [one.digest for one in own.statement.subjects]
        return [self.subject] if self.subject in self.documents else []

    @property
    def whole(self) -> bool:
        """Whether it follows from the evidence on which documents the report is: on one, or on a signature."""
        return bool(self.roots) and self.evidence.report.kind in ("lineage", "receipt")

    @property
    def dossier(self) -> bool:
        """Whether it tells of further documents beside the lineage; which, the evidence does not say."""
        words = self.words(self.subject) if self.subject in self.documents else None
        return self.evidence.report.kind == "lineage" and words is not None and words.dossier

    @cached_property
    def receipt(self) -> Signed | None:
        """The sign-off that a receipt is for: the last that its ledger tells of; None in other reports."""
        if self.evidence.report.kind != "receipt":
            return None
        return max(self.signed, key=lambda one: one.leaf.seq, default=None)

    @cached_property
    def depths(self) -> dict[str, int]:
        """The distance of every document of the lineage from the roots, nearest first, among equals newest first."""
        if self.named or not self.whole:
            return dict.fromkeys(self.named, 0)
        return self.lineage

    @property
    def lineage(self) -> dict[str, int]:
        """What the roots rest on, directly and through others, with themselves; see `depths`."""
        depths, frontier, depth = dict.fromkeys(self.roots, 0), set(self.roots), 0
        while frontier:
            depth += 1
            reached = {link.digest for d in frontier if d in self.documents for link in self.documents[d].references}
            frontier = reached - set(depths)
            depths |= dict.fromkeys(frontier, depth)
        return dict(sorted(depths.items(), key=lambda item: (item[1], -self._seq(item[0]))))

    @cached_property
    def printed(self) -> list[str]:
        """The documents that are printed one by one, in order."""
        return self.roots if self.receipt else list(self.depths)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number under which a document of the lineage is named, by digest."""
        return {digest: number for number, digest in enumerate(self.depths, start=1)}

    def see(self, digest: str) -> str:
        """Return where a document is printed, as a warning on page one leads to it; "" where it is not."""
        return running_text.see(self.printed.index(digest) + 1) if digest in self.printed else ""

    def of_kind(self, kind: str) -> list[str]:
        """Return the printed documents of a kind, the oldest first."""
        return sorted((one for one in self.depths if one in self.documents and self.documents[one].kind == kind),
                      key=self._seq)  # fmt: skip

    @property
    def aside(self) -> list[str]:
        """The documents that are proved without being part of the lineage."""
        return [digest for digest in self.documents if digest not in self.depths]

    def words(self, digest: str) -> Words | None:
        """Return the words for a document's kind; None where this version does not know it."""
        return kinds().get(self.documents[digest].kind)

    def label(self, digest: str) -> str | None:
        """Return what the kind is called; None where this version does not know."""
        words = self.words(digest)
        return words.label if words else None

    def title(self, digest: str) -> str | None:
        """Return a document's title as its bytes give it; None where this version does not know how."""
        words = self.words(digest)
        return (words.title(self.documents[digest].body) or f"untitled {words.label}") if words else None

    def versioned(self, digest: str) -> str | None:
        """Return a document's title with its version; None where this version does not know how."""
        title = self.title(digest)
        return f"{title} v{self.documents[digest].number}" if title is not None else None

    def called(self, digests: Iterable[str]) -> str | None:
        """Return documents by their numbers, others by title; None where one is not in the evidence."""
        listed = list(digests)
        told = [str(number) for number in sorted(self.numbers[d] for d in listed if d in self.numbers)]
        others = [d for d in listed if d not in self.numbers]
        if any(d not in self.documents or self.title(d) is None for d in others):
            return None
        return ", ".join([*told, *(str(self.title(d)) for d in others)])

    def about(self, leaf: Leaf) -> str | None:
        """Return what an entry is about; None where it names a document that is not in the evidence."""
        digests = [subject for subject in leaf.subjects if canonical.is_digest(subject)]
        told = [self.called(digests)] if digests else []
        for subject in leaf.subjects:
            noun, _, name = subject.partition(":")
            if noun == "user":
                told.append(self.who(name))
            elif noun != "sha256":
                told.append(f"{noun} {name[:8]}")
        return None if None in told else ", ".join(str(one) for one in told)

    def stories(self) -> Iterator[tuple[str, list[Leaf]]]:
        """Yield each job that has a permit or was admitted, with the entries about it, in ledger order."""
        yield from stories_of(self.ordered).items()

    @cached_property
    def digests(self) -> frozenset[str]:
        """Every SHA-256 in hexadecimal that occurs anywhere in the evidence, or names something of it."""
        return frozenset(found for text in self._hashed() for found in HEX.findall(text))

    def _hashed(self) -> Iterator[str]:
        """Yield every text in which a digest of the evidence can stand, one after the other."""
        evidence = self.evidence
        yield from (self.root, self.fingerprint, *evidence.documents)
        period = evidence.period or Period(first=0, leaves=[], proof=[])
        # In base64 no digest is seen, and a long ledger has a hundred thousand entries.
        yield evidence.model_dump_json(exclude={"documents": True, "ledger": True, "period": {"leaves"}})
        for coded in (*evidence.documents.values(), *period.leaves, *(evidence.ledger or ())):
            yield base64_bytes(coded).decode()
        for entry in (*evidence.leaves, *evidence.around):
            yield base64_bytes(entry.leaf).decode()
        for text in (*evidence.signatures, *evidence.permits, *evidence.receipts):
            yield payload(text.encode()).decode() if text in evidence.signatures else _told(text)
            yield canonical.sha256(text.encode())
        yield from (signed.statement.digest for signed in self.signed)
        for ring in evidence.keyrings:
            yield from (_told(ring.decode()), canonical.sha256(ring))
        for key in self.keyring.entries:
            yield key.key.fingerprint
            if key.certificate:
                yield certificate_digest(key.certificate)

    @cached_property
    def texts(self) -> frozenset[str]:
        """Everything that the evidence says in words or is called by, and its times as printed, without white space."""
        said: list[Any] = [envelope.body for envelope in self.documents.values()]
        said += [opening.private for opening in self.evidence.openings.values()]
        said += [one.said.model_dump(mode="json") for one in self.signed]
        said += [self.evidence.report.parameters, [leaf.time for leaf in self.leaves.values()]]
        for digest, envelope in self.documents.items():
            title = self.title(digest)
            said.append([title, f"{title} v{envelope.number}", f"{title}, version {envelope.number}"] if title else [])
        said += [list(self.names.values()), [leaf.actor for leaf in self.leaves.values()], list(ROLES.values())]
        said += [[words.label for words in kinds().values()], list(events().values())]
        texts = {text for one in said for text in _strings(one)}
        texts |= {time for text in texts if _ISO.match(text) for time in _times(text)}
        glyphs = [faces()[face] for face in (SANS, SERIF)]
        texts |= {printable(text, each) for text in texts if not text.isascii() for each in glyphs}
        return frozenset(map(without_space, texts))

    @cached_property
    def shorts(self) -> frozenset[str]:
        """The beginnings by which digests are told apart on pages."""
        return frozenset(short(digest) for digest in self.digests)

    def _seq(self, digest: str) -> int:
        leaf = self.frozen.get(digest)
        return leaf.seq if leaf else -1


def without_space(text: str) -> str:
    """Return a text without the white space at which lines are broken."""
    return "".join(text.split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from (str(key), label(str(key)))
            yield from _strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)


def _times(text: str) -> Iterator[str]:
    """Yield a time as pages print it: to the day, the minute, the second."""
    with suppress(ValueError):
        time = moment(text)
        yield from (told(time), day(time), second(time), second(time)[:16], second(time)[:10])


def stories_of(leaves: Iterable[Leaf]) -> dict[str, list[Leaf]]:
    """Return the entries about each job, of entries in ledger order."""
    stories: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        for subject in leaf.subjects:
            if subject.startswith("job:"):
                stories.setdefault(subject.removeprefix("job:"), []).append(leaf)
    return stories


def at(leaf: Leaf) -> str:
    """Return the time of an entry, to the second."""
    return second(moment(leaf.time))


def role(name: str) -> str:
    """Return a role as people read it."""
    return vocabulary.role(name)


def certificate_digest(pem: str) -> str:
    """Return the SHA-256 of a certificate's DER, in hexadecimal."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(SHA256()).hex()


def _payload(text: str) -> Any:
    return canonical.loads(dsse.peek(text.encode()).payload)


def _told(text: str) -> str:
    return dsse.peek(text.encode()).payload.decode()
