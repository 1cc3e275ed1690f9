"""The retirement and continuity report: one page for a board, then every base model with its dates and its services.

What its document says is told by the rule that whoever verifies expects (`proof.sections.risk`); the rest stands in its
file, and is put in here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from governance.access import ROLES
from governance.models import Document, Signature
from governance.proof.charts import assessments as charts
from governance.proof.charts.days import TimelineChart
from governance.proof.formats.fields import moment
from governance.proof.sections import risk as rules
from governance.proof.sections.blocks import Block, Column, Heading, Paragraph, facts, table
from governance.proof.sections.risk import NO_FALLBACK, NO_SERVICE, NO_WORDS
from governance.proof.sections.slots import Slot
from governance.proof.sections.tuning import PHASES
from governance.reports.printed import notices as warned
from governance.selectors import documents as docs
from governance.selectors import statements
from governance.selectors.held import Row
from training.bodies.risk import BaseRow, RiskAssessmentBody
from training.lifecycle.phrases import figure
from training.selectors import dependants, fallbacks
from training.selectors import risk as select

notices = warned("assessment")


def timeline(said: RiskAssessmentBody, most: int = charts.MOST_DRAWN) -> TimelineChart:
    """Return the drawing of every base model that services rest on, the gravest first, `most` at most."""
    return charts.timeline(said.model_dump(mode="json", include={"as_of", "bases"}), most)


def sections(document: Document, body: dict[str, Any]) -> list[Block]:
    """Headline, decisions, timeline, vendors, moved dates and requalification; then each base model."""
    said = RiskAssessmentBody.model_validate(body)
    covered = {plan.document.digest: plan for plan in fallbacks.plans(document.seq, moment(said.as_of))}
    bases = Document.objects.select_related("project", "series").in_bulk([row.digest for row in said.bases])
    content = select.content(said)
    made: list[Block] = []
    rows, of_base = iter(said.bases), dict[str, list[Block]]()
    for part in rules.assessment(Row(document, body)):
        if not isinstance(part, Slot):
            made.append(part)
        elif part.name == "stray":
            stray = select.detail(said, said.stray, content)["dependants"]
            made += [Heading(rules.STRAY), _services(rules.STRAY_TABLE, stray)]
        else:
            if part.name == "facts":  # the first that is told of a base model
                row = next(rows)
                line = select.detail(said, (row.begins, row.length), content)
                of_base = _base(row, line, bases[row.digest], covered, said, document.seq)
            made += of_base[part.name]
    return made


def _base(
    row: BaseRow,
    line: Mapping[str, Any],
    document: Document,
    covered: Mapping[str, fallbacks.Plan],
    said: RiskAssessmentBody,
    size: int,
) -> dict[str, list[Block]]:
    """Return what stands in the slots of a base model."""
    base, below = line["base"], line["dependants"]
    usual, radius = base["loss"]["usual"], dependants.blast_radius(document, size, moment(said.as_of))
    rows = [(_indented(node.document.title, depth), docs.kind_of(node.document).label, node.standing.standing.value)
            for depth, node in _walk(radius.below)]  # fmt: skip
    rows += [(one.document.title, "deployment", "unproven origin") for one in radius.stated]
    columns = (Column("Document", 56), Column("Kind", 22), Column("Standing", 22))
    words, conflicts = base["loss"]["words"], base["loss"]["conflicts"]
    return {
        "facts": [
            facts(
                ("Why", " ".join(row.because)),
                ("Vendor", row.vendor),
                ("Held as", rules.held_as(row.hosted)),
                *((("Last passed restore drill", row.drilled_on),) if not row.hosted else ()),
                ("Announced", row.announced),
                ("Service ends", rules.ends(row.loss, row.loss_label)),
                ("Days left", figure(base["loss"]["days"])),
                ("Training withdrawn", row.freeze_begins),
                ("Window without training", figure(base["freeze"]["days"])),
                ("Latest start", row.latest_start),
                ("Fallback", _fallback(covered.get(row.fallback or ""))),
            )
        ],
        "usual": [_usual(usual, row.vendor)] if usual else [],
        "words": [_words(rules.SAID, words)],
        "conflicts": [_words(rules.CONFLICTS, conflicts)] if conflicts else [],
        "services": [_services(rules.QUEUE, below)],
        "below": [table(rules.BELOW, columns, rows, rules.NOTHING_BELOW)],
    }


def _usual(usual: Mapping[str, Any], vendor: str) -> Block:
    return Paragraph(
        f"Weak, from {usual['notices']} models that {vendor} ended before: half had at least "
        f"{figure(usual['notice']['p50'])} of notice. It says what was usual, not what will be."
    )


def _walk(nodes: Iterable[dependants.Node], depth: int = 0) -> Iterator[tuple[int, dependants.Node]]:
    for node in nodes:
        yield depth, node
        yield from _walk(node.below, depth + 1)


def _indented(title: str, depth: int) -> str:
    return f"{'— ' * depth}{title}"


def _fallback(plan: fallbacks.Plan | None) -> str:
    if plan is None:
        return NO_FALLBACK
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
    return table(caption, columns, rows, NO_WORDS)


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
    return table(caption, columns, rows, NO_SERVICE)
