"""What stands in sections that dossiers tell of their own, as far as it follows from documents: in groups, in order.

Between the groups a dossier tells of entries, signatures, cases and answers; these parts are known by their sentences.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from governance.proof.charts import counts as drawn
from governance.proof.charts import results as charts
from governance.proof.charts.counts import BEFORE
from governance.proof.charts.results import ALL
from governance.proof.sections import acts, counts, data, people, results, tuning
from governance.proof.sections.blocks import FactsTable, Heading, Paragraph, Value, facts, files
from governance.proof.sections.held import Paper, Told
from governance.proof.sections.slots import Labelled, Piece, Shaped, Slot
from governance.proof.sections.stages import by_role, by_stages

Groups = Iterator[Sequence[Piece]]
NONE: Final = acts.NONE
HEADLINE: Final = (
    "Test logs and test reports, dated and signed by those responsible, as Annex IV, point 2(g), of the EU AI Act asks "
    "for them. It is for the reader to judge whether they suffice."
)
DATED: Final = "Test logs and test reports, each with its date and who answers for it."
DATED_HEADS: Final = ("What", "Document", "Dated (UTC)", "Entry", "Signed, or responsible")
LOGS: Final = "Test logs: every answer, one line a case."
BY_PEOPLE: Final = "With people’s grades: the judgement that counts is a document of its own."
DIFFERENCES: Final = "Differences, case by case"
NO_MATRIX: Final = "No matrix is drawn: no case has a label, or there are more than can be read on a page."
UNREAD: Final = (
    "The answers or cases could not be graded again as they were frozen, so nothing is told of single answers."
)
FAILED: Final = "What failed"
EXAMPLES: Final = "Failures by example"
ELSEWHERE: Final = (
    "This dossier is read by everybody in a project, and cases are kept from those who train. So single answers are in "
    "a report of their own, “Failures by example”: whoever may see the cases asks for it on the result’s page."
)
SESSIONS: Final = "Red-team sessions with this model, and their critical answers."
NEVER: Final = "never begun"
BY_HAND, BY_JUDGES = "Graded by people", "Graded by judges"
NO_GRADES: Final = f"{NONE} No verdict here rests on people’s grades."
NO_CALIBRATION: Final = f"{NONE} No verdict here rests on a calibrated judge."
TRAINED_ON: Final = "What it was trained on."
NO_QUALITY: Final = f"{NONE} The run names no quality report."
LIFE: Final = "Its life as known then, by the server’s word: the same questions that the gate of a run asks."
QUESTIONS: Final = ("Lasts as long as it is needed", "Can be had again", "Can be trained on while needed")
COST: Final = (
    "What training and testing took. Energy is not recorded. What judges took is told in the document of each result."
)
CONDITIONS: Final = "Conditions that signatures of the lineage were given under."
WAIVERS: Final = "Waivers that something here rested on."
WAIVER_HEADS: Final = ("Waiver", "Checks that may be red", "Because", "Risk accepted", "Signed by")
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
DECIDABLE: Final = "yes"
"""what stands beside a limit that cases can decide"""
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


def lead(release: Told) -> list[tuple[str, str | None]]:
    """Return what page one says of a release first: how it stands, the verdict, and who signed it and the plan."""
    result = release.linked("result")
    plan = result.linked("thresholds") if result is not None else None
    signers = [acts.signers(release.acts, one.digest) if one is not None else "" for one in (release, plan)]
    return [
        ("Standing", release.status),
        ("Verdict", verdict_words(result) if result is not None else None),
        ("Signed by", signers[0] or acts.NOBODY),
        ("Plan signed by", signers[1] or acts.NOBODY),
    ]


def verdict_words(result: Paper) -> str:
    """Return the verdict that counts in words, or for whom it waits."""
    waits = [str(line["threshold"]) for line in charts.counted(result) if line.get("waits_for") == "people"]
    return f"waiting for people: {', '.join(waits)}" if waits else charts.verdict(result) or "measured, not judged"


def of_kind(told: Told, kind: str) -> "list[Told]":
    """Return the documents of a kind that a report tells of, the oldest first."""
    return [told.at(one) for one in told.acts.of_kind(kind)]


def calibration(held: Paper) -> list[Piece]:
    """A calibration as dossiers tell of it: what people graded since is the server's word."""
    first, *rest = people.judge_calibration(held, "")
    labels = [(row.label, None if row.label == people.SINCE else row.said) for row in first.rows]  # type: ignore[union-attr]
    return [Slot("since", "what people graded since a calibration", ((Labelled(tuple(labels)),),)), *rest]


