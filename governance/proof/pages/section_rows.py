"""What each section of a report must say, row by row, as it follows from the evidence.

Each function compares one section. What a section says beyond its tables is noted as not compared.
"""

import re
from collections.abc import Sequence

from governance.proof.checks.facts import Facts, Signed, at, role
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import KeyEntry
from governance.proof.formats.leaf import (
    DOCUMENT_FROZEN,
    FILE_ATTACHED,
    JOB_CANCELLED,
    JOB_ENDED,
    JOB_REFUSED,
    PERMIT_ISSUED,
    REFUSALS,
    ROLE_GRANTED,
    ROLE_REVOKED,
    Leaf,
)
from governance.proof.formats.permit import Permit
from governance.proof.formats.statement import SignoffPredicate
from governance.proof.pages.compare import Comparison, Expected, head_of, rows_of, says, tables_of
from governance.proof.pages.report import BRIEF, ONE_BY_ONE, Report
from governance.proof.reading.text import Element
from governance.proof.words import running_text
from governance.proof.words.printed import capital, count, plural, second, short
from governance.proof.words.printed import moment as told
from governance.proof.words.vocabulary import HAPPENED, ON_RECORD, brief

SIGNED_BY = ["Signed by", "Meaning and reason", "Time (UTC)", "Method"]
SIGNATURES = ["Entry", "Signed by", "Documents", "Meaning, “reason”, what was opened", "Time (UTC)", "Method"]
SIGNERS = ["Entry", "Signer", "On record", "By", "Time (UTC)"]
REFUSED = ["Entry", "When and who", "Act", "Check", "Found", "Expected"]
PEOPLE = ["Entry", "Time (UTC)", "Person", "Role", "What"]
OTHERS = ["Document", "Title", "SHA-256", "Why it is here", "Standing"]
ENTRIES = ["Entry", "Time (UTC)", "Event", "By", "About"]
KEYS = ["Purpose", "Algorithm", "Key", "Counts", "Demo"]
ATTACHED = ["Document", "File", "Type", "Bytes", "SHA-256", "Entry"]
BELOW = ["Steps", "Document", "Names it as", "Frozen by", "Time (UTC)", "Digest"]
CONDITIONS = ["Condition", "Kind", "Owner", "Due (UTC)"]
HEADS = (SIGNED_BY, SIGNATURES, SIGNERS, REFUSED, PEOPLE, OTHERS, ENTRIES, KEYS, ATTACHED, BELOW, CONDITIONS)
"""heads of tables that belong in their own sections and nowhere else"""
_ELSEWHERE = re.compile(r"In projects, ([0-9,]+ documents?) more rest on it\. .*")


def both_names(said: SignoffPredicate) -> str:
    """Return who signed and, of a delegate, for whom."""
    return f"{said.printed_name} for {said.on_behalf_of.printed_name}" if said.on_behalf_of else said.printed_name


def signature_rows(signed: Sequence[Signed]) -> list[list[Expected]]:
    """Return the rows of one document's signatures; whether each counts is not told by the evidence."""
    rows: list[list[Expected]] = []
    for one in signed:
        said = one.said
        words = f"{said.meaning} “{said.reason}”" if said.reason else said.meaning
        who = f"{both_names(said)} {capital(role(said.role))}"
        rows.append([who, words, told(moment(said.time)).replace(", ", " "), said.method.label])
    return rows


def signatures(facts: Facts, section: Element, found: Comparison) -> None:
    """Every sign-off of the evidence, and what is on record of the signers."""
    rows = []
    for one in facts.signed:
        said, about = one.said, [subject.digest for subject in one.statement.subjects]
        opened = len(set(said.opened).intersection(about))
        rows.append(
            [
                count(one.leaf.seq),
                f"{said.printed_name}, {role(said.role)}",
                facts.called(about),
                f"{said.meaning} “{said.reason}” Opened {opened} of {len(about)}.",
                at(one.leaf),
                said.method.label,
            ]
        )
    found.table(section, SIGNATURES, rows, "the table of signatures")
    signers = {f"user:{one.said.signer}" for one in facts.signed}
    recorded = [
        [
            count(leaf.seq),
            facts.who(leaf.subjects[0].removeprefix("user:")),
            ON_RECORD[leaf.event],
            facts.who(leaf.actor),
            at(leaf),
        ]
        for leaf in facts.of(*ON_RECORD)
        if leaf.subjects[0] in signers
    ]
    found.table(section, SIGNERS, recorded, "the table of what is on record of the signers")
    where = BRIEF if facts.evidence.report.kind in brief() else ONE_BY_ONE
    words = [
        running_text.signatures(where),
        running_text.SIGNATURES_TABLE,
        *([] if rows else [running_text.NONE_RECORDED]),
    ]
    found.prose(section, [*words, *([running_text.SIGNERS_TABLE] if recorded else [])], "signatures")


