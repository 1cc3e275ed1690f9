"""Pages for evidence that tests make by hand: set by the real typesetter, told from the evidence alone."""

from datetime import datetime

from governance.proof.checks.evidence import Evidence
from governance.proof.checks.facts import Facts, role
from governance.proof.formats import dsse
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import base64_bytes, moment
from governance.proof.formats.keyring import KeyEntry, Keyring
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.note import Note
from governance.proof.pages.section_rows import KEYS, both_names
from governance.proof.sections.blocks import Column, DataTable, Fact, FactsTable, Paragraph
from governance.proof.words import running_text, watermark
from governance.proof.words.printed import capital
from governance.reports.build import build_pdf
from governance.reports.model import Node, ReportData, Section, SignatureLine
from governance.reports.model import Standing as Mark

LABEL = "Dossier"
STATUS = "not in force: not submitted for signature"


def facts_of(evidence: bytes, fingerprint: str) -> Facts:
    """Return the facts of evidence as it stands, nothing verified."""
    parsed = Evidence.from_bytes(evidence)
    ring = Keyring.model_validate_json(dsse.peek(parsed.keyring.encode()).payload)
    documents = {digest: Envelope.from_bytes(base64_bytes(text)) for digest, text in parsed.documents.items()}
    leaves = {entry.index: Leaf.from_bytes(base64_bytes(entry.leaf)) for entry in parsed.leaves}
    root = Checkpoint.from_text(Note.parse(parsed.checkpoint).text).root
    return Facts(parsed, root.hex(), fingerprint, ring, documents, leaves)


def pages(evidence: bytes, fingerprint: str) -> tuple[bytes, datetime, str]:
    """Return the unsealed report, the time of its seal and the reason that the seal states."""
    facts = facts_of(evidence, fingerprint)
    at = moment(facts.evidence.report.created_at)
    return build_pdf(told(facts), evidence), at, f"{LABEL} as of {facts.size} ledger entries"


def told(facts: Facts) -> ReportData:
    """Return a report of a kind that verifiers do not know, on the evidence's subject."""
    node = _node(facts)
    return ReportData(
        title="A dossier",
        kind=LABEL,
        subject=facts.subject,
        subject_kind="Thresholds",
        project="Test project",
        ledger_size=facts.size,
        checkpoint_root=facts.root,
        generated_at=moment(facts.evidence.report.created_at),
        proves=("What the tests need.",),
        does_not_prove=("Anything else.",),
        exceptions=(),
        nodes=(node,),
        edges=(),
        sections=(keys(facts),),
        drawn=False,
        mark=watermark.word(STATUS),
        demo=any(entry.demo for entry in facts.keyring.entries),
    )


def _node(facts: Facts) -> Node:
    envelope, frozen = facts.documents.get(facts.subject), facts.frozen.get(facts.subject)
    people = sorted(facts.who(person) for person in envelope.contributors) if envelope else []
    earlier = (Fact("Earlier version", envelope.previous),) if envelope and envelope.previous else ()
    signed = [one for one in facts.signed if facts.subject in {subject.digest for subject in one.statement.subjects}]
    label = facts.label(facts.subject) if envelope else None
    return Node(
        digest=facts.subject,
        kind=capital(label or "something"),
        title=(facts.title(facts.subject) if envelope else None) or "A document",
        number=envelope.number if envelope else 1,
        author=facts.who(frozen.actor) if frozen else None,
        created_at=moment(frozen.time) if frozen else None,
        signatures=tuple(
            SignatureLine(
                both_names(one.said), capital(role(one.said.role)), one.said.meaning, moment(one.said.time),
                one.said.method.label, one.said.reason,
            )
            for one in signed
        ),
        status=STATUS,
        depth=0,
        standing=Mark.UNSIGNED,
        facts=(
            Fact("Contributors", ", ".join(people) or "none"),
            Fact("Ledger entry", str(frozen.seq) if frozen else None),
            *earlier,
        ),
    )  # fmt: skip


def keys(facts: Facts) -> Section:
    """Return the section on the keyring."""
    ring = facts.keyring
    now = ring.root.key.fingerprint
    handed = () if now == facts.fingerprint else (Fact("Root in use", now, code=True),)
    rows = tuple((e.purpose, e.algorithm, e.keyid, _span(e), "yes" if e.demo else "no") for e in ring.entries)
    said = FactsTable(
        (
            Fact("Root fingerprint", facts.fingerprint, code=True),
            *handed,
            Fact("Log", ring.origin, code=True),
            Fact("Keyring", f"version {ring.number}, signed by the root key; in the evidence"),
        )
    )
    columns = tuple(Column(head, 40 if head == "Key" else 15, code=head == "Key") for head in KEYS)
    return Section("Keys", (Paragraph(running_text.KEYS), said, DataTable(running_text.KEYS_TABLE, columns, rows)))


def _span(entry: KeyEntry) -> str:
    until = f" to {entry.until}" if entry.until is not None else ""
    stolen = f"; compromised since {entry.compromised_since}" if entry.compromised_since is not None else ""
    return f"from entry {entry.since}{until}{stolen}"
