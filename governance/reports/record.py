"""The sections that tell what the ledger holds: signatures, runs, refusals, people, events, keys."""

from collections.abc import Iterable, Iterator, Mapping

from governance import access, events
from governance.proof.answers.standing_words import status
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import KeyEntry
from governance.proof.formats.leaf import REFUSALS, Leaf
from governance.proof.pages.report import BRIEF, ONE_BY_ONE
from governance.proof.sections.blocks import Block, Column, DataTable, Fact, FactsTable, Paragraph, Value
from governance.proof.words import running_text
from governance.proof.words.printed import second
from governance.proof.words.vocabulary import HAPPENED, ON_RECORD
from governance.reports import words
from governance.reports.gathered import Gathered
from governance.reports.model import Section
from governance.reports.runs import Permitted, Run

TIME = Column("Time (UTC)", 21)


def at(leaf: Leaf) -> str:
    """The time of an entry, to the second."""
    return second(moment(leaf.time))


def signatures(found: Gathered) -> Section:
    """Every electronic signature with printed name, role, meaning, reason, time and method (21 CFR 11.50)."""
    numbers = _numbers(found)
    rows = []
    for signoff in found.signoffs:
        said = signoff.statement.predicate
        about = [s.digest for s in signoff.statement.subjects]
        opened = len(set(said.opened).intersection(about))
        rows.append(
            (
                signoff.leaf.seq,
                f"{said.printed_name}, {access.ROLES.get(said.role, said.role)}",
                _documents(found, about, numbers),
                f"{said.meaning} “{said.reason}” Opened {opened} of {len(about)}.",
                at(signoff.leaf),
                said.method.label,
            )
        )
    columns = (
        Column("Entry", 6, "right"), Column("Signed by", 19), Column("Documents", 12),
        Column("Meaning, “reason”, what was opened", 34), Column("Time (UTC)", 13), Column("Method", 16),
    )  # fmt: skip
    blocks: list[Block] = [
        Paragraph(running_text.signatures(BRIEF if found.brief else ONE_BY_ONE)),
        DataTable(running_text.SIGNATURES_TABLE, columns, tuple(rows)),
    ]
    if (recorded := _signers(found)) is not None:
        blocks.append(recorded)
    return Section("Signatures", tuple(blocks))


def _signers(found: Gathered) -> DataTable | None:
    """What is on record of those who signed: by whom their identity was checked, what they declared, and when."""
    signed = {f"user:{signoff.statement.predicate.signer}" for signoff in found.signoffs}
    rows = tuple(
        (
            leaf.seq,
            found.who(leaf.subjects[0].removeprefix("user:")),
            ON_RECORD[leaf.event],
            found.who(leaf.actor),
            at(leaf),
        )
        for leaf in found.leaves.values()
        if leaf.event in ON_RECORD and leaf.subjects[0] in signed
    )
    columns = (
        Column("Entry", 6, "right"), Column("Signer", 24), Column("On record", 30), Column("By", 24),
        Column("Time (UTC)", 16),
    )  # fmt: skip
    return DataTable(running_text.SIGNERS_TABLE, columns, rows) if rows else None


def runs(found: Gathered) -> Section:
    """Jobs, their permits and how each attempt ended."""
    if not found.runs:
        return Section("Runs under permits", (Paragraph(running_text.NO_RUNS),))
    blocks: list[Block] = [Paragraph(running_text.RUNS)]
    numbers = _numbers(found)
    for run in found.runs:
        blocks.append(_job(found, run, numbers))
        blocks += [_attempt(found, permit) for permit in run.permits]
    return Section("Runs under permits", tuple(blocks))


def _job(found: Gathered, run: Run, numbers: Mapping[str, int]) -> FactsTable:
    ended = [leaf for leaf in run.story if leaf.event in (events.JOB_ENDED, events.JOB_REFUSED, events.JOB_CANCELLED)]
    output = next((str(leaf.data["output"]) for leaf in ended if leaf.data.get("output")), "")
    outcome = "not ended at this checkpoint"
    if ended:
        outcome = f"{ended[-1].data.get('state') or ended[-1].event.rpartition(':')[2]}, ledger entry {ended[-1].seq}"
    admitted = run.story[0]
    spec = run.job.spec_id
    rows = [
        Fact("Job", f"{run.job.purpose}: {found.papers[spec].title}", link=spec),
        Fact("Identifier", str(run.job.id), code=True),
        Fact("Admitted", f"{at(admitted)}, by {found.who(admitted.actor)}, ledger entry {admitted.seq}"),
        Fact("Outcome", outcome),
    ]
    if output in numbers:
        rows.append(Fact("Made", f"{numbers[output]}  {found.papers[output].title}", link=output))
    return FactsTable(tuple(rows))