def runs(facts: Facts, section: Element, found: Comparison) -> None:
    """Every job with its permits and what happened."""
    expected: list[list[tuple[str, Expected]]] = []
    issued = {str(leaf.data.get("permit")): leaf for leaf in facts.of(PERMIT_ISSUED)}
    attempts: dict[str, list[tuple[str, Permit]]] = {}
    for digest, permit in facts.permits:
        attempts.setdefault(permit.job, []).append((digest, permit))
    for job, story in facts.stories():
        # A launch that is armed waits for its last check: it is told of before it is admitted.
        admitted = next((leaf for leaf in story if "spec" in leaf.data and "purpose" in leaf.data), None)
        if admitted is None or str(admitted.data["spec"]) not in facts.depths:
            continue
        expected.append(_job(facts, job, story, admitted))
        own = sorted(attempts.pop(job, []), key=lambda one: issued[one[0]].seq if one[0] in issued else -1)
        expected += [_attempt(facts, digest, permit, story) for digest, permit in own]
    for left in attempts.values():
        found.wrong(section.page, f"the evidence holds a permit of job {left[0][1].job}, of which nothing is printed")
    found.prose(section, [running_text.RUNS if expected else running_text.NO_RUNS], "runs under permits")
    tables = list(tables_of(section))
    if len(tables) != len(expected):
        found.wrong(section.page, f"runs under permits has {len(tables)} tables, expected {len(expected)}")
        found.known.update(id(table) for table in tables)
        return
    for table, rows in zip(tables, expected, strict=True):
        found.facts(table, rows, f"runs under permits: {rows[0][0].lower()} {rows[0][1] or ''}".rstrip())


def _job(facts: Facts, job: str, story: Sequence[Leaf], admitted: Leaf) -> list[tuple[str, Expected]]:
    ended = [leaf for leaf in story if leaf.event in (JOB_ENDED, JOB_REFUSED, JOB_CANCELLED)]
    output = next((str(leaf.data["output"]) for leaf in ended if leaf.data.get("output")), "")
    outcome = "not ended at this checkpoint"
    if ended:
        outcome = f"{ended[-1].data.get('state') or ended[-1].event.rpartition(':')[2]}, ledger entry {ended[-1].seq}"
    title = facts.title(str(admitted.data["spec"]))
    first = story[0]
    rows: list[tuple[str, Expected]] = [
        ("Job", f"{admitted.data['purpose']}: {title}" if title else None),
        ("Identifier", job),
        ("Admitted", f"{at(first)}, by {facts.who(first.actor)}, ledger entry {first.seq}"),
        ("Outcome", outcome),
    ]
    if output in facts.numbers:
        made = facts.title(output)
        rows.append(("Made", f"{facts.numbers[output]} {made}" if made else None))
    return rows


def _attempt(facts: Facts, digest: str, permit: Permit, story: Sequence[Leaf]) -> list[tuple[str, Expected]]:
    own = [leaf for leaf in story if leaf.data.get("attempt") == permit.attempt]
    size = sum(entry.size for entry in permit.inputs)
    bounds = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(permit.bounds.items()))
    has_receipt = any(one.permit == permit.id for one in facts.receipts)
    return [
        ("Attempt", f"{permit.number}, permit {permit.id}"),
        ("Permit", digest),
        ("Inputs bound", f"{plural(len(permit.inputs), 'file', 'files')}, {size:,} bytes, by SHA-256"),
        ("Relied on", f"ledger entries {', '.join(map(str, permit.decisions)) or 'none'}"),
        ("Bounds", f"{bounds or 'none'}; to be consumed by {second(moment(permit.expires_at))}"),
        (
            "Receipt",
            "in the evidence" if has_receipt else "none: the permit was not consumed, or the attempt goes on",
        ),
        ("What happened", "; ".join(f"{at(leaf)} {_happened(facts, leaf)} ({leaf.seq})" for leaf in own)),
    ]


