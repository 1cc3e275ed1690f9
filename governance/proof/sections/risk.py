"""What reports say of an assessment of retirement risk, as far as its body tells it; the rest is in its file."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from governance.proof.charts import assessments as charts
from governance.proof.charts.assessments import services
from governance.proof.formats.fields import moment
from governance.proof.sections.blocks import Block, Column, Heading, Notice, Paragraph, facts, table
from governance.proof.sections.held import Paper
from governance.proof.sections.lengths import BANDS, LABELS, chance, days, summed, took
from governance.proof.sections.slots import Form, Labelled, Part, Said, Shaped, Slot
from governance.proof.sections.tuning import PHASES
from governance.proof.words.printed import UNKNOWN
from governance.proof.words.printed import moment as told

Body = Mapping[str, Any]
BASIS: Final = {
    "observed": "the ledger’s own times",
    "estimate": "a signed estimate",
    "none": "nothing: not known",
    "mixed": "times and estimates",
}
NO_FALLBACK: Final = "none in force"
WEAK: Final = tuple(
    f"Weak, from {{#}} models that {{}} ended before: half had at least {{#}} {unit}{label} of notice. It says what "
    "was usual, not what will be."
    for unit in ("days", "day")
    for label in ("", *(f" ({one})" for one in LABELS.values() if one))
)
WORDS: Final = (
    "What", "Date", "Meant as", "In the source’s words", "Source", "Retrieved", "Bytes (SHA-256)",
)  # fmt: skip
SERVICES: Final = (
    "Service", "Critical", "Band", "Latest start", "Requalified, 80 of 100", "Chance: too late", "Without a model",
    "Why",
)  # fmt: skip
NO_WORDS: Final = "No source says anything. Unknown is not safe."
NO_SERVICE: Final = "No service rests on it."
SAID: Final = "What each source says now."
CONFLICTS: Final = "Sources disagree; the earliest counts, and all are kept."
QUEUE: Final = "Services, in the order of the queue."
BELOW: Final = "Everything that rests on it."
NOTHING_BELOW: Final = "Nothing rests on it."
STRAY: Final = "Services of which no base model is known"
STRAY_TABLE: Final = "They count as unknown."


def notices(held: Paper) -> list[Notice]:
    """Warn on page one of services that are late, of what is unknown, and of what nobody can trace."""
    said, found = held.body, []
    if late := said["late"]:
        which = ", ".join(one["title"] for one in late[:4]) + (" and others" if len(late) > 4 else "")
        text = f"{services(len(late))} should have begun to requalify already: {which}."
        found.append(Notice("Latest start is over", text))
    if unknown := said["services"]["unknown"]:
        open_ = f"When {services(unknown)} will lose the base model is not known. That is not safe."
        found.append(Notice("Not known", open_))
    if unproven := said["unproven"]:
        stray = f"{services(len(unproven))} cannot be traced to a release or run. They count, and are not approved."
        found.append(Notice("Unproven origin", stray))
    return found


def assessment(held: Paper) -> list[Part]:
    """Headline, decisions, timeline, vendors, moved dates and requalification; then each base model."""
    said = held.body
    parts: list[Part] = [*_board(said), *_moved(said), *_requalification(said)]
    for row in said["bases"]:
        parts += _base(row)
    stray: tuple[Form, ...] = (Heading(STRAY), Shaped(STRAY_TABLE, SERVICES))
    if said["stray"] is not None:
        parts.append(Slot("stray", "services without a known base model", (stray,)))
    return parts


def _board(said: Body) -> Iterator[Block]:
    yield facts(
        ("As of", f"{told(moment(said['as_of']))}, ledger size {said['ledger_size']}"),
        ("Services", ", ".join(f"{said['services'][band]} {band}" for band in BANDS)),
        ("Past their latest start", services(len(said["late"]))),
        ("Of unproven origin", services(len(said["unproven"]))),
        ("Expected days without a model", summed(said["uncovered_days"], "days")),
        (
            "Expected impact",
            ", ".join(summed(amount, code) for code, amount in said["impact"].items()) or "not stated",
        ),
        ("Next look", said["next_review"]),
        ("A source is stale after", days(str(said["stale_days"]))),
    )
    yield Paragraph(
        "Red: the latest day to begin requalifying is over. Amber: it comes before the next look. Green: it comes "
        "later, by a fresh source; or the weights are held here, restored in a drill, and their licence allows it. "
        "Unknown is everything else, and never safe."
    )
    yield table(
        "What is asked of those who decide.",
        (Column("Decision", 100),),
        [(text,) for text in said["decisions"]],
        "Nothing today.",
    )
    yield charts.timeline(said)
    yield table(
        "What hangs on each vendor.",
        (Column("Vendor", 40), Column("Base models", 15, "right"), Column("Services", 15, "right"),
         Column("Share", 15, "right"), Column("Worst", 15)),
        [(one["vendor"], one["bases"], one["services"], chance(float(one["share"])), one["worst"])
         for one in said["vendors"]],
    )  # fmt: skip


def _moved(said: Body) -> Iterator[Block]:
    titles = {row["digest"]: row["title"] for row in said["bases"]}
    rows = [
        (titles[one["base"]], PHASES.get(one["phase"], one["phase"]), one["channel"],
         "first word" if one["first"] else one["before"] or "none", one["now"] or "none", one["source"])
        for one in said["moved"]
    ]  # fmt: skip
    columns = (Column("Base model", 22), Column("What", 20), Column("Channel", 14), Column("Before", 13),
               Column("Now", 13), Column("Source", 18))  # fmt: skip
    yield table("Dates that were announced or moved since the assessment before.", columns, rows, "None moved.")


def _requalification(said: Body) -> Iterator[Block]:
    rows = [
        (
            one["stage"],
            BASIS[one["basis"]],
            one["complete"],
            one["open"],
            *(took(one, p) for p in ("p50", "p80", "p95")),
        )
        for one in said["requalification"]
    ]
    columns = (Column("Stage", 14), Column("From", 22), Column("Done", 10, "right"), Column("Open", 10, "right"),
               Column("Even chance", 14, "right"), Column("80 of 100", 14, "right"),
               Column("95 of 100", 14, "right"))  # fmt: skip
    yield table("How long requalifying takes, without waiting for people or machines.", columns, rows)
    given = said["simulated"]
    yield Paragraph(
        f"Waiting is simulated: {given['runs']} futures with the seed {given['seed']}, which follows from the ledger; "
        f"{given['signers']} people sign, {given['data']} prepare data, {given['gpus']} run at once."
    )


def _base(row: Body) -> Iterator[Part]:
    yield Heading(f"{row['title']}: {row['band']}")
    rows: list[tuple[str, Any]] = [
        ("Why", " ".join(row["because"])),
        ("Vendor", row["vendor"]),
        ("Held as", held_as(row["hosted"])),
        *((("Last passed restore drill", row["drilled_on"] or UNKNOWN),) if not row["hosted"] else ()),
        ("Announced", row.get("announced") or UNKNOWN),
        ("Service ends", ends(row["loss"], row["loss_label"]) or UNKNOWN),
        ("Days left", None),
        ("Training withdrawn", row["freeze_begins"] or UNKNOWN),
        ("Window without training", None),
        ("Latest start", row["latest_start"] or UNKNOWN),
        ("Fallback", None if row.get("fallback") else NO_FALLBACK),
    ]
    nothing: tuple[Form, ...] = ()
    yield Slot("facts", "figures that its file holds", ((Labelled(tuple(rows)),),))
    yield Slot("usual", "what notice was usual", (*((Said(one),) for one in WEAK), nothing))
    said = Shaped(SAID, WORDS), Shaped(SAID, WORDS, (), NO_WORDS)
    yield Slot("words", "what sources say", tuple((one,) for one in said))
    yield Slot("conflicts", "whether sources disagree", ((Shaped(CONFLICTS, WORDS),), nothing))
    count = sum(row["services"].values())
    queue = Shaped(QUEUE, SERVICES, ((None,) * len(SERVICES),) * count, NO_SERVICE)
    yield Slot("services", "what services come to", ((queue,),))
    below = ("Document", "Kind", "Standing")
    forms = ((Shaped(BELOW, below),), (Shaped(BELOW, below, (), NOTHING_BELOW),))
    yield Slot("below", "what rests on a base model", forms)


def held_as(hosted: bool) -> str:
    """Return where a model's weights are."""
    return "hosted by the vendor; custody not applicable" if hosted else "weights held here"


def ends(loss: str | None, label: str) -> str | None:
    """Return when a model's service ends, and what must be known before relying on it; None where nobody knows."""
    return None if loss is None else f"{loss} ({label})" if label else loss
