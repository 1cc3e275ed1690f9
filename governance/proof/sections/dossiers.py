"""What stands in sections that dossiers tell of their own, as far as it follows from documents: in groups, in order.

Between the groups a dossier tells of entries, signatures, cases and answers; these parts are known by their sentences.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from governance.proof.charts import results as charts
from governance.proof.sections import data, people, results, tuning
from governance.proof.sections.blocks import Heading, KeyFigure, Paragraph, facts, files
from governance.proof.sections.held import Paper, Told
from governance.proof.sections.slots import Drawn, Form, Labelled, Large, Piece, Said, Shaped, Slot
from governance.proof.sections.stages import by_role, by_stages

Groups = Iterator[Sequence[Piece]]
NONE: Final = "None recorded."
HEADLINE: Final = (
    "Test logs and test reports, dated and signed by those responsible, as Annex IV, point 2(g), of the EU AI Act asks "
    "for them. It is for the reader to judge whether they suffice."
)
DATED: Final = "Test logs and test reports, each with its date and who answers for it."
DATED_HEADS: Final = ("What", "Document", "Dated (UTC)", "Entry", "Signed, or responsible")
PAPERS: Final = 8
"""test logs and reports, each with a line"""
LOGS: Final = "Test logs: every answer, one line a case."
BY_PEOPLE: Final = "With people’s grades: the judgement that counts is a document of its own."
DIFFERENCES: Final = "Differences, case by case"
UNPAIRED: Final = "No baseline was named, or its answers cannot be paired case by case."
LESS: Final = "Tuned less baseline, case by case. Each end of a bar is a one-sided 95 % bound; described, not judged."
NO_MATRIX: Final = "No matrix is drawn: no case has a label, or there are more than can be read on a page."
UNREAD: Final = (
    "The answers or cases could not be graded again as they were frozen, so nothing is told of single answers."
)
AGAIN: Final = "Graded again from the stored answers, whose digests stand in the evidence."
EVERY_DIFFERENCE: Final = f"Every difference from the baseline, paired case by case. {AGAIN}"
BEFORE: Final = {"baseline": "the baseline", "last_release": "the last release"}
"""what a result is held against, by the role in which it names that, and in words"""
BECAME: Final = f"What became of the answers, slice by slice. {AGAIN}"
MISSED: Final = "Answers that missed a criterion, of those it applies to."
FAILED: Final = "What failed"
EXAMPLES: Final = "Failures by example"
KEPT: Final = (
    "The cases are a holdout’s and kept from engineers, and reports are read by everybody in a project. So no case and "
    "no answer is printed here; whoever may see them looks through the failures on the result’s page."
)
FIRST_FAILED: Final = "The first {} answers that failed, by the names of their cases."
NO_FAILURE: Final = "No answer failed."
SESSIONS: Final = "Red-team sessions with this model, and their critical answers."
NEVER: Final = "never begun"
BY_HAND, BY_JUDGES = "Graded by people", "Graded by judges"
NO_GRADES: Final = f"{NONE} No verdict here rests on people’s grades."
NO_CALIBRATION: Final = f"{NONE} No verdict here rests on a calibrated judge."
TRAINED_ON: Final = "What it was trained on."
OVER: Final = (
    "{governance.proof.charts.intervals.signed} Points over baseline {evals.engine.comparisons.Difference.said}"
)
"""the figure in large type that is there where answers can be paired with the baseline's"""
NEWLY_WRONG: Final = ("Newly wrong: none.", "Newly wrong: {names}.", "Newly wrong: {names} and more.")
DIFFERENCE_HEADS: Final = ("Metric", "Slice", "How", "Value", "Bounds", "Cases", "What that tells")
NO_QUALITY: Final = f"{NONE} The run names no quality report."
LIFE: Final = "Its life as known then, by the server’s word: the same questions that the gate of a run asks."
QUESTIONS: Final = ("Lasts as long as it is needed", "Can be had again", "Can be trained on while needed")
COST: Final = "What training and testing took. Energy is not recorded, and what judges cost is not counted."
CONDITIONS: Final = "Conditions that signatures of the lineage were given under."
WAIVERS: Final = "Waivers that something here rested on."
SERVED: Final = "Services said to serve this release."
SERVED_BEFORE: Final = (
    "Services that served it and do not any more, by the server’s word: what they name now is not in this file."
)
FOLLOWING: Final = "Releases that name this one as the one before."
RECKONED: Final = (
    "Reckoned from the signed cases before anything was measured: with too few cases a limit can be neither passed nor "
    "failed, whatever the model is worth. What is likely to be shown is reckoned at the power each threshold counts on."
)
TO_GO_ON: Final = "What each threshold has to go on."
CANNOT: Final = "What the plan cannot show, or does not ask."
NOTHING_OF_IT: Final = "Nothing of the kind was found."
UNREADABLE: Final = "The files of cases are not here as they were signed, so nothing is counted."
WHOSE: Final = "Whose grades each threshold rests on, and what they may decide."
LEFT, QUALITY, SOME, JUDGES = (
    "What is left of them", "Quality, duplicates and leakage", "Some of the cases", "Calibrations of judges",
)  # fmt: skip