def _happened(facts: Facts, leaf: Leaf) -> str:
    reason, state = facts.private(leaf).get("reason"), leaf.data.get("state")
    return HAPPENED.get(leaf.event, leaf.event) + (f" as {state}" if state else "") + (f": {reason}" if reason else "")


def refusals(facts: Facts, section: Element, found: Comparison) -> None:
    """Every refusal with each reason; the act's name is not in the evidence."""
    rows: list[list[Expected]] = []
    for leaf in facts.of(*REFUSALS):
        findings = facts.private(leaf).get("findings") or [
            {"check": check, "found": "erased", "expected": "erased"} for check in leaf.data.get("checks", [])
        ]
        for place, one in enumerate(findings):
            lead: list[Expected] = ["", "", ""]
            if place == 0:
                lead = [count(leaf.seq), f"{at(leaf)} {facts.who(leaf.actor)}", None]
            rows.append([*lead, str(one["check"]).replace("_", " "), str(one["found"]), str(one["expected"])])
    found.table(section, REFUSED, rows, "the table of refusals")
    found.prose(section, [running_text.REFUSALS_TABLE, *([] if rows else [running_text.NO_REFUSALS])], "refusals")


def people(facts: Facts, section: Element, found: Comparison) -> None:
    """Every role given or taken back."""
    rows = []
    for leaf in facts.of(ROLE_GRANTED, ROLE_REVOKED):
        scope = "the project" if leaf.data.get("project") else "the organisation"
        given = "granted" if leaf.event == ROLE_GRANTED else "taken back"
        person = facts.who(leaf.subjects[0].removeprefix("user:"))
        rows.append(
            [
                count(leaf.seq),
                at(leaf),
                person,
                f"{role(str(leaf.data['role']))} in {scope}",
                f"{given} by {facts.who(leaf.actor)}",
            ]
        )
    found.table(section, PEOPLE, rows, "the table of roles")
    none = [] if rows else [running_text.NONE_RECORDED]
    found.prose(section, [running_text.PEOPLE_TABLE, *none], "signers and their roles")


def others(facts: Facts, section: Element, found: Comparison) -> None:
    """The documents beside the lineage: each once, in any order, since the reason it is there orders them."""
    named = {digest.removeprefix("sha256:"): digest for digest in facts.aside}
    said = [running_text.OTHERS_TABLE, *([] if named else [running_text.NONE])]
    found.prose(section, said, "policies and other documents")
    tables = [table for table in tables_of(section) if head_of(table) == OTHERS]
    rows = [row for table in tables for row in rows_of(table)[1:] if len(row) == len(OTHERS)]
    printed = ["".join(row[2].lines) for row in rows]
    if sorted(printed) != sorted(named):
        found.wrong(
            section.page, f"{len(rows)} documents beside the lineage are printed, expected {len(named)}, or others"
        )
        found.known.update(id(table) for table in tables)
        return
    for row in rows:
        if not any(says(row[3], why) for why in running_text.ASIDE):
            found.wrong(row[3].page, f"a document is here as {row[3].text!r}, which no report gives as a reason")
    expected: list[list[Expected]] = []
    for digest in printed:
        whole = named[digest]
        title = facts.title(whole)
        expected.append(
            [
                facts.label(whole),
                f"{title}, version {facts.documents[whole].number}" if title else None,
                digest,
                None,
                None,
            ]
        )
    found.table(section, OTHERS, expected, "policies and other documents")


def aside(report: Report) -> dict[str, tuple[str, str]]:
    """Return why each document beside the lineage is told of, and its standing, as printed."""
    found = {}
    for section in report.sections:
        for table in (table for table in tables_of(section) if head_of(table) == OTHERS):
            for row in rows_of(table)[1:]:
                if len(row) == len(OTHERS):
                    found["sha256:" + "".join(row[2].lines)] = (row[3].text, row[4].text)
    return found


