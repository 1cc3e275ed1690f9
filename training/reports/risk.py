"""The retirement and continuity report: one page for a board, then every base model with its dates and its services."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from governance.access import ROLES
from governance.models import Document, Signature
from governance.proof.charts import assessments as charts
from governance.proof.charts.assessments import services
from governance.proof.charts.days import TimelineChart
from governance.proof.fields import moment
from governance.reports.parts import Block, Column, Heading, Notice, Paragraph, facts, table
from governance.selectors import documents as docs
from governance.selectors import statements
from training.bodies.risk import BaseRow, Counts, RiskAssessmentBody
from training.lifecycle.phrases import BANDS, chance, days, figure, summed, took
from training.reports.tuning import PHASES
from training.selectors import dependants, fallbacks
from training.selectors import risk as select

BANDED = {band: band for band in BANDS}
"""each band, as headings name it"""


def notices(_document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn on page one of services that are late, of what is unknown, and of what nobody can trace."""
    said = RiskAssessmentBody.model_validate(body)
    found = []
    if said.late:
        which = ", ".join(one.title for one in said.late[:4]) + (" and others" if len(said.late) > 4 else "")
        late = f"{services(len(said.late))} should have begun to requalify already: {which}."
        found.append(Notice("Latest start is over", late))
    if said.services.unknown:
        open_ = f"When {services(said.services.unknown)} will lose the base model is not known. That is not safe."
        found.append(Notice("Not known", open_))
    if said.unproven:
        stray = (
            f"{services(len(said.unproven))} cannot be traced to a release or run. They count, and are not approved."
        )
        found.append(Notice("Unproven origin", stray))
    return found


def sections(document: Document, body: dict[str, Any]) -> list[Block]:
    """Headline, decisions, timeline, vendors, moved dates and requalification; then each base model."""
    said = RiskAssessmentBody.model_validate(body)
    blocks: list[Block] = [*_board(said), *_moved(said), *_requalification(said)]
    covered = {plan.document.digest: plan for plan in fallbacks.plans(document.seq, moment(said.as_of))}
    bases = Document.objects.select_related("project", "series").in_bulk([row.digest for row in said.bases])
    content = select.content(said)
    for row in said.bases:
        line = select.detail(said, (row.begins, row.length), content)
        blocks += _base(row, line, bases[row.digest], covered, said, document.seq)
    stray = select.detail(said, said.stray, content)["dependants"]
    if stray:
        blocks += [Heading("Services of which no base model is known"), _services("They count as unknown.", stray)]
    return blocks


def _board(said: RiskAssessmentBody) -> Iterator[Block]:
    yield facts(
        ("As of", f"{moment(said.as_of):%-d %B %Y, %H:%M:%S} +00:00, ledger size {said.ledger_size}"),
        ("Services", _counts(said.services)),
        ("Past their latest start", services(len(said.late))),
        ("Of unproven origin", services(len(said.unproven))),
        ("Expected days without a model", summed(said.uncovered_days, "days")),
        (
            "Expected impact",
            ", ".join(summed(amount, code) for code, amount in said.impact.items()) or "not stated",
        ),
        ("Next look", said.next_review),
        ("A source is stale after", days(str(said.stale_days))),
    )
    yield Paragraph(
        "Red: the latest day to begin requalifying is over. Amber: it comes before the next look. Green: it comes "
        "later, by a fresh source; or the weights are held here, restored in a drill, and their licence allows it. "
        "Unknown is everything else, and never safe."
    )
    yield table(
        "What is asked of those who decide.",
        (Column("Decision", 100),),
        [(text,) for text in said.decisions],
        "Nothing today.",
    )
    yield timeline(said)
    yield table(
        "What hangs on each vendor.",
        (Column("Vendor", 40), Column("Base models", 15, "right"), Column("Services", 15, "right"),
         Column("Share", 15, "right"), Column("Worst", 15)),
        [(one.vendor, one.bases, one.services, chance(float(one.share)), one.worst) for one in said.vendors],
    )  # fmt: skip


def timeline(said: RiskAssessmentBody, most: int = charts.MOST_DRAWN) -> TimelineChart:
    """Return the drawing of every base model that services rest on, the gravest first, `most` at most."""
    return charts.timeline(said.model_dump(mode="json", include={"as_of", "bases"}), most)


def _moved(said: RiskAssessmentBody) -> Iterator[Block]:
    titles = {row.digest: row.title for row in said.bases}
    rows = [
        (titles[one.base], PHASES.get(one.phase, one.phase), one.channel,
         "first word" if one.first else one.before or "none", one.now or "none", one.source)
        for one in said.moved
    ]  # fmt: skip
    columns = (Column("Base model", 22), Column("What", 20), Column("Channel", 14), Column("Before", 13),
               Column("Now", 13), Column("Source", 18))  # fmt: skip
    yield table("Dates that were announced or moved since the assessment before.", columns, rows, "None moved.")


def _requalification(said: RiskAssessmentBody) -> Iterator[Block]:
    rows = [
        (one.stage, BASES[one.basis], one.complete, one.open, took(one, "p50"), took(one, "p80"), took(one, "p95"))
        for one in said.requalification
    ]
    columns = (Column("Stage", 14), Column("From", 22), Column("Done", 10, "right"), Column("Open", 10, "right"),
               Column("Even chance", 14, "right"), Column("80 of 100", 14, "right"),
               Column("95 of 100", 14, "right"))  # fmt: skip
    yield table("How long requalifying takes, without waiting for people or machines.", columns, rows)
    given = said.simulated
    yield Paragraph(
        f"Waiting is simulated: {given.runs} futures with the seed {given.seed}, which follows from the ledger; "
        f"{given.signers} people sign, {given.data} prepare data, {given.gpus} run at once."
    )


