"""Page one's exceptions: those that follow from the evidence must be there, word for word, and no others may be.

A waiver that was used, a sign-off that was revoked, a missing signature, a refused act: leaving one out is the worst
that page one can do. What the kinds of documents and reports warn of besides is told in their own words.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations

from governance.proof.checks.facts import Signed
from governance.proof.formats import dsse
from governance.proof.formats.canonical import sha256
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import CONDITION_MET, DOCUMENT_REVOKED, PERMIT_ISSUED, REFUSALS
from governance.proof.history.passkeys import REASONS, read
from governance.proof.pages import findings, rebuilt
from governance.proof.pages.compare import BULLET, lined, shown
from governance.proof.pages.report import RECORDED, SIGNED, UNSIGNED, WITHDRAWN, Report
from governance.proof.pages.section_rows import aside
from governance.proof.pages.warned import Told, Warned
from governance.proof.reading.text import Element
from governance.proof.words import clauses, running_text
from governance.proof.words.gravity import Place, place
from governance.proof.words.printed import MONTHS
from governance.proof.words.running_text import FALLEN
from governance.proof.words.style import SERIF
from governance.proof.words.vocabulary import RETROSPECTIVE, ROLES, WAIVER

_DAY = rf"\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}}"
_ROLE = "(?:{0})(?: or (?:{0}))*".format("|".join(ROLES.values()))
_LACKING = rf"\d+ × {_ROLE}(?: and \d+ × {_ROLE})*|what its policy asks for"
_LAPSED = r"a review \([a-z ]{1,40}\) was due|a condition of a signature was due"
_STATUS = (
    (rf"in force from {_DAY} to {_DAY}: \d+ signatures?, as the policy asks", SIGNED, ""),
    (r"recorded; no signature is asked for", RECORDED, ""),
    (rf"not in force: \d+ signatures?; still missing: (?:{_LACKING})", UNSIGNED, "Signatures missing"),
    (rf"no longer in force: the agreement ran out on {_DAY}", WITHDRAWN, "Expired"),
    (rf"no longer in force: it lapsed on {_DAY}, when (?:{_LAPSED})", WITHDRAWN, "Lapsed"),
    (re.escape(running_text.OVERTAKEN_STATUS) + r"; \d+ signatures? stands? for what was begun under them", WITHDRAWN,
     "Overtaken"),
    (re.escape(running_text.REVOKED_STATUS), WITHDRAWN, "Revoked"),
)  # fmt: skip
"""how a standing is printed, the mark that goes with it, and the label under which page one tells of it"""
_LEADING = ("Not approved", "Not in force", "Not known", clauses.GAP)
"""labels of what incident reports and evidence maps tell first, in an order of their own"""
_ENDED = ("expired", "lapsed", "superseded", "signed with a compromised key", "revoked")


def standing(status: str) -> tuple[str, str] | None:
    """Return the mark of a standing as it is printed, and the label of its exception; None: no standing reads so."""
    for pattern, mark, label in _STATUS:
        if re.fullmatch(pattern, status):
            return mark, label
    name = status.removeprefix("not in force: ")
    if name != status and name in FALLEN:
        return WITHDRAWN if name in _ENDED else UNSIGNED, FALLEN[name]
    return None


def exceptions(report: Report, items: Sequence[Element]) -> list[Element]:
    """Compare the exceptions that every report on documents tells of; return the items that are none of these."""
    page = _Page(report)
    expected = list(page.all())
    left = list(expected)
    others: list[Element] = []
    for item in items:
        found = next((one for one in left if one.said_by(item)), None)
        if found is not None:
            left.remove(found)
        elif not page.general(item):
            others.append(item)
    _in_order(report, items, page.told.own)
    for one in left:
        if one.must:
            report.found.wrong(1, f"it does not tell of an exception that there is: {one.label}. {one.texts[0]}")
    strange = [one for one in others if _label(one) in page.LABELS | page.told.labels]
    if strange and any(page.named(digest) is None for digest in report.facts.documents):
        report.found.leave("page one", "exceptions on documents of kinds that this version does not know")
        return [one for one in others if one not in strange]
    for item in strange:
        report.found.wrong(1, f"it tells of an exception {_text(item)!r}, which the evidence does not")
        others.remove(item)
    return others


def _in_order(report: Report, items: Sequence[Element], own: Sequence[Warned]) -> None:
    """Compare the order of exceptions: first those that a report has of its own, the others by their gravity."""
    places = list[tuple[int, Place | None]]()
    for item in items:
        first = next((number for number, one in enumerate(own) if one.said_by(item)), len(own))
        if report.told is not None and not report.facts.dossier and _label(item) in _LEADING:
            first = -1
        first = -2 if _says(item, f"Demonstration. {running_text.DEMONSTRATION}") else first
        text = _text(item).removeprefix(f"{_label(item)}.")
        places.append((first, place(_label(item), text) if first == len(own) else None))
    for (before, item), after in zip(zip(places, items, strict=True), places[1:], strict=False):
        if _later(before, after):
            report.found.wrong(1, f"it warns of {_text(item)[:200]!r} before what is graver")


def _later(one: tuple[int, Place | None], other: tuple[int, Place | None]) -> bool:
    if one[0] != other[0] or one[1] is None or other[1] is None:
        return one[0] > other[0]
    return one[1] > other[1]


def exactly(report: Report, items: Sequence[Element], expected: Sequence[str], by: str) -> None:
    """Compare exceptions with those that follow: all of them, in order, and no other; `by` says from what."""
    if len(items) != len(expected):
        report.found.wrong(1, f"it tells of {len(items)} exceptions, {by} of {len(expected)}")
    for at, item in enumerate(items):
        said = expected[at] if at < len(expected) else "none there"
        if at >= len(expected) or not _says(item, said):
            report.found.wrong(1, f"it tells of an exception {item.text!r}, expected {said!r}")


def _label(item: Element) -> str:
    return _text(item).partition(".")[0]


def _text(item: Element) -> str:
    return item.text.removeprefix(f"{BULLET} ")


def _says(item: Element, expected: str) -> bool:
    return item.lines[:1] == [BULLET] and lined(item.lines[1:], shown(expected, SERIF))


class _Page:
    """What page one must tell of, of one report."""

    LABELS = frozenset(
        {*FALLEN.values(), "Demonstration", "Compromised passkey", "Waived", "Retrospective overdue", "Refused",
         "Erased", findings.OPEN, "Condition not met", "Signature does not count"}
    )  # fmt: skip
    """of exceptions that follow from the evidence"""

    def __init__(self, report: Report) -> None:
        self.report, self.facts = report, report.facts

    def all(self) -> Iterator[Warned]:
        if any(key.demo for key in self.facts.keyring.entries):
            yield Warned("Demonstration", (running_text.DEMONSTRATION,))
        yield from self._compromised()
        yield from self._revoked()
        yield from self._waived()
        for digest in self.facts.documents:
            yield from self._stands(digest)
            yield from self._unmet(digest)
        yield from self._kinds()
        yield from self.told.all
        for one in findings.of(self.facts):
            if one.closing is None and (texts := findings.open_texts(self.facts, one)):
                yield Warned(findings.OPEN, tuple(text + self.facts.see(one.record) for text in texts))
        if refused := self.facts.of(*REFUSALS):
            yield Warned("Refused", (running_text.refused(len(refused), moment(refused[-1].time)),))
        opened = self.facts.evidence.openings
        gone = [one.seq for one in self.facts.ordered if one.commitment is not None and str(one.seq) not in opened]
        if gone:
            yield Warned("Erased", (running_text.erased(gone),))

    @cached_property
    def told(self) -> Told:
        """What follows from what other pages print, and from signatures."""
        return Told(self.report, self._overtaken)

    def general(self, item: Element) -> bool:
        """Return whether an item tells of what the evidence leaves open: a standing that is printed nowhere else."""
        text = _text(item)
        for digest in self.facts.documents:
            which = self.named(digest)
            if which is None:
                continue
            lead = shown(f"Signature does not count. On the {which}: ", SERIF)
            if "".join(text.split()).startswith("".join(lead.split())):
                self.report.found.leave("page one", "why signatures do not count")
                return True
            if self._status(digest) is None:
                head = "".join(shown(f"{_label(item)}. The {which} is ", SERIF).split())
                if "".join(text.split()).startswith(head):
                    self.report.found.leave("page one", "the standing of what is not printed one by one")
                    return True
        return False

    def named(self, digest: str) -> str | None:
        title, label = self.facts.title(digest), self.facts.label(digest)
        return None if title is None or label is None else running_text.named(label, title)

    @cached_property
    def _aside(self) -> dict[str, tuple[str, str]]:
        """Why each document beside the lineage is told of, and its standing, as printed."""
        return aside(self.report)

    def _status(self, digest: str) -> str | None:
        """Return the standing of a document as it is printed; None where it is not."""
        own = self.report.standing.get(digest)
        return own if own is not None else self._aside.get(digest, ("", None))[1]

    def _signers(self, digest: str) -> list[Signed]:
        return [one for one in self.facts.signed if digest in {each.digest for each in one.statement.subjects}]

    def _compromised(self) -> Iterator[Warned]:
        facts, known = self.facts, read(self.facts.ordered)
        issued = {str(leaf.data.get("permit")): leaf for leaf in facts.of(PERMIT_ISSUED)}
        sealed = [(t, sha256(t.encode())) for t in facts.evidence.permits]
        envelopes = [
            (text, issued[digest].seq, running_text.permit_of(permit.number))
            for (text, digest), (_, permit) in zip(sealed, facts.permits, strict=True)
            if digest in issued
        ]
        for one in facts.signed:
            said = one.said
            history = known.get(said.passkey or "")
            if said.passkey is None:
                envelopes.append((one.envelope, one.leaf.seq, running_text.signed_by_server(said.printed_name)))
            elif history and (back := history.reached(seq=one.leaf.seq, at=moment(one.leaf.time))):
                reason = REASONS[back.reason]
                text = running_text.passkey_fell(said.printed_name, one.leaf.seq, back.seq, reason)
                yield Warned("Compromised passkey", (text,))
        for envelope, seq, what in envelopes:
            entry = facts.keyring.entry(dsse.peek(envelope.encode()).keyid)
            if entry is not None and entry.compromised_at(seq):
                yield Warned("Compromised key", (running_text.compromised(what, seq, entry.compromised_since),))

    def _revoked(self) -> Iterator[Warned]:
        for leaf in self.facts.of(DOCUMENT_REVOKED):
            reason, who = self.facts.private(leaf).get("reason"), self.facts.who(leaf.actor)
            for digest in leaf.subjects:
                which, status = self.named(digest) if digest in self.facts.documents else None, self._status(digest)
                if which is None:
                    self.report.found.leave("page one", f"the revocation in ledger entry {leaf.seq}")
                    continue
                anew = {True, False} if status is None else {(standing(status) or ("", ""))[0] == SIGNED}
                texts = (running_text.revoked(which, leaf.seq, who, reason, anew=one) for one in sorted(anew))
                yield Warned("Revoked", tuple(text + self.facts.see(digest) for text in texts))

    def _waived(self) -> Iterator[Warned]:
        facts = self.facts
        lineage = [facts.documents[d] for d in facts.depths if d in facts.documents]
        used = {link.digest for each in lineage for link in each.references if link.role == "waiver"}
        used |= {str(d) for leaf in facts.of(PERMIT_ISSUED) for d in leaf.data.get("waivers", ())}
        for digest, envelope in facts.documents.items():
            if envelope.kind != WAIVER:
                continue
            body, title = envelope.body, str(facts.title(digest))
            if digest in used:
                until = moment(str(body["expires_at"]))
                texts = [
                    running_text.waived(title, body["checks"], names, until, str(body["reason"]), str(body["risk"]))
                    for names in self._counted(digest)
                ]
                yield Warned("Waived", tuple(text + self.facts.see(digest) for text in texts))
            due = moment(str(body["retrospective_due"]))
            now = moment(facts.last.time) if facts.last is not None else None
            if now is not None and due <= now and not self._looked_back(digest):
                text = running_text.overdue(title, due) + self.facts.see(digest)
                yield Warned("Retrospective overdue", (text,), must=self._agreed(digest))

    def _counted(self, digest: str) -> Iterator[tuple[str, ...]]:
        """Yield the names that may be those whose signatures count: of as many as the printed standing says."""
        people = [self.facts.who(one.said.signer) for one in self._signers(digest)]
        told = re.match(r"in force from .+: (\d+) signatures?,", self._status(digest) or "")
        sizes = [int(told[1])] if told else range(min(len(people), 8), -1, -1)
        for size in sizes:
            yield from combinations(people[:8], size)

    def _agreed(self, digest: str) -> bool:
        """Return whether a document is printed as one that was agreed at some time."""
        found = standing(self._status(digest) or "")
        return found is not None and (found[0] == SIGNED or found[1] in ("Expired", "Lapsed", "Overtaken"))

    def _looked_back(self, waiver: str) -> bool:
        for digest, envelope in self.facts.documents.items():
            named = {link.digest for link in envelope.references}
            if envelope.kind == RETROSPECTIVE and waiver in named:
                found = standing(self._status(digest) or "")
                if found is None or found[0] == SIGNED or found[1] in ("Expired", "Overtaken"):
                    return True
        return False

    def _stands(self, digest: str) -> Iterator[Warned]:
        status, which = self._status(digest), self.named(digest)
        found = standing(status) if status is not None else None
        if status is not None and found is None:
            self.report.found.wrong(1, f"a document is printed as {status!r}, and no standing reads so")
        if status is None or which is None or found is None or found[1] in ("", "Revoked"):
            return
        why = self._aside.get(digest, ("", ""))[0]
        aside = bool(why) and (
            "".join(why.split()) != "".join(running_text.POLICY_ASIDE.split()) or found[1] == "Overtaken"
        )
        if not aside and digest not in self._overtaken:
            yield Warned(found[1], (running_text.stands(which, status) + self.facts.see(digest),))

    def _kinds(self) -> Iterator[Warned]:
        """Yield what the documents of the lineage themselves warn of, by the rules of their kinds."""
        for digest in self.facts.depths:
            if digest in self.facts.documents and digest not in self._overtaken:
                for notice in rebuilt.warned(self.report, digest):
                    yield Warned(notice.label, (notice.text + self.facts.see(digest),))

    @cached_property
    def _overtaken(self) -> frozenset[str]:
        """The earlier versions that are told of for comparison alone: the subject rests on none of them."""
        facts = self.facts
        resting, newest = facts.lineage, dict[str, int]()
        printed: list[tuple[str, Envelope]] = [(d, facts.documents[d]) for d in facts.depths if d in facts.documents]
        for _, envelope in printed:
            newest[envelope.series] = max(newest.get(envelope.series, 0), envelope.number)
        return frozenset(d for d, each in printed if d not in resting and each.number < newest[each.series])

    def _unmet(self, digest: str) -> Iterator[Warned]:
        which, signed = self.named(digest), self._signers(digest)
        if which is None:
            return
        met = {str(leaf.data.get("condition")) for leaf in self.facts.of(CONDITION_MET)}
        revoked = max((leaf.seq for leaf in self.facts.of(DOCUMENT_REVOKED) if digest in leaf.subjects), default=-1)
        told = re.match(r"in force from .+: (\d+) signatures?,", self._status(digest) or "")
        valid = [one for one in signed if one.leaf.seq > revoked]
        every = told is not None and int(told[1]) == len(valid) and len({one.said.request for one in valid}) == 1
        for one in signed:
            for condition in one.said.conditions:
                if condition.kind == "gate" and condition.id not in met:
                    text = running_text.unmet(which, condition.text) + self.facts.see(digest)
                    yield Warned("Condition not met", (text,), must=every and one in valid)