def entries(facts: Facts, section: Element, found: Comparison) -> None:
    """Every entry that the evidence proves."""
    rows = [[count(leaf.seq), at(leaf), leaf.event, facts.who(leaf.actor), facts.about(leaf)] for leaf in facts.ordered]
    found.table(section, ENTRIES, rows, "the table of ledger entries")
    found.prose(section, [running_text.ENTRIES_TABLE], "ledger entries")


def keys(facts: Facts, section: Element, found: Comparison) -> None:
    """The keyring; the fingerprint is that of the first root, which leads to the one that was obtained elsewhere."""
    ring = facts.keyring
    now = ring.root.key.fingerprint
    rows: list[tuple[str, Expected]] = [("Root fingerprint", facts.fingerprint)]
    rows += [] if now == facts.fingerprint else [("Root in use", now)]
    rows += [("Log", ring.origin), ("Keyring", f"version {ring.number}, signed by the root key; in the evidence")]
    plain = [table for table in tables_of(section) if head_of(table) != KEYS]
    if len(plain) == 1:
        found.facts(plain[0], rows, "keys")
    else:
        found.wrong(section.page, f"found {len(plain)} tables of facts about the keys, expected one")
    listed = [[key.purpose, key.algorithm, key.keyid, _span(key), "yes" if key.demo else "no"] for key in ring.entries]
    found.table(section, KEYS, listed, "the table of keys")
    found.prose(section, [running_text.KEYS, running_text.KEYS_TABLE], "keys")


def _span(entry: KeyEntry) -> str:
    until = f" to {entry.until}" if entry.until is not None else ""
    stolen = f"; compromised since {entry.compromised_since}" if entry.compromised_since is not None else ""
    return f"from entry {entry.since}{until}{stolen}"


def attached(facts: Facts, section: Element, found: Comparison) -> None:
    """The files that were attached to the documents."""
    rows = [
        [
            facts.called(leaf.subjects),
            str(facts.private(leaf).get("name") or "name erased"),
            str(leaf.data["type"]),
            count(int(leaf.data["size"])),
            str(leaf.data["file"]).removeprefix("sha256:"),
            count(leaf.seq),
        ]
        for leaf in facts.of(FILE_ATTACHED)
    ]
    found.table(section, ATTACHED, rows, "the table of supporting files")
    found.prose(section, [running_text.ATTACHED_TABLE, *([] if rows else [running_text.NONE])], "supporting files")


def direct(report: Report) -> list[Leaf]:
    """Return the entries of the documents that are said to name the subject itself: that each is there was compared."""
    frozen = {short(digest): leaf for digest, leaf in report.facts.frozen.items()}
    tables = (table for section in report.sections for table in tables_of(section) if head_of(table) == BELOW)
    rows = (row for table in tables for row in rows_of(table)[1:] if len(row) == len(BELOW))
    found = ("".join(row[-1].lines) for row in rows if row[0].text == "1")
    return [frozen[name] for name in found if name in frozen]


def below(facts: Facts, section: Element, found: Comparison) -> None:
    """What rests on the subject: of such documents only the entry of their freezing is in the evidence."""
    frozen = {
        short(leaf.subjects[0]): leaf
        for leaf in facts.of(DOCUMENT_FROZEN)
        if leaf.subjects and leaf.subjects[0] != facts.subject
    }
    tables = [table for table in tables_of(section) if head_of(table) == BELOW]
    said: list[Expected] = [running_text.BELOW_TABLE, *([] if tables else [running_text.NOTHING_BELOW])]
    texts = [part.text for part in section.kids if part.tag == "P"]
    if len(texts) > len(said):
        number = _ELSEWHERE.fullmatch(texts[-1])
        said.append(running_text.elsewhere(number[1] if number else "no documents"))
        found.leave("What rests on it", "how many documents of other projects rest on it")
    found.prose(section, said, "what rests on it")
    expected: list[list[Expected]] = []
    for row in (row for table in tables for row in rows_of(table)[1:]):
        leaf = frozen.get("".join(row[-1].lines))
        if leaf is None:
            found.wrong(row[0].page, f"{row[-1].text!r} is said to rest on it, which no entry of the evidence records")
            found.known.update(id(table) for table in tables)
            return
        expected.append([None, None, None, facts.who(leaf.actor), at(leaf), short(leaf.subjects[0])])
    found.table(section, BELOW, expected, "the table of what rests on it")