BASES = {
    "observed": "the ledger’s own times",
    "estimate": "a signed estimate",
    "none": "nothing: not known",
    "mixed": "times and estimates",
}


def _base(
    row: BaseRow,
    line: Mapping[str, Any],
    document: Document,
    covered: Mapping[str, fallbacks.Plan],
    said: RiskAssessmentBody,
    size: int,
) -> Iterator[Block]:
    base, below = line["base"], line["dependants"]
    yield Heading(f"{row.title}: {BANDED[row.band]}")
    yield facts(
        ("Why", " ".join(row.because)),
        ("Vendor", row.vendor),
        ("Held as", "hosted by the vendor; custody not applicable" if row.hosted else "weights held here"),
        *((("Last passed restore drill", row.drilled_on),) if not row.hosted else ()),
        ("Announced", row.announced),
        ("Service ends", _ends(row)),
        ("Days left", figure(base["loss"]["days"])),
        ("Training withdrawn", row.freeze_begins),
        ("Window without training", figure(base["freeze"]["days"])),
        ("Latest start", row.latest_start),
        ("Fallback", _fallback(covered.get(row.fallback or ""))),
    )
    usual = base["loss"]["usual"]
    if usual:
        yield Paragraph(
            f"Weak, from {usual['notices']} models that {row.vendor} ended before: half had at least "
            f"{figure(usual['notice']['p50'])} of notice. It says what was usual, not what will be."
        )
    yield _words("What each source says now.", base["loss"]["words"])
    if base["loss"]["conflicts"]:
        yield _words("Sources disagree; the earliest counts, and all are kept.", base["loss"]["conflicts"])
    yield _services("Services, in the order of the queue.", below)
    radius = dependants.blast_radius(document, size, moment(said.as_of))
    rows = [(_indented(node.document.title, depth), docs.kind_of(node.document).label, node.standing.standing.value)
            for depth, node in _walk(radius.below)]  # fmt: skip
    rows += [(one.document.title, "deployment", "unproven origin") for one in radius.stated]
    columns = (Column("Document", 56), Column("Kind", 22), Column("Standing", 22))
    yield table("Everything that rests on it.", columns, rows, "Nothing rests on it.")


def _walk(nodes: Iterable[dependants.Node], depth: int = 0) -> Iterator[tuple[int, dependants.Node]]:
    for node in nodes:
        yield depth, node
        yield from _walk(node.below, depth + 1)


def _indented(title: str, depth: int) -> str:
    return f"{'— ' * depth}{title}"


def _ends(row: BaseRow) -> str | None:
    return None if row.loss is None else f"{row.loss}{f' ({row.loss_label})' if row.loss_label else ''}"


def _fallback(plan: fallbacks.Plan | None) -> str:
    if plan is None:
        return "none in force"
    rows = Signature.objects.filter(seq__in=[one.seq for one in plan.standing.signatures]).select_related("signer")
    names = {one.signature.seq: one.said.printed_name for one in statements.said(rows) if one.said is not None}
    signed = " and ".join(f"{names.get(s.seq, s.signer)} ({ROLES[s.role]})" for s in plan.standing.signatures)
    return f"{plan.document}, signed by {signed}; {plan.practice}; it begins on {plan.body.trigger_date} at the latest"


def _words(caption: str, words: Iterable[Mapping[str, Any]]) -> Block:
    rows = [
        (f"{PHASES.get(one['phase'], one['phase'])}, {one['channel']}", one["date"] or "none named",
         one["precision"] if one["date"] else "", f"“{one['words']}”", f"{one['source']} (rank {one['rank']})",
         one["retrieved_at"][:10], (one["snapshot"] or "none").removeprefix("sha256:")[:16])
        for one in words
    ]  # fmt: skip
    columns = (Column("What", 17), Column("Date", 11), Column("Meant as", 9), Column("In the source’s words", 25),
               Column("Source", 15), Column("Retrieved", 11), Column("Bytes (SHA-256)", 12, code=True))  # fmt: skip
    return table(caption, columns, rows, "No source says anything. Unknown is not safe.")


def _services(caption: str, below: Iterable[Mapping[str, Any]]) -> Block:
    rows = [
        (f"{one['dependant']['title']}{'' if one['dependant']['proven'] else ' (unproven origin)'}",
         one["dependant"]["criticality"], one["band"], figure(one["latest_start"]), figure(one["queued"]["p80"]),
         figure(one["too_late"]), figure(one["uncovered"]), " ".join(one["because"]))
        for one in sorted(below, key=lambda one: (one["place"] is None, one["place"] or 0, one["dependant"]["title"]))
    ]  # fmt: skip
    columns = (Column("Service", 20), Column("Critical", 9), Column("Band", 9), Column("Latest start", 12),
               Column("Requalified, 80 of 100", 11, "right"), Column("Chance: too late", 9, "right"),
               Column("Without a model", 10, "right"),
               Column("Why", 20))  # fmt: skip
    return table(caption, columns, rows, "No service rests on it.")


def _counts(counts: Counts) -> str:
    return ", ".join(f"{getattr(counts, band)} {band}" for band in BANDS)