def _or_none(name: str, what: str, caption: str, heads: tuple[str, ...], empty: str = NONE) -> Slot:
    """A table of what the server tells, or that there is nothing to tell."""
    return Slot(name, what, ((Shaped(caption, heads),), (Shaped(caption, heads, (), empty),)))


def release_headline(release: Told) -> Groups:
    """Test logs and reports, the release as it was put forward, and the file of answers."""
    result = release.linked("result")
    yield (Paragraph(HEADLINE),)
    if result is not None:
        yield (results.release_figures(result.body, charts.counted(result), charts.verdict(result)),)
    yield table_of(DATED, DATED_HEADS, acts.dated(release)), put_forward(release)
    if result is not None:
        yield (files(LOGS, [result.body["outputs"]]),)


def put_forward(release: Told) -> FactsTable:
    """How a release was put forward, and under which permit, by whose order, its model was tested."""
    body = release.body
    return facts(("Put forward", str(body["title"])), ("Note", str(body["note"])), *acts.tested(release))


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
    yield Heading(DIFFERENCES), *counts.differences(result.body), results.side_by_side(result)


def release_regression(release: Paper) -> Groups:
    """What was right before and is wrong now, beside the baseline and the last release."""
    result = release.linked("result")
    if result is None:
        return
    for role in BEFORE:
        yield Heading(against(role)), *_moved(result, role)


def _moved(result: Paper, role: str) -> list[Piece]:
    if result.linked(role) is None:
        return [Paragraph(unnamed(role))]
    return [*counts.moved(_adding_up(result), role)]


def _adding_up(result: Paper) -> Mapping[str, Any]:
    """Return a result's counts of answers, but for those of other slices or answers than its cases were asked for."""
    body, cases = result.body, _cases(result)
    if cases is None:
        return body
    slices, asked = {ALL, *cases.body["slices"]}, int(cases.body["cases"]) * int(body.get("repeats") or 1)

    def right(kept: Mapping[str, Mapping[str, Any]], parts: Sequence[str]) -> bool:
        return set(kept) == slices and sum(drawn.counts(kept[ALL], parts)) == asked

    became = body.get("became") or {}
    return {
        "became": became if right(became, drawn.OUTCOMES) else {},
        "moved": {role: kept for role, kept in (body.get("moved") or {}).items() if right(kept, drawn.MOVED)},
    }


def _cases(result: Paper) -> Paper | None:
    """The set of cases that a result is on."""
    thresholds = result.linked("thresholds")
    return thresholds.linked("evaluation_set") if thresholds is not None else None


def release_people(release: Told) -> Groups:
    """How far those agreed who graded answers, and what judges are worth."""
    graded, calibrated = of_kind(release, "evals.human_grades"), of_kind(release, "evals.judge_calibration")
    parts: list[Piece] = [Heading(BY_HAND), *([] if graded else [Paragraph(NO_GRADES)])]
    for one in graded:
        parts += [named(one), *people.human_grades(one)]
    parts += [Heading(BY_JUDGES), *([] if calibrated else [Paragraph(NO_CALIBRATION)])]
    for one in calibrated:
        parts += [named(one), *calibration(one)]
    yield parts


def named(held: Told) -> Labelled:
    """A document that a dossier tells of, and how it stands."""
    label = (held.acts.label(held.digest) or "").capitalize()
    return Labelled(((label, stands(held, f"{held.title}: ")),))


def stands(held: Told, lead: str = "") -> str | None:
    """How a document stands, after what is said before it; None where that is told nowhere else."""
    return f"{lead}{held.status}" if held.status is not None else None


def table_of(caption: str, heads: tuple[str, ...], rows: Iterable[Sequence[Value]], empty: str = NONE) -> Shaped:
    """A table that follows row by row from documents, signatures and entries."""
    return Shaped(caption, heads, tuple(acts.cells(rows)), empty)


def release_confusion(release: Paper) -> Groups:
    """What was taken for what, and what failed, in counts; single answers are in a report of their own."""
    result = release.linked("result")
    if result is None:
        return
    if not charts.confusion(result.body):
        yield (Paragraph(NO_MATRIX),)
    told = (Paragraph(ELSEWHERE),), (Paragraph(UNREAD),)
    failing = Slot("examples", "whether answers can be graded again", told)
    yield (
        results.confusion(result.body), Heading(FAILED), *counts.became(_adding_up(result)), Heading(EXAMPLES), failing,
    )  # fmt: skip