def statement(facts: Facts, section: Element, found: Comparison) -> None:
    """The signed statement of a receipt."""
    own = facts.receipt
    tables = list(tables_of(section))
    if own is None or len(tables) != 1:
        found.wrong(section.page, f"found {len(tables)} tables on the signed statement, expected one on a sign-off")
        return
    said = own.said
    policy = "the founding rule" if said.policy is None else None
    if said.policy in facts.documents:
        policy = facts.title(str(said.policy))
    rows: list[tuple[str, Expected]] = [
        ("Covers", capital(said.covers) if said.covers else "unknown"),
        ("Policy", policy),
        ("Policy’s digest", said.policy or "none"),
        ("Request", said.request),
        ("Ledger seen", plural(said.ledger.size, "entry", "entries")),
        ("Its root", said.ledger.root),
        ("Ledger entry", str(own.leaf.seq)),
        ("Statement", own.statement.digest),
        ("What was shown", said.presented or "not recorded"),
        ("Files attached", ", ".join(said.attachments) or "none"),
        ("Relied on", ", ".join(said.relied_on) or "no other signature"),
    ]
    found.facts(tables[0], rows, "the signed statement")
    found.prose(section, [running_text.STATEMENT], "the signed statement")


def conditions(facts: Facts, section: Element, found: Comparison) -> None:
    """What an approval depends on."""
    said = facts.receipt.said if facts.receipt else None
    rows = [
        [
            one.text,
            "before anything may rest on it" if one.kind == "gate" else "task",
            facts.who(one.owner) if one.owner else "",
            told(moment(one.due)) if one.due else "",
        ]
        for one in (said.conditions if said else [])
    ]
    found.table(section, CONDITIONS, rows, "the table of conditions")
    found.prose(section, [running_text.CONDITIONS_TABLE], "conditions")


def looked_at(facts: Facts, section: Element, found: Comparison) -> None:
    """What the signer opened and which cases they reviewed."""
    said = facts.receipt.said if facts.receipt else None
    tables = list(tables_of(section))
    expected: list[list[list[Expected]]] = []
    captions: list[Expected] = []
    if said is not None:
        captions += [running_text.OPENED_TABLE] if said.opened else []
        for one in said.samples:
            captions.append(running_text.cases_reviewed(one.document, one.seed))
            captions += [] if one.opinions else [running_text.NONE_RECORDED]
        expected += [[[digest] for digest in said.opened]] if said.opened else []
        expected += [[[one.case, one.opinion, one.note] for one in sample.opinions] for sample in said.samples]
    found.prose(section, captions, "what the signer looked at")
    expected = [rows for rows in expected if rows]
    if len(tables) != len(expected):
        found.wrong(section.page, f"found {len(tables)} tables of what the signer looked at, expected {len(expected)}")
        return
    for table, rows in zip(tables, expected, strict=True):
        found.rows(table, rows, "what the signer looked at")


def verifying(_: Facts, section: Element, found: Comparison) -> None:
    """How a reader checks the report: the same words and commands in every one."""
    said = [line for part in running_text.VERIFY for line in ((part,) if isinstance(part, str) else part)]
    found.prose(section, said, "how to verify")


LINEAGE = {
    "Signatures": signatures,
    "Supporting files": attached,
    "Runs under permits": runs,
    "Refusals": refusals,
    "What rests on it": below,
    "Policies and other documents": others,
    "Signers and their roles": people,
    "Ledger entries": entries,
    "Keys": keys,
}
"""the sections that every report on a document has, by title"""
RECEIPT = {"The signed statement": statement, "Keys": keys}
ASIDE = {"What the signer looked at": looked_at, "Conditions": conditions}
"""the sections of a receipt that are there where there is something to tell"""