def against(role: str) -> str:
    """Return the heading of what was right before, beside a result of a role in `BEFORE`."""
    return f"Against {BEFORE[role]}"


def unnamed(role: str) -> str:
    """Return that a result names none of a role in `BEFORE`."""
    return f"{NONE} The evaluation named no result of {BEFORE[role]}."


def held_against(role: str) -> str:
    """Return the caption of the chart of the same answers beside those of another result."""
    return f"The same answers held against those of {BEFORE[role]}. {AGAIN}"


def lost(role: str) -> str:
    """Return the caption of the table of what was right before and is wrong now."""
    return f"What was right before and is wrong now, beside {BEFORE[role]}: answers, by slice."


def of_kind(told: Told, kind: str) -> "list[Told]":
    """Return the documents of a kind that a report tells of, the oldest first."""
    return [told.at(one) for one in told.facts.of_kind(kind)]


def calibration(held: Paper) -> list[Piece]:
    """A calibration as dossiers tell of it: what people graded since is the server's word."""
    first, *rest = people.judge_calibration(held, "")
    labels = [(row.label, None if row.label == people.SINCE else row.said) for row in first.rows]  # type: ignore[union-attr]
    return [Slot("since", "what people graded since a calibration", ((Labelled(tuple(labels)),),)), *rest]


def _or_none(name: str, what: str, caption: str, heads: tuple[str, ...], empty: str = NONE) -> Slot:
    """A table of what the server tells, or that there is nothing to tell."""
    return Slot(name, what, ((Shaped(caption, heads),), (Shaped(caption, heads, (), empty),)))


def release_headline(release: Paper) -> Groups:
    """Test logs and reports, the release as it was put forward, and the file of answers."""
    result = release.linked("result")
    yield (Paragraph(HEADLINE),)
    if result is not None:
        figures = results.release_figures(result.body, charts.counted(result), charts.verdict(result))
        over: tuple[KeyFigure | str, ...] = (*figures.items[:-1], OVER, figures.items[-1])
        forms = (figures,), (Large(over),)
        yield (Slot("figures", "what stands over the baseline in large type", forms),)
    dated = Shaped(DATED, DATED_HEADS, ((None,) * len(DATED_HEADS),) * PAPERS)
    put = (
        ("Put forward", str(release.body["title"])),
        ("Note", str(release.body["note"])),
        ("Tested under permit", None),
        ("Tested by order of", None),
    )
    yield (
        Slot("dated", "dates and signers of test logs", ((dated,),)),
        Slot("put forward", "permit and order of the test", ((Labelled(put),),)),
    )
    if result is not None:
        yield (files(LOGS, [result.body["outputs"]]),)


def release_verdicts(release: Paper) -> Groups:
    """The verdicts that count, stage by stage, and those on slices of a role."""
    result = release.linked("result")
    if release.linked("judgement") is not None:
        yield (Paragraph(BY_PEOPLE),)
    lines = charts.counted(result) if result is not None else ()
    for stage in by_stages(result, lines) if result is not None else ():
        yield (results.verdicts(stage),)
    for section in by_role(result, lines) if result is not None else ():
        yield (results.about(section),)


