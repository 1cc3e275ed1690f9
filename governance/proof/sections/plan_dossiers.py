"""What stands in the sections of an evaluation plan's dossier, in groups, in order; see `sections.dossiers`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from governance.proof.checks.agreed import Standings
from governance.proof.checks.facts import Signed, at
from governance.proof.formats.leaf import SIGNER_DECLARED, SIGNER_IDENTIFIED, SIGNER_QUALIFIED, Leaf
from governance.proof.formats.statement import SignoffPredicate
from governance.proof.sections import data, plans
from governance.proof.sections.amounts import Demand, subject
from governance.proof.sections.blocks import Heading, KeyFigure, Paragraph
from governance.proof.sections.dossiers import (
    CANNOT,
    JUDGES,
    LEFT,
    NONE,
    NOTHING_OF_IT,
    QUALITY,
    RECKONED,
    SOME,
    TO_GO_ON,
    UNREADABLE,
    WHOSE,
    Groups,
    calibration,
    of_kind,
)
from governance.proof.sections.held import Told
from governance.proof.sections.slots import Form, Labelled, Large, Piece, Said, Shaped, Slot
from governance.proof.words.printed import capital, plural, short
from governance.proof.words.vocabulary import role

PARTS: Final = ("evaluation_set", "rubric", "signed_preset")
"""what thresholds pin, by role: with them it is the plan"""
ON_RECORD: Final[Mapping[str, str]] = {SIGNER_IDENTIFIED: "how", SIGNER_QUALIFIED: "evidence", SIGNER_DECLARED: ""}
"""the entries about a signer, and what of their private part is printed"""
USE_CASE: Final = "none is named by a plan; the decision record behind each run names it"
WHO: Final = "Who signed, and what the signing page recorded of what they looked at before."
NOBODY: Final = "Nobody has signed a part of it."
RECORDS: Final = "What is on record of those who signed."
NO_RECORDS: Final = "Nobody has signed."
MEASURED: Final = "Measured and not judged: baselines, and what else was tried."
OUTSIDE: Final = "Figures that are measured outside and imported with their source."
NONE_OUTSIDE: Final = "None is asked for."
GIVEN_UNDER: Final = "Conditions that signatures were given under."
WAIVED: Final = "Waivers about a part of the plan."
NO_JUDGE: Final = "No criterion is graded by a judge."
NO_CALIBRATION: Final = f"{NONE} Without a signed calibration no threshold that rests on a judge decides anything."
NO_QUALITY: Final = f"{NONE} Nobody has held the cases against data or production in a quality report."
OPEN_CASES: Final = "The cases are kept from nobody: results on them are for development and spend nothing."
_SIZES: Final = (
    "Cases of one cluster depend on one another and are worth less than independent ones. {} of the {{#}} cases asks "
    "what another asks, word for word."
)
_GIVEN: Final = tuple(
    f"{one} given under this plan by then, says the server; the dossiers of releases tell of them."
    for one in (
        "No verdict on a tuned model was", "{#} verdict on a tuned model was", "{#} verdicts on tuned models were",
    )
)  # fmt: skip
_KEPT: Final = (
    "The cases are kept from every {governance.access.words}, and reports are read by everybody in a project. So none "
    "is printed here; whoever may see them opens the set."
)
_STATUS: Final = "{governance.proof.answers.standing_words.status}"


def looked_at(said: SignoffPredicate, about: Iterable[str]) -> str:
    """Return what the signing page recorded that a signer looked at, of the documents that were signed."""
    listed = set(about)
    told = [f"opened {len(listed & set(said.opened))} of {len(listed)}"]
    for sample in said.samples:
        given = Counter(each.opinion for each in sample.opinions)
        counted = ", ".join(f"{count} {opinion}" for opinion, count in sorted(given.items()))
        told.append(f"reviewed {plural(len(sample.opinions), 'case', 'cases')}: {counted}")
    if not said.samples:
        told.append("no cases drawn for review")
    if said.attachments:
        told.append(plural(len(said.attachments), "file beside it", "files beside it"))
    return "; ".join(told)


def signature(leaf: Leaf, said: SignoffPredicate, about: Sequence[str], named: str) -> tuple[str, ...]:
    """Return the line of a signature on documents (`about`, by digest) that are `named` so."""
    who, meant = f"{said.printed_name}, {role(said.role)}", f"{said.meaning} “{said.reason}”"
    return str(leaf.seq), who, named, meant, looked_at(said, about), at(leaf)


def on_record(
    people: Iterable[str],
    leaves: Iterable[Leaf],
    private: Callable[[Leaf], Mapping[str, Any]],
    who: Callable[[str], str],
) -> list[tuple[str, ...]]:
    """Return what is on record of signers, a line each: identity, competence, declaration, each by whom and when."""
    told: dict[str, dict[str, str]] = {person: {} for person in people}
    for leaf in leaves:
        person = leaf.subjects[0].removeprefix("user:") if leaf.subjects else ""
        if leaf.event in ON_RECORD and person in told:
            said = str(private(leaf).get(ON_RECORD[leaf.event]) or "") if ON_RECORD[leaf.event] else ""
            quoted = f"“{said}” " if said else ""
            told[person][leaf.event] = f"{quoted}by {who(leaf.actor)}, {at(leaf)[:10]}, ledger entry {leaf.seq}"
    return sorted((who(person), *(papers.get(one, NONE) for one in ON_RECORD)) for person, papers in told.items())


def since(label: str) -> str:
    """Return the heading of what is different from the version before."""
    return f"{capital(label)}: what changed since the version before"


def first_version(labels: Sequence[str]) -> str:
    """Return that there is no earlier version of some parts."""
    return f"First version, so that there is nothing to compare: {', '.join(labels)}."


def _parts(plan: Told) -> list[Told]:
    linked = (plan.linked(one) for one in PARTS)
    return [plan, *(one for one in linked if one is not None)]


def _label(held: Told) -> str:
    return held.facts.label(held.digest) or ""


def _signed(plan: Told) -> list[Signed]:
    own = {one.digest for one in _parts(plan)}
    return [one for one in plan.facts.signed if own & {each.digest for each in one.statement.subjects}]


def plan_signed(plan: Told) -> Groups:
    """Who signed which part, having looked at what, and what is on record of them."""
    facts, parts, signed = plan.facts, _parts(plan), _signed(plan)
    cases, body = plan.linked("evaluation_set"), plan.body
    people = sorted({one.said.signer for one in signed})
    hard = sum(
        one["importance"] == "hard" and (one.get("stage") or "release") == "release" for one in body["thresholds"]
    )
    stood = [Standings(facts).at(one.digest) for one in parts]
    ok = str(sum(one.ok for one in stood if one is not None)) if None not in stood else None
    in_force = KeyFigure(f"{ok} of {len(parts)}", "Parts in force", "as their policy asks")
    figures = (
        in_force if ok is not None else f"{{#}} of {len(parts)} Parts in force as their policy asks",
        KeyFigure(str(len(people)), "People signed", f"{len(signed)} acts of signing"),
        *((KeyFigure(f"{cases.body['cases']:,}", "Cases", f"a {cases.body['purpose']} set"),) if cases else ()),
        KeyFigure(str(len(body["thresholds"])), "Thresholds", f"a release waits for {hard} of them"),
    )
    stands = tuple((capital(_label(one)), None) for one in parts)
    about = (
        *((("What it is for", str(cases.body["description"])),) if cases else ()),
        *((f"Stage {name}", str(text)) for name, text in sorted((body.get("stages") or {}).items())),
        ("Use case", USE_CASE),
    )
    yield (
        Slot("figures", "how many parts are in force", ((Large(figures),),)),
        Slot("parts", "how parts of the plan stand", ((Labelled(stands),),)),
        Labelled(about),
    )
    heads = ("Entry", "Signed by", "Documents", "Meaning and “reason”", "Looked at before", "Time (UTC)")
    rows = tuple(_signature(plan, one) for one in signed)
    on = ("Signer", "Identity checked", "Competence shown", "Signature declared binding")
    records = tuple(on_record(people, facts.ordered, facts.private, facts.who))
    yield Shaped(WHO, heads, rows, NOBODY), Shaped(RECORDS, on, records, NO_RECORDS)


def _signature(plan: Told, one: Signed) -> tuple[str, ...]:
    facts, own = plan.facts, {part.digest for part in _parts(plan)}
    about = [each.digest for each in one.statement.subjects]
    known = facts.documents
    named = ((facts.label(d) if d in own else facts.title(d) if d in known else None) or short(d) for d in about)
    return signature(one.leaf, one.said, about, ", ".join(named))


def plan_measured(_plan: Told) -> Groups:
    """What was measured under the plan by then: baselines, other arms, verdicts, figures from outside."""
    heads = ("Arm", "What answered", None, "Cases", "Verdict", "Whose word that is")
    forms = (Shaped(MEASURED, heads),), (Shaped(MEASURED, heads, (), NONE),)
    verdicts = Slot("verdicts", "how many verdicts were given", tuple((Said(one),) for one in _GIVEN))
    asked = ("Threshold", "Figure", "Of", "Asked for")
    forms_outside = (Shaped(OUTSIDE, asked),), (Shaped(OUTSIDE, asked, (), NONE_OUTSIDE),)
    outside = Slot("outside", "whether figures from outside are asked for", forms_outside)
    yield Slot("measured", "what was measured under the plan", forms), verdicts, outside


def plan_changed(plan: Told) -> Groups:
    """Conditions and waivers, and what is different from the version before, part by part."""
    facts, parts = plan.facts, _parts(plan)
    stated = any(one.said.conditions for one in _signed(plan))
    heads = ("Given by, on", "Condition", "State")
    given = Shaped(GIVEN_UNDER, heads) if stated else Shaped(GIVEN_UNDER, heads, (), NONE)
    waived = ("Waiver", "Checks", "Because", "Standing")
    waivers = (Shaped(WAIVED, waived),), (Shaped(WAIVED, waived, (), NONE),)
    before = [facts.documents[one.digest].previous for one in parts]
    first = [_label(one) for one, earlier in zip(parts, before, strict=True) if earlier not in facts.documents]
    told: list[Piece] = [Slot("given", "conditions", ((given,),)), Slot("waivers", "waivers", waivers)]
    told += [Paragraph(first_version(first))] if first else []
    for one, earlier in zip(parts, before, strict=True):
        if earlier in facts.documents:
            lead = f"Compared with version {facts.documents[str(earlier)].number}, {_STATUS}."
            same: tuple[Form, ...] = (Said(lead), Said(f"{lead} Nothing in it is different."))
            forms = (Shaped(lead, ("Where", "Before", "Now")),), same
            told += [Heading(since(_label(one))), Slot("since", "what changed since the version before", forms)]
    yield told


def plan_shows(held: Told) -> Groups:
    """What the thresholds ask for, and what each has to go on."""
    thresholds: list[dict[str, Any]] = held.body["thresholds"]
    yield Paragraph(RECKONED), *plans.thresholds(held)
    heads = (
        "Threshold", "Cases", "Worth, as independent ones", "Fewest asked for", "Power", "Weakest truth it shows",
        "Decidable",
    )  # fmt: skip
    rows = tuple((one["id"], None, None, str(one["n_min"]), None, None, None) for one in thresholds)
    forms = (Shaped(TO_GO_ON, heads, rows),), (Shaped(TO_GO_ON, heads, (), UNREADABLE),)
    lacks = Shaped(CANNOT, ("What", "In words"))
    nothing = Shaped(CANNOT, ("What", "In words"), (), NOTHING_OF_IT)
    # What follows from the plan alone is warned of on page one, too.
    certain = bool(plans.threshold_notices(held))
    yield (
        Slot("to go on", "what each threshold has to go on", forms),
        Slot("cannot", "what the plan cannot show", ((lacks,),) if certain else ((lacks,), (nothing,))),
    )


def plan_cases(held: Told) -> Groups:
    """The set of cases, slice by slice, what is left of them, what quality checks found, and some of them."""
    cases = held.linked("evaluation_set")
    if cases is None:
        return
    body, gone = cases.body, (Paragraph(UNREADABLE),)
    used = Counter(name for one in held.body["thresholds"] for name in {one["slice"], *(one.get("groups") or ())})
    roles = body.get("roles") or {}
    rows = tuple(
        (name, "" if name == "all" else roles.get(name, "common").replace("_", " "), None, None, None,
         str(used[name] or "none"))
        for name in ("all", *sorted(body["slices"]))
    )  # fmt: skip
    heads = ("Slice", "There for", "Cases", "Clusters", "Of high risk", "Thresholds on it")
    sizes = tuple((Shaped(_SIZES.format(again), heads, rows),) for again in ("None", "{#}"))
    labels = ("Kept from", "Looks so far", "Spent", "One more look spends", "Looks that fit in", "Whose word that is")
    left = (gone, (Paragraph(OPEN_CASES),), (Labelled(tuple((label, None) for label in labels)),))
    reports = of_kind(held, "evals.quality_report")
    yield (*plans.evaluation_set(cases), Slot("slices", "how many cases a slice has", (*sizes, gone)))
    quality: list[Piece] = [Heading(QUALITY), *([] if reports else [Paragraph(NO_QUALITY)])]
    for one in reports[-1:]:
        lead = f"By the quality report “{one.title}”, frozen {at(held.facts.frozen[one.digest])} UTC"
        earlier = f"; {plural(len(reports) - 1, 'earlier one', 'earlier ones')} stand in the lineage"
        quality += [Paragraph(f"{lead}{earlier if reports[1:] else ''}."), *data.quality_report(one)]
    some = Shaped("{#} of {#} cases, drawn by a seed that follows from the set’s digest.", ("Case", "Part", "Text"))
    yield (
        Heading(LEFT), Slot("left", "what is spent of the cases", left), *quality, Heading(SOME),
        Slot("some", "cases that are printed", ((Said(_KEPT),), gone, (some,))),
    )  # fmt: skip


def plan_rubric(held: Told) -> Groups:
    """How answers are graded, and whose grades each threshold rests on."""
    rubric = held.linked("rubric")
    if rubric is not None:
        yield tuple(plans.rubric(rubric))
    heads = ("Threshold", "Measured", "Graded by", "May decide")
    rows = tuple((one["id"], subject(Demand.of(one)), None, None) for one in held.body["thresholds"])
    judged = rubric is not None and any("judge" in (c.get("parameters") or {}) for c in rubric.body["criteria"])
    calibrated = of_kind(held, "evals.judge_calibration")
    parts: list[Piece] = [] if judged else [Paragraph(NO_JUDGE)]
    parts += [Paragraph(NO_CALIBRATION)] if judged and not calibrated else []
    for one in calibrated:
        named = Labelled(((one.title, None),))
        parts += [Slot("named", "how calibrations stand", ((named,),)), *calibration(one)]
    yield Slot("whose", "who grades", ((Shaped(WHOSE, heads, rows),),)), Heading(JUDGES), *parts
