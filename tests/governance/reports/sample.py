"""A realistic lineage of fifteen documents, as design §1 draws it, for the tests of the reports."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from governance.proof.charts.figures import ChartRow, IntervalChart
from governance.proof.charts.intervals import Interval
from governance.proof.sections.blocks import Column, DataTable, Fact, FactsTable, Notice, Paragraph, Value
from governance.reports.model import Edge, Node, ReportData, Section, SignatureLine, Standing

START = datetime(2026, 6, 1, 8, 0, 0, tzinfo=UTC)
EVIDENCE = b'{"format":"countersign-evidence/1"}'
SIGNERS = ("Ada Okonkwo", "Łukasz Żółtowski", "Μαρία Παπαδοπούλου", "Наталия Щербакова", "Nguyễn Thị Hạnh")


def digest(name: str) -> str:
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def signature(who: int, hours: int, meaning: str, role: str = "Compliance officer", reason: str = "") -> SignatureLine:
    return SignatureLine(
        printed_name=SIGNERS[who],
        role=role,
        meaning=meaning,
        at=START + timedelta(hours=hours, minutes=7, seconds=who),
        method="server-attested (password)",
        reason=reason or "Cases reviewed against the coding guideline; slices are those agreed in the use case.",
    )


PLAN = (
    signature(0, 30, "I approve this as the basis for accepting or rejecting a tuned model"),
    signature(2, 33, "I approve this as the basis for accepting or rejecting a tuned model", "Domain expert"),
)

# By name: kind, title, number, depth, standing, signatures.
DOCUMENTS: dict[str, tuple[str, str, int, int, Standing, tuple[SignatureLine, ...]]] = {
    "release": ("Release", "ICD-10 chapter coder 1.0", 1, 0, Standing.SIGNED, (signature(1, 90, "I approve release"),)),
    "result": ("Evaluation result", "Tuned model on the holdout, April 2026", 1, 1, Standing.RECORDED, ()),
    "evaluation": ("Evaluation specification", "Holdout evaluation of the tuned model", 1, 2, Standing.RECORDED, ()),
    "record": ("Run record", "LoRA r 16 on SmolLM2-135M-Instruct", 1, 2, Standing.RECORDED, ()),
    "run": ("Run specification", "LoRA r 16, 150 steps, seed 7", 2, 3, Standing.RECORDED, ()),
    "baseline": ("Evaluation result", "Base model with the best prompt", 1, 3, Standing.RECORDED, ()),
    "thresholds": ("Acceptance thresholds", "Chapter coding, standard preset", 3, 4, Standing.SIGNED, PLAN),
    "dataset": ("Dataset", "ICD-10-CM inclusion terms, release of April 2026", 2, 4, Standing.SIGNED, PLAN[:1]),
    "quality": ("Quality report", "Inclusion terms against the holdout", 1, 4, Standing.RECORDED, ()),
    "model": ("Base model", "SmolLM2-135M-Instruct", 1, 4, Standing.RECORDED, ()),
    "decision": ("Decision record", "Tune rather than prompt: output format", 1, 4, Standing.UNSIGNED, ()),
    "set": ("Evaluation set", "Holdout: common, high-value, vague phrases and red-team", 2, 5, Standing.SIGNED, PLAN),
    "rubric": ("Rubric", "Exact chapter as valid JSON", 1, 5, Standing.SIGNED, PLAN),
    "contract": (
        "Data contract",
        "Public-domain coding terms",
        1,
        5,
        Standing.WITHDRAWN,
        (replace(signature(3, 12, "I approve the use of this source", "Data owner"), standing="revoked 3 June 2026"),),
    ),
    "case": (
        "Use case",
        "Medical coding triage",
        1,
        5,
        Standing.SIGNED,
        (signature(4, 2, "I approve", "Project owner"),),
    ),
}

REFERENCES = (
    ("release", "result", "result"),
    ("release", "record", "run record"),
    ("result", "evaluation", "specification"),
    ("result", "baseline", "baseline"),
    ("result", "thresholds", "thresholds"),
    ("evaluation", "record", "subject"),
    ("evaluation", "thresholds", "thresholds"),
    ("record", "run", "run specification"),
    ("run", "baseline", "baseline"),
    ("run", "thresholds", "thresholds"),
    ("run", "dataset", "dataset"),
    ("run", "quality", "quality report"),
    ("run", "model", "base model"),
    ("run", "decision", "decision record"),
    ("baseline", "model", "subject"),
    ("baseline", "thresholds", "thresholds"),
    ("thresholds", "set", "evaluation set"),
    ("thresholds", "rubric", "rubric"),
    ("dataset", "contract", "contract"),
    ("quality", "dataset", "dataset"),
    ("quality", "set", "evaluation set"),
    ("decision", "case", "use case"),
)


def nodes() -> tuple[Node, ...]:
    made = []
    for place, (name, (kind, title, number, depth, standing, signatures)) in enumerate(DOCUMENTS.items()):
        status = {
            Standing.SIGNED: f"in force: {len(signatures)} of {len(signatures)} signatures",
            Standing.UNSIGNED: "not in force: 0 of 1 signatures; a compliance officer has yet to sign",
            Standing.WITHDRAWN: "no longer in force: sign-off revoked by the data owner",
            Standing.RECORDED: "recorded by a permitted process; the policy asks for no signature",
        }[standing]
        made.append(
            Node(
                digest=digest(name),
                kind=kind,
                title=title,
                number=number,
                author="Ben Iversen" if place % 4 else None,
                created_at=START + timedelta(hours=place),
                signatures=signatures,
                status=status,
                depth=depth,
                standing=standing,
                facts=(Fact("Contributors", "Ben Iversen, Carla Núñez"),) if place % 3 == 0 else (),
            )
        )
    return tuple(made)


def edges() -> tuple[Edge, ...]:
    return tuple(Edge(digest(source), digest(target), role) for source, target, role in REFERENCES)


def interval(value: str, low: str, high: str) -> Interval:
    return Interval(Decimal(value), Decimal(low), Decimal(high))


def ledger_events(count: int) -> DataTable:
    events = ("document:document:frozen", "signoff:document:signed", "gate:run:refused", "permit:attempt:consumed")
    rows: list[tuple[Value, ...]] = [
        (seq, START + timedelta(minutes=seq * 11), events[seq % 4], SIGNERS[seq % 5], digest(str(seq))[7:19])
        for seq in range(count)
    ]
    columns = (
        Column("Seq", 6, "right"),
        Column("Time (UTC)", 25),
        Column("Event", 27),
        Column("By", 24),
        Column("Subject", 16, code=True),
    )
    return DataTable("Events that this report relies on, in ledger order.", columns, tuple(rows))


def sections(events: int = 24) -> tuple[Section, ...]:
    base = Section(
        "The base model",
        (
            Paragraph("What the tuned model stands on. A date the vendor has not published is unknown, never assumed."),
            FactsTable(
                (
                    Fact("Model", "SmolLM2-135M-Instruct"),
                    Fact("Licence", "Apache-2.0"),
                    Fact("Parameters", "135 million"),
                    Fact("Training withdrawn", None),
                    Fact("Retired", None),
                    Fact("Date checked", START),
                    Fact("Weights", digest("weights"), code=True),
                )
            ),
        ),
    )
    chart = IntervalChart(
        "Exact match by slice, with 95 % intervals",
        (
            ChartRow(
                "All cases", interval("0.000", "0.000", "0.013"), interval("0.583", "0.527", "0.638"), Decimal("0.55")
            ),
            ChartRow(
                "Common", interval("0.000", "0.000", "0.025"), interval("0.642", "0.561", "0.716"), Decimal("0.60")
            ),
            ChartRow("High-value", interval("0.020", "0.004", "0.105"), interval("0.540", "0.404", "0.670")),
            ChartRow("Failure-prone: answer “escalate”", None, interval("0.310", "0.191", "0.460"), Decimal("0.50")),
            ChartRow(
                "Valid format",
                interval("0.417", "0.362", "0.473"),
                interval("1.000", "0.987", "1.000"),
                Decimal("0.98"),
            ),
        ),
    )
    verdicts = DataTable(
        "The verdict on each signed threshold. A hard threshold releases only on PASS.",
        (
            Column("Metric", 22),
            Column("Slice", 18),
            Column("Asked for", 14),
            Column("Measured", 12, "right"),
            Column("Bound", 10, "right"),
            Column("n", 7, "right"),
            Column("Verdict", 17),
        ),
        (
            ("Exact match", "All cases", "at least 55 %", "58.3 %", "53.6 %", 300, "INCONCLUSIVE"),
            ("Exact match", "Common", "at least 60 %", "64.2 %", "57.4 %", 150, "INCONCLUSIVE"),
            ("Exact match", "Failure-prone", "at least 50 %", "31.0 %", "20.7 %", 42, "FAIL"),
            ("Valid format", "All cases", "at least 98 %", "100.0 %", "99.1 %", 300, "PASS"),
            ("Macro F1", "All cases", "not below baseline", "0.512", None, 300, "PASS"),
        ),
    )
    results = Section(
        "Results and verdict",
        (
            Paragraph(
                "Measured on the signed evaluation set with the signed rubric, each case answered by both models."
            ),
            chart,
            verdicts,
        ),
    )
    return (base, results, Section("Ledger events", (ledger_events(events),)))


def report(events: int = 24) -> ReportData:
    return ReportData(
        title="ICD-10 chapter coder 1.0",
        kind="Lineage report",
        subject=digest("release"),
        subject_kind="Release",
        project="Medical coding triage",
        ledger_size=1284,
        checkpoint_root=digest("root")[7:],
        generated_at=START + timedelta(days=4, hours=3),
        proves=(
            "Who signed the evaluation set, rubric and thresholds, and that they did before training began.",
            "Which dataset, base model and code the run was permitted to use, by digest.",
            "That every event relied on here is in the ledger at this checkpoint.",
        ),
        does_not_prove=(
            "That nothing was left unrecorded: the log proves what is in it.",
            "That the model is fit for a use other than the one described.",
            "That the training machine ran nothing else; what it sent is called server-received.",
        ),
        exceptions=(
            Notice(
                "Revoked",
                "The data owner revoked the sign-off of the data contract on 3 June 2026.",
                digest("contract"),
            ),
            Notice("Missing signature", "The decision record has no signature in force.", digest("decision")),
            Notice("Unknown", "No retirement date has been published for the base model.", digest("model")),
        ),
        nodes=nodes(),
        edges=edges(),
        sections=sections(events),
        demo=True,
    )


def wide(count: int) -> ReportData:
    """A lineage of any size: each document rests on up to three later ones, as datasets and their sources do."""
    names = [f"document {index}" for index in range(count)]
    links = [(at, to) for at in range(count) for to in (at * 2 + 1, at * 2 + 2, at * 3 + 5) if to < count]
    depth = dict.fromkeys(range(count), count)
    depth[0] = 0
    for at, to in links:
        depth[to] = min(depth[to], depth[at] + 1)
    made = tuple(
        replace(nodes()[index % 15], digest=digest(name), title=name, depth=depth[index])
        for index, name in enumerate(names)
    )
    edges = tuple(Edge(digest(names[at]), digest(names[to]), "source") for at, to in sorted(set(links)))
    return replace(report(), subject=digest(names[0]), nodes=made, edges=edges, exceptions=())