def release_compared(release: Paper) -> Groups:
    """The tuned model beside the baseline: differences case by case, and the arms of the plan."""
    result = release.linked("result")
    if result is None:
        return
    drawn, told = Drawn(LESS), Shaped(EVERY_DIFFERENCE, DIFFERENCE_HEADS)
    unpaired: tuple[Form, ...] = (Paragraph(UNPAIRED),)
    forms = (unpaired, (drawn, told), (told,)) if result.linked("baseline") is not None else (unpaired,)
    differences = Slot("differences", "differences from the baseline", forms)
    yield Heading(DIFFERENCES), differences, results.side_by_side(result)


def release_regression(release: Paper) -> Groups:
    """What was right before and is wrong now, beside the baseline and the last release."""
    result = release.linked("result")
    if result is None:
        return
    thresholds = result.linked("thresholds")
    cases = thresholds.linked("evaluation_set") if thresholds is not None else None
    hidden = cases is not None and cases.body["purpose"] == "holdout"
    heads = ("Slice", "Still right", "Newly right", "Newly wrong", "Still wrong")
    for role in BEFORE:
        if result.linked(role) is None:
            yield Heading(against(role)), Paragraph(unnamed(role))
            continue
        moved: tuple[Form, ...] = (Drawn(held_against(role)), Shaped(lost(role), heads))
        named = () if hidden else tuple((*moved, Said(one)) for one in NEWLY_WRONG)
        forms = (*named, moved, (Paragraph(UNREAD),))
        yield Heading(against(role)), Slot("moved", "what was right before and is wrong now", forms)


def release_people(release: Told) -> Groups:
    """How far those agreed who graded answers, and what judges are worth."""
    graded, calibrated = of_kind(release, "evals.human_grades"), of_kind(release, "evals.judge_calibration")
    parts: list[Piece] = [Heading(BY_HAND), *([] if graded else [Paragraph(NO_GRADES)])]
    for one in graded:
        parts += [_named(one), *people.human_grades(one)]
    parts += [Heading(BY_JUDGES), *([] if calibrated else [Paragraph(NO_CALIBRATION)])]
    for one in calibrated:
        parts += [_named(one), *calibration(one)]
    yield parts


def _named(held: Told) -> Slot:
    label = (held.facts.label(held.digest) or "").capitalize()
    return Slot("named", "how what it tells of stands", ((Labelled(((label, None),)),),))


def release_confusion(release: Paper) -> Groups:
    """What was taken for what, and what failed: single answers only where the cases are kept from nobody."""
    result = release.linked("result")
    if result is None:
        return
    if not charts.confusion(result.body):
        yield (Paragraph(NO_MATRIX),)
    yield results.confusion(result.body), Heading(FAILED)
    thresholds = result.linked("thresholds")
    cases = thresholds.linked("evaluation_set") if thresholds is not None else None
    told: tuple[Form, ...] = (Drawn(BECAME), Shaped(MISSED, None), Heading(EXAMPLES))
    heads = ("Case", "Asked", "Answered", "Why it failed")
    shown = Shaped(FIRST_FAILED.format("{#}"), heads), Shaped(FIRST_FAILED.format("{#}"), heads, (), NO_FAILURE)
    hidden = cases is not None and cases.body["purpose"] == "holdout"
    forms = ((*told, Paragraph(KEPT)),) if hidden else tuple((*told, one) for one in shown)
    yield (Slot("failing", "what became of single answers", (*forms, (Paragraph(UNREAD),))),)


def release_red_team(release: Paper) -> Groups:
    """The verdicts on attacks, and sessions in which people tried the model."""
    result = release.linked("result")
    for section in by_role(result, charts.counted(result)) if result is not None else ():
        if section.role == "red_team":
            yield (results.about(section),)
    heads = ("Session", "Begun (UTC)", "Exchanges", "Graded", "Critical", "Which of them")
    yield (_or_none("sessions", "what is altered in red-team sessions", SESSIONS, heads),)


def release_waivers(_release: Paper) -> Groups:
    """Conditions, and waivers that something rested on."""
    yield (_or_none("conditions", "conditions", CONDITIONS, ("Given by", "On", "Condition", "State")),)
    heads = ("Waiver", "Checks that may be red", "Because", "Risk accepted", "Signed by")
    yield (_or_none("waivers", "waivers", WAIVERS, heads),)