def release_red_team(release: Paper) -> Groups:
    """The verdicts on attacks, and sessions in which people tried the model."""
    result = release.linked("result")
    for section in by_role(result, charts.counted(result)) if result is not None else ():
        if section.role == "red_team":
            yield (results.about(section),)
    heads = ("Session", "Begun (UTC)", "Exchanges", "Graded", "Critical", "Which of them")
    yield (_or_none("sessions", "what is altered in red-team sessions", SESSIONS, heads),)


def release_waivers(release: Told) -> Groups:
    """Conditions, and waivers that something rested on."""
    yield (table_of(CONDITIONS, ("Given by", "On", "Condition", "State"), acts.conditions(release)),)
    yield (table_of(WAIVERS, WAIVER_HEADS, acts.waivers(release)),)


def release_data(release: Told) -> Groups:
    """The contracts, the datasets, and what quality checks found in them."""
    record = release.linked("run_record")
    spec = record.linked("run_spec") if record is not None else None
    if spec is None:
        return
    datasets = spec.all_linked("dataset")
    contracts = {one.digest: one for each in datasets for one in each.all_linked("contract")}
    for contract in contracts.values():
        yield named(contract), *tuning.data_contract(contract)
    heads = ("Dataset", "Rows", "Source", "Signed by", "SHA-256")
    yield (table_of(TRAINED_ON, heads, acts.datasets(spec)),)
    quality = spec.linked("quality_report")
    if quality is None:
        yield (Paragraph(NO_QUALITY),)
        return
    yield named(quality), *data.quality_report(quality)


def release_run(release: Told) -> Groups:
    """The run: what its permit bound, its seed, code and surroundings, and how it was tuned."""
    record = release.linked("run_record")
    spec = record.linked("run_spec") if record is not None else None
    if record is None or spec is None:
        return
    told = run(record, spec)
    if told is None:
        yield (Paragraph(NONE),)
        return
    yield (told,)
    yield (facts(*tuning.chosen(spec.body)),)


def run(record: Told, spec: Told) -> FactsTable | None:
    """Return what is told of a run: by its documents, its permit and the entries; None where there is no permit."""
    said, planned, permitted = record.body, spec.body, acts.run(spec)
    if permitted is None:
        return None
    environment = ", ".join(f"{name} {value}" for name, value in sorted(said["environment"].items()))
    return facts(
        ("Run", f"{record.title}: {said['method']}"),
        *permitted,
        ("Seed", str(planned["seed"])),
        ("Precision", str(planned["precision"])),
        ("Code", tuning.code(planned)),
        ("Lock file", planned["code"]["lockfile_sha256"]),
        ("Environment", environment or None),
        ("Loss", tuning.loss(said)),
        ("Received as", tuning.received(said)),
    )


def release_base_model(release: Told) -> Groups:
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
        ("Standing", stands(base)),
    )
    heads = ("Question", "Answer", "Found", "Expected")
    asked = Shaped(LIFE, heads, tuple((question, None, None, None) for question in QUESTIONS))
    yield (
        Labelled(rows),
        Slot("life", "how long the base model lasts", ((asked,),)),
    )


def release_cost(release: Told) -> Groups:
    """What training and testing took."""
    yield (table_of(COST, ("What", "Seconds", "Tokens", "Money"), acts.cost(release)),)


def release_use(release: Told) -> Groups:
    """Services that serve the release or did, and releases that follow it."""
    heads = ("Service", "Environment", "Since", "Until", "Critical", "Entry")
    yield (table_of(SERVED, heads, acts.served(release)),)
    heads_before = ("Service", "Environment", "What became of it", "Version")
    yield (_or_none("before", "services that served it", SERVED_BEFORE, heads_before),)
    heads_after = ("Release", "Version", "By", "Put forward (UTC)")
    after = Shaped(FOLLOWING, heads_after, tuple(acts.following(release)), NONE)
    yield (Slot("after", "what releases after it are called", ((after,),)) if after.rows else after,)


def release_figures(release: Paper) -> Groups:
    """Every figure measured of the tuned model."""
    result = release.linked("result")
    if result is not None:
        yield results.circumstances(result.body), results.figures(result.body)
