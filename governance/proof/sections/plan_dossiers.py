"""What stands in the sections of an evaluation plan's dossier, in groups, in order; see `sections.dossiers`."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from governance.proof.answers import changed
from governance.proof.checks.facts import Signed, at
from governance.proof.formats.leaf import SIGNER_DECLARED, SIGNER_IDENTIFIED, SIGNER_QUALIFIED, Leaf
from governance.proof.formats.statement import SignoffPredicate
from governance.proof.sections import arms, besides, data, deciders, plans
from governance.proof.sections.acts import NOBODY as NOBODY_SIGNED
from governance.proof.sections.acts import RESULT, Row, cells, met_by, of_waivers, signers
from governance.proof.sections.amounts import Demand, in_words, required, subject
from governance.proof.sections.blocks import Heading, KeyFigure, Paragraph, value
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
    stands,
    table_of,
)
from governance.proof.sections.held import Told
from governance.proof.sections.slots import Form, Labelled, Large, Piece, Said, Shaped, Slot
from governance.proof.words.printed import capital, plural, short
from governance.proof.words.vocabulary import kinds, role

SLICES: Final = ("Slice", "There for", "Cases", "Clusters", "Of high risk", "Thresholds on it")
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
NOT_JUDGED: Final = "not judged"
REMOVED: Final = "removed"
SAME: Final = "Nothing in it is different."
NO_JUDGE: Final = "No criterion is graded by a judge."
NO_CALIBRATION: Final = f"{NONE} Without a signed calibration no threshold that rests on a judge decides anything."
WORTH: Final = "Cases of one cluster depend on one another and are worth less than independent ones."
AGAIN: Final = "asks what another asks, word for word."
NO_QUALITY: Final = f"{NONE} Nobody has held the cases against data or production in a quality report."
OPEN_CASES: Final = "The cases are kept from nobody: results on them are for development and spend nothing."
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
    return held.acts.label(held.digest) or ""


def _signed(plan: Told) -> list[Signed]:
    own = {one.digest for one in _parts(plan)}
    return [one for one in plan.acts.signed if own & {each.digest for each in one.statement.subjects}]


def lead(plan: Told, cannot: Collection[str] | None) -> list[tuple[str, str | None]]:
    """Return what page one says of a plan first; `cannot` are the limits that its cases cannot decide (None: any)."""
    body, cases = plan.body, plan.linked("evaluation_set")
    hard = sum(one["importance"] == "hard" for one in body["thresholds"])
    soft, excepted = len(body["thresholds"]) - hard, body.get("exceptions") or {}
    open_ones = [
        one for one in body["thresholds"] if one["id"] not in excepted and (cannot is None or one["id"] in cannot)
    ]
    said = cases.body if cases is not None else None
    return [
        ("Standing", plan.status),
        ("Signed by", signers(plan.acts, plan.digest) or NOBODY_SIGNED),
        ("Thresholds", f"{hard} hard, {soft} soft; {len(open_ones) or 'none'} that the cases cannot decide"),
        ("Cases", f"{said['cases']:,} of a {said['purpose']} set, {said['task']}" if said is not None else None),
    ]


def plan_signed(plan: Told) -> Groups:
    """Who signed which part, having looked at what, and what is on record of them."""
    acts, parts, signed = plan.acts, _parts(plan), _signed(plan)
    cases, body = plan.linked("evaluation_set"), plan.body
    people = sorted({one.said.signer for one in signed})
    hard = sum(
        one["importance"] == "hard" and (one.get("stage") or "release") == "release" for one in body["thresholds"]
    )
    stood = [one.ok for one in parts]
    ok = str(sum(map(bool, stood))) if None not in stood else None
    in_force = KeyFigure(f"{ok} of {len(parts)}", "Parts in force", "as their policy asks")
    figures = (
        in_force if ok is not None else f"{{#}} of {len(parts)} Parts in force as their policy asks",
        KeyFigure(str(len(people)), "People signed", f"{len(signed)} acts of signing"),
        *((KeyFigure(f"{cases.body['cases']:,}", "Cases", f"a {cases.body['purpose']} set"),) if cases else ()),
        KeyFigure(str(len(body["thresholds"])), "Thresholds", f"a release waits for {hard} of them"),
    )
    standing = tuple((capital(_label(one)), stands(one, f"{one.title}, version {one.number}: ")) for one in parts)
    about = (
        *((("What it is for", str(cases.body["description"])),) if cases else ()),
        *((f"Stage {name}", str(text)) for name, text in sorted((body.get("stages") or {}).items())),
        ("Use case", USE_CASE),
    )
    yield (
        Slot("figures", "how many parts are in force", ((Large(figures),),)),
        Labelled(standing),
        Labelled(about),
    )
    heads = ("Entry", "Signed by", "Documents", "Meaning and “reason”", "Looked at before", "Time (UTC)")
    rows = tuple(_signature(plan, one) for one in signed)
    on = ("Signer", "Identity checked", "Competence shown", "Signature declared binding")
    records = tuple(on_record(people, acts.ordered, acts.private, acts.who))
    yield Shaped(WHO, heads, rows, NOBODY), Shaped(RECORDS, on, records, NO_RECORDS)


def _signature(plan: Told, one: Signed) -> tuple[str, ...]:
    about = [each.digest for each in one.statement.subjects]
    return signature(one.leaf, one.said, about, named(plan, about))


def named(plan: Told, digests: Iterable[str]) -> str:
    """Return what documents are called: parts of the plan by their kind."""
    own, told = {part.digest for part in _parts(plan)}, list[str]()
    for digest in digests:
        called = plan.acts.label if digest in own else plan.acts.title
        told.append((called(digest) if digest in plan.acts.documents else None) or short(digest))
    return ", ".join(told)


def plan_measured(plan: Told) -> Groups:
    """What was measured under the plan by then: baselines, other arms, verdicts, figures from outside."""
    heads = ("Arm", "What answered", capital(in_words(told_first(plan))), "Cases", "Verdict", "Whose word that is")
    verdicts = Slot("verdicts", "how many verdicts were given", tuple((Said(one),) for one in _GIVEN))
    outside = table_of(OUTSIDE, ("Threshold", "Figure", "Of", "Asked for"), from_outside(plan), NONE_OUTSIDE)
    yield table_of(MEASURED, heads, measured(plan)), verdicts, outside


def told_first(plan: Told) -> str:
    """Return the metric that arms are told by: of the first limit over all cases, or of the first."""
    thresholds = plan.body["thresholds"]
    return str(next((one["metric"] for one in thresholds if one["slice"] == "all"), thresholds[0]["metric"]))


def measured(plan: Told) -> list[Row]:
    """Return the results of arms that are measured and not judged, in the order of arms, the oldest of each first."""
    results = [one for one in of_kind(plan, RESULT) if _plan_of(one) == plan.digest and not one.body["verdicts"]]
    order, metric = list(arms.NAMES), told_first(plan)
    return [
        (f"{arms.NAMES[one.body['arm']]}, attempt {arms.attempt(one)}", arms.answered(one),
         arms.came_to(one, metric), int(one.body["n"]), NOT_JUDGED, arms.proof(one))
        for one in sorted(results, key=lambda one: order.index(one.body["arm"]))
    ]  # fmt: skip


def _plan_of(result: Told) -> str:
    thresholds = result.linked("thresholds")
    return thresholds.digest if thresholds is not None else ""


def from_outside(plan: Told) -> list[Row]:
    """Return what figures the plan asks for that are measured outside."""
    return [
        (one["id"], in_words(one["metric"]), (one.get("layer") or "quality").replace("_", " "),
         required(Demand.of(one)))
        for one in plan.body["thresholds"]
        if one["metric"].partition(":")[0] == "measure"
    ]  # fmt: skip


def conditions(plan: Told) -> list[tuple[str, str, str]]:
    """Return the conditions that parts of the plan were signed under: by whom and on what, what, and how it is."""
    rows, met = [], met_by(plan.acts)
    for one in _signed(plan):
        said = besides.given(one.said.printed_name, named(plan, [each.digest for each in one.statement.subjects]))
        for condition in one.said.conditions:
            leaf = met.get(condition.id)
            state = besides.state((leaf.seq, at(leaf)) if leaf is not None else None, condition.due)
            rows.append((said, condition.text, state))
    return rows


def waivers(plan: Told) -> list[tuple[str, str, str, str | None]]:
    """Return the waivers about a part of the plan, in ledger order, and how each stands."""
    own = {one.digest for one in _parts(plan)}
    return [
        (one.title, ", ".join(one.body["checks"]), one.body["reason"], one.status)
        for one in of_waivers(plan)
        if own & {link.digest for link in plan.acts.documents[one.digest].references}
    ]


def differs(plan: Told, one: Told, before: Told) -> list[tuple[str, str, str]]:
    """Return how a part of the plan differs from the version before, member by member, in the order of its bytes."""
    documents = plan.acts.documents
    titles = {digest: f"{plan.acts.title(digest)} v{found.number}" for digest, found in documents.items()}
    kind = kinds().get(documents[one.digest].kind)
    found = changed.told_of(documents[before.digest], documents[one.digest], kind.aside if kind else (), titles)
    return [(each.path, each.old or changed.ABSENT, each.new or REMOVED) for each in found]


def compared(plan: Told) -> list[tuple[Told, Told]]:
    """Return the parts of the plan of which a version before is there, each with that."""
    documents = plan.acts.documents
    pairs = [(one, documents[one.digest].previous) for one in _parts(plan)]
    return [(one, plan.at(before)) for one, before in pairs if before is not None and before in documents]


def first_ones(plan: Told) -> list[str]:
    """Return what those parts of the plan are called of which no version before is there."""
    later = {one.digest for one, _ in compared(plan)}
    return [_label(one) for one in _parts(plan) if one.digest not in later]


def plan_changed(plan: Told) -> Groups:
    """Conditions and waivers, and what is different from the version before, part by part."""
    told: list[Piece] = [
        table_of(GIVEN_UNDER, ("Given by, on", "Condition", "State"), conditions(plan)),
        Shaped(WAIVED, ("Waiver", "Checks", "Because", "Standing"), tuple(waivers(plan)), NONE),
    ]
    first = first_ones(plan)
    told += [Paragraph(first_version(first))] if first else []
    for one, before in compared(plan):
        lead = f"Compared with version {before.number}, {before.status or _STATUS}."
        rows = differs(plan, one, before)
        told += [Heading(since(_label(one))), Shaped(lead, ("Where", "Before", "Now"), tuple(rows), f"{lead} {SAME}")]
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
    gone = (Paragraph(UNREADABLE),)
    labels = ("Kept from", "Looks so far", "Spent", "One more look spends", "Looks that fit in", "Whose word that is")
    left = (gone, (Paragraph(OPEN_CASES),), (Labelled(tuple((label, None) for label in labels)),))
    reports = of_kind(held, "evals.quality_report")
    yield *plans.evaluation_set(cases), _slices(held, cases, gone)
    quality: list[Piece] = [Heading(QUALITY), *([] if reports else [Paragraph(NO_QUALITY)])]
    for one in reports[-1:]:
        lead = f"By the quality report “{one.title}”, frozen {at(held.acts.frozen[one.digest])} UTC"
        earlier = f"; {plural(len(reports) - 1, 'earlier one', 'earlier ones')} stand in the lineage"
        quality += [Paragraph(f"{lead}{earlier if reports[1:] else ''}."), *data.quality_report(one)]
    some = Shaped("{#} of {#} cases, drawn by a seed that follows from the set’s digest.", ("Case", "Part", "Text"))
    yield (
        Heading(LEFT), Slot("left", "what is spent of the cases", left), *quality, Heading(SOME),
        Slot("some", "cases that are printed", ((Said(_KEPT),), gone, (some,))),
    )  # fmt: skip


def _slices(plan: Told, cases: Told, gone: tuple[Form, ...]) -> Piece:
    """How many cases a slice has, as the set tells; the server's word where it tells none."""
    if sizes := cases.body.get("sizes"):
        caption = sized(sizes["all"]["repeats"], sizes["all"]["cases"])
        return Shaped(caption, SLICES, tuple(cells(slices(plan, cases, sizes))))
    rows = tuple(tuple(cell if cell is None else value(cell) for cell in row) for row in slices(plan, cases, None))
    forms = ((Shaped(f"{WORTH} {again} of the {{#}} cases {AGAIN}", SLICES, rows),) for again in ("None", "{#}"))
    return Slot("slices", "how many cases a slice has", (*forms, gone))