def release_data(release: Told) -> Groups:
    """The contracts, the datasets, and what quality checks found in them."""
    record = release.linked("run_record")
    spec = record.linked("run_spec") if record is not None else None
    if spec is None:
        return
    datasets = spec.all_linked("dataset")
    contracts = {one.digest: one for each in datasets for one in each.all_linked("contract")}
    for contract in contracts.values():
        yield _named(release.at(contract.digest)), *tuning.data_contract(contract)
    rows = tuple(
        (f"{one.title}, version {one.number}", f"{one.body['rows']:,}", str(one.body["source"]), None,
         one.digest.removeprefix("sha256:"))
        for one in datasets
    )  # fmt: skip
    heads = ("Dataset", "Rows", "Source", "Signed by", "SHA-256")
    yield (Slot("datasets", "who signed the datasets", ((Shaped(TRAINED_ON, heads, rows),),)),)
    quality = spec.linked("quality_report")
    if quality is None:
        yield (Paragraph(NO_QUALITY),)
        return
    yield _named(release.at(quality.digest)), *data.quality_report(quality)


def release_run(release: Paper) -> Groups:
    """The run: what its permit bound, its seed, code and surroundings, and how it was tuned."""
    record = release.linked("run_record")
    spec = record.linked("run_spec") if record is not None else None
    if record is None or spec is None:
        return
    said, planned = record.body, spec.body
    environment = ", ".join(f"{name} {value}" for name, value in sorted(said["environment"].items()))
    rows: tuple[tuple[str, str | None], ...] = (
        ("Run", f"{record.title}: {said['method']}"),
        ("Launched by", None),
        ("Permit", None),
        ("Permit consumed", None),
        ("Attempts", None),
        ("Inputs, hashed again at the gate", None),
        ("Seed", str(planned["seed"])),
        ("Precision", str(planned["precision"])),
        ("Code", tuning.code(planned)),
        ("Lock file", planned["code"]["lockfile_sha256"]),
        ("Environment", environment or "unknown"),
        ("Loss", tuning.loss(said)),
        ("Received as", tuning.received(said)),
    )
    yield (Slot("run", "permit, attempts and launcher of the run", ((Labelled(rows),),)),)
    yield (facts(*tuning.chosen(planned)),)


def release_base_model(release: Paper) -> Groups:
    """Licence and life of the base model."""
    record = release.linked("run_record")
    spec = record.linked("run_spec") if record is not None else None
    base = spec.linked("base_model") if spec is not None else None
    if base is None:
        return
    body, licence = base.body, base.body["licence"]
    rows: tuple[tuple[str, str | None], ...] = (
        ("Base model", f"{base.title}: {body['name']}, {body['version']}"),
        ("Source", body["source"]),
        ("Licence", f"{licence['name']} ({licence['id']})"),
        ("Licence text", licence["text_sha256"]),
        ("Commercial use", "yes" if licence["commercial_use"] else "no"),
        ("Derivatives", "yes" if licence["derivatives"] else "no"),
        ("Standing", None),
    )
    heads = ("Question", "Answer", "Found", "Expected")
    asked = Shaped(LIFE, heads, tuple((question, None, None, None) for question in QUESTIONS))
    yield (
        Slot("base model", "the base model’s standing", ((Labelled(rows),),)),
        Slot("life", "how long the base model lasts", ((asked,),)),
    )


def release_cost(_release: Paper) -> Groups:
    """What training and testing took."""
    yield (Slot("cost", "what else was tested", ((Shaped(COST, ("What", "Seconds", "Tokens", "Money")),),)),)


def release_use(_release: Paper) -> Groups:
    """Services that serve the release or did, and releases that follow it."""
    heads = ("Service", "Environment", "Since", "Until", "Critical", "Entry")
    yield (_or_none("served", "services that serve it", SERVED, heads),)
    heads_before = ("Service", "Environment", "What became of it", "Version")
    yield (_or_none("before", "services that served it", SERVED_BEFORE, heads_before),)
    yield (_or_none("after", "releases after it", FOLLOWING, ("Release", "Version", "By", "Put forward (UTC)")),)


def release_figures(release: Paper) -> Groups:
    """Every figure measured of the tuned model."""
    result = release.linked("result")
    if result is not None:
        yield results.circumstances(result.body), results.figures(result.body)