def _attempt(found: Gathered, attempt: Permitted) -> FactsTable:
    permit = attempt.permit
    story = "; ".join(f"{at(leaf)} {_happened(found, leaf)} ({leaf.seq})" for leaf in attempt.story)
    size = sum(entry.size for entry in permit.inputs)
    decisions = ", ".join(map(str, permit.decisions)) or "none"
    receipt = "in the evidence" if attempt.receipt else "none: the permit was not consumed, or the attempt goes on"
    bounds = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(permit.bounds.items()))
    return FactsTable(
        (
            Fact("Attempt", f"{permit.number}, permit {permit.id}"),
            Fact("Permit", attempt.digest, code=True),
            Fact("Inputs bound", f"{words.plural(len(permit.inputs), 'file', 'files')}, {size:,} bytes, by SHA-256"),
            Fact("Relied on", f"ledger entries {decisions}"),
            Fact("Bounds", f"{bounds or 'none'}; to be consumed by {second(moment(permit.expires_at))}"),
            Fact("Receipt", receipt),
            Fact("What happened", story),
        )
    )


def _happened(found: Gathered, leaf: Leaf) -> str:
    reason = found.private(leaf).get("reason")
    state = leaf.data.get("state")
    return HAPPENED.get(leaf.event, leaf.event) + (f" as {state}" if state else "") + (f": {reason}" if reason else "")


def refusals(found: Gathered) -> Section:
    """What was tried and refused: by whom, and each reason as it was given."""
    numbers = _numbers(found)
    rows = [row for leaf in found.leaves.values() if leaf.event in REFUSALS for row in _refusal(found, leaf, numbers)]
    columns = (
        Column("Entry", 5, "right"), Column("When and who", 19), Column("Act", 19), Column("Check", 14),
        Column("Found", 24), Column("Expected", 19),
    )  # fmt: skip
    table = DataTable(running_text.REFUSALS_TABLE, columns, tuple(rows), running_text.NO_REFUSALS)
    return Section("Refusals", (table,))


def _refusal(found: Gathered, leaf: Leaf, numbers: Mapping[str, int]) -> Iterator[tuple[Value, ...]]:
    about = _about(found, leaf, numbers)
    name = str(leaf.data.get("action") or "permit.issue")
    act = access.ACTIONS[name].label if name in access.ACTIONS else name.replace(".", ": ")
    act += f": {about}" if about else ""
    first: tuple[Value, ...] = (leaf.seq, f"{at(leaf)} {found.who(leaf.actor)}", act)
    findings = found.private(leaf).get("findings") or [
        {"check": check, "found": "erased", "expected": "erased"} for check in leaf.data.get("checks", [])
    ]
    for place, finding in enumerate(findings):
        lead: tuple[Value, ...] = first if place == 0 else ("", "", "")
        yield (*lead, str(finding["check"]).replace("_", " "), str(finding["found"]), str(finding["expected"]))


def people(found: Gathered) -> Section:
    """Who the signers are and which roles they were given, when and by whom."""
    rows: list[tuple[Value, ...]] = []
    for leaf in found.leaves.values():
        if leaf.event in (events.ROLE_GRANTED, events.ROLE_REVOKED):
            person = leaf.subjects[0].removeprefix("user:")
            role = access.ROLES.get(str(leaf.data["role"]), str(leaf.data["role"]))
            scope = "the project" if leaf.data.get("project") else "the organisation"
            given = "granted" if leaf.event == events.ROLE_GRANTED else "taken back"
            rows.append(
                (leaf.seq, at(leaf), found.who(person), f"{role} in {scope}", f"{given} by {found.who(leaf.actor)}")
            )
    columns = (
        Column("Entry", 6, "right"), TIME, Column("Person", 30), Column("Role", 27), Column("What", 30),
    )  # fmt: skip
    return Section("Signers and their roles", (DataTable(running_text.PEOPLE_TABLE, columns, tuple(rows)),))


def others(found: Gathered) -> Section:
    """Documents that are proved here without being part of the lineage."""
    rows = [
        (
            p.label,
            f"{p.title}, version {p.envelope.number}",
            p.digest.removeprefix("sha256:"),
            p.why,
            status(p.standing),
        )
        for p in found.papers.values()
        if p.why
    ]
    columns = (
        Column("Document", 13), Column("Title", 20), Column("SHA-256", 24, code=True), Column("Why it is here", 22),
        Column("Standing", 21),
    )  # fmt: skip
    table = DataTable(running_text.OTHERS_TABLE, columns, tuple(rows), running_text.NONE)
    return Section("Policies and other documents", (table,))


def ledger_events(found: Gathered) -> Section:
    """Every entry that the evidence proves, in ledger order."""
    numbers = _numbers(found)
    rows = [
        (seq, at(leaf), leaf.event, found.who(leaf.actor), _about(found, leaf, numbers))
        for seq, leaf in found.leaves.items()
    ]
    columns = (
        Column("Entry", 6, "right"), Column("Time (UTC)", 19), Column("Event", 27), Column("By", 19),
        Column("About", 29),
    )  # fmt: skip
    return Section("Ledger entries", (DataTable(running_text.ENTRIES_TABLE, columns, tuple(rows)),))