def sized(again: int, cases: int) -> str:
    """Return what is said above how many cases a slice has: how many of all there are ask what another asks."""
    some = f"{again:d}" if again else "None"
    return f"{WORTH} {some} of the {cases:d} cases {AGAIN}"


def slices(plan: Told, cases: Told, sizes: Mapping[str, Mapping[str, int]] | None) -> list[Row]:
    """Return what each slice is there for, its size (None: not told), and how many thresholds are on it."""
    roles, used = cases.body.get("roles") or {}, _used(plan)
    return [
        (
            name,
            "" if name == "all" else roles.get(name, "common").replace("_", " "),
            *(plans.counts(sizes[name]) if sizes else (None, None, None)),
            used[name] or "none",
        )
        for name in ("all", *sorted(cases.body["slices"]))
    ]


def _used(plan: Told) -> Counter[str]:
    thresholds = plan.body["thresholds"]
    return Counter(name for one in thresholds for name in {one["slice"], *(one.get("groups") or ())})


def plan_rubric(held: Told) -> Groups:
    """How answers are graded, and whose grades each threshold rests on."""
    rubric = held.linked("rubric")
    if rubric is not None:
        yield tuple(plans.rubric(rubric))
    heads = ("Threshold", "Measured", "Graded by", "May decide")
    judged = rubric is not None and any("judge" in (c.get("parameters") or {}) for c in rubric.body["criteria"])
    calibrated = of_kind(held, "evals.judge_calibration")
    parts: list[Piece] = [] if judged else [Paragraph(NO_JUDGE)]
    parts += [Paragraph(NO_CALIBRATION)] if judged and not calibrated else []
    for one in calibrated:
        parts += [Labelled(((one.title, stands(one)),)), *calibration(one)]
    yield table_of(WHOSE, heads, whose(held)), Heading(JUDGES), *parts


def whose(plan: Told) -> list[Row]:
    """Return whose grades each threshold rests on, and whether they may decide it."""
    rubric = plan.linked("rubric")
    criteria = [deciders.Graded.of(one) for one in rubric.body["criteria"]] if rubric is not None else []
    return [
        (one["id"], subject(Demand.of(one)), deciders.graded_by(one["metric"], criteria),
         deciders.caveat(one["metric"], one["kind"], criteria) or deciders.AT_ONCE)
        for one in plan.body["thresholds"]
    ]  # fmt: skip