def _about(found: Gathered, leaf: Leaf, numbers: Mapping[str, int]) -> str:
    digests = [subject for subject in leaf.subjects if subject.startswith("sha256:")]
    told = [_documents(found, digests, numbers)] if digests else []
    for subject in leaf.subjects:
        noun, _, name = subject.partition(":")
        if noun == "user":
            told.append(found.who(name))
        elif noun != "sha256":
            told.append(f"{noun} {name[:8]}")
    return ", ".join(told)


def _documents(found: Gathered, digests: Iterable[str], numbers: Mapping[str, int]) -> str:
    """Documents by their numbers, others by title, and by digest what is only counted."""
    listed = list(digests)
    told = [str(number) for number in sorted(numbers[digest] for digest in listed if digest in numbers)]
    titles = found.titles
    return ", ".join([*told, *(titles.get(d) or words.short(d) for d in listed if d not in numbers)])


def keys(found: Gathered) -> Section:
    """The keyring, the fingerprint of its first root, and the warning about where to get it."""
    ring = found.keyring
    rows = [
        (
            entry.purpose,
            entry.algorithm,
            entry.keyid,
            _span(entry),
            "yes" if entry.demo else "no",
        )
        for entry in ring.entries
    ]
    columns = (
        Column("Purpose", 13), Column("Algorithm", 14), Column("Key", 46, code=True), Column("Counts", 15),
        Column("Demo", 8),
    )  # fmt: skip
    return Section(
        "Keys",
        (
            Paragraph(running_text.KEYS),
            FactsTable(
                (
                    Fact("Root fingerprint", found.fingerprint, code=True),
                    *_handed_over(found),
                    Fact("Log", ring.origin, code=True),
                    Fact("Keyring", f"version {ring.number}, signed by the root key; in the evidence"),
                )
            ),
            DataTable(running_text.KEYS_TABLE, columns, tuple(rows)),
        ),
    )


def _span(entry: KeyEntry) -> str:
    until = f" to {entry.until}" if entry.until is not None else ""
    stolen = f"; compromised since {entry.compromised_since}" if entry.compromised_since is not None else ""
    return f"from entry {entry.since}{until}{stolen}"


def _handed_over(found: Gathered) -> list[Fact]:
    """Return the fingerprint of the root in use, where the first one has handed over."""
    now = found.keyring.root.key.fingerprint
    return [] if now == found.fingerprint else [Fact("Root in use", now, code=True)]


def supporting_files(found: Gathered) -> Section:
    """The files that were attached to the documents, by digest; the files themselves are not in this report."""
    numbers = _numbers(found)
    rows = [
        (
            _documents(found, leaf.subjects, numbers),
            str(found.private(leaf).get("name") or "name erased"),
            str(leaf.data["type"]),
            leaf.data["size"],
            str(leaf.data["file"]).removeprefix("sha256:"),
            leaf.seq,
        )
        for leaf in found.leaves.values()
        if leaf.event == events.FILE_ATTACHED
    ]
    columns = (
        Column("Document", 13), Column("File", 20), Column("Type", 7), Column("Bytes", 9, "right"),
        Column("SHA-256", 43, code=True), Column("Entry", 8, "right"),
    )  # fmt: skip
    table = DataTable(running_text.ATTACHED_TABLE, columns, tuple(rows), running_text.NONE)
    return Section("Supporting files", (table,))


def downstream(found: Gathered) -> Section:
    """What rests on the subject: what a change or a revocation of it would reach."""
    below, numbers = found.dependants, _numbers(found)
    titles = {d.row.digest: d.title for d in below.named}
    rows = [
        (
            d.depth,
            f"{d.row.kind.partition('.')[2].replace('_', ' ')}: {d.title}, version {d.row.number}",
            ", ".join(f"{role.replace('_', ' ')}: {titles.get(t) or f'document {numbers[t]}'}" for role, t in d.roles),
            found.who(found.leaves[d.row.seq].actor),
            at(found.leaves[d.row.seq]),
            words.short(d.row.digest),
        )
        for d in below.named
    ]
    columns = (
        Column("Steps", 6, "right"), Column("Document", 33), Column("Names it as", 25), Column("Frozen by", 16),
        Column("Time (UTC)", 13), Column("Digest", 15, code=True),
    )  # fmt: skip
    blocks: list[Block] = [DataTable(running_text.BELOW_TABLE, columns, tuple(rows), running_text.NOTHING_BELOW)]
    if below.elsewhere:
        count = words.plural(below.elsewhere, "document", "documents")
        blocks.append(Paragraph(running_text.elsewhere(count)))
    return Section("What rests on it", tuple(blocks))


def _numbers(found: Gathered) -> dict[str, int]:
    return {paper.digest: number for number, paper in enumerate(found.lineage, start=1)}
