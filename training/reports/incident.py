"""The incident report and the change reports: the answers of their pages, from the same selectors, with the proof."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from django.utils import timezone
from pydantic import Field

from governance import access
from governance.errors import Invalid
from governance.models import Document, Report
from governance.proof.answers import approval, changed, served, side_by_side
from governance.proof.answers.changed import CHANGED_STANDINGS, STANDINGS
from governance.proof.checks import periods
from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Strict, Time, moment
from governance.proof.sections.blocks import Block, Column, Fact, Heading, Notice, Paragraph, table
from governance.registry import MOMENT, ReportKind, Wanted, one_of
from governance.reports.days_asked import DaysAsked
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told
from governance.selectors import as_of, ledger
from training.bodies.continuity import DEPLOYMENT
from training.kinds.serving import SERVABLE
from training.selectors import changes, incident, serving
from training.selectors.changes import Changes
from training.selectors.incident import Incident, Model, Paper

PROVES = (
    "Every document told of is in the evidence: its bytes, its signatures, and the proof that the ledger tells of it.",
    "The answer follows from these by rules that are written down, as of the checkpoint on every page.",
)
DOES_NOT_PROVE = (
    "That what was recorded is all that happened: who deploys without recording it leaves the last record standing.",
    "That the model caused what went wrong.",
)


class IncidentAsked(Strict):
    """The moment."""

    time: Annotated[
        str,
        Field(
            title="When was it so? (UTC)",
            description="Empty: when the report was asked for or, of a past ledger size, at its last entry.",
            pattern=r"^$|^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$",
            json_schema_extra=MOMENT,
        ),
    ] = ""


def _asked(report: Report) -> IncidentAsked:
    return IncidentAsked.model_validate_json(report.parameters)


def _check(report: Report) -> None:
    wanted = _asked(report).time
    if not wanted:
        return
    try:
        as_of.at(moment(wanted))
    except ValueError as problem:
        raise Invalid("time", str(problem)) from None


def _answer(report: Report) -> Incident:
    known = incident.known_at(report.ledger_size)
    services = serving.services([report.project], known.size)
    service = serving.of_deployment(services, _subject(report))
    if service is None:
        raise Invalid("subject", "nothing was on record of this service then")
    wanted = _asked(report).time
    return incident.answer(service, min(moment(wanted), known.time) if wanted else known.time, known, services)


def _subject(report: Report) -> Document:
    if report.subject is None:
        raise Invalid("subject", "found nothing, expected a document")
    return report.subject


def _want(report: Report) -> Wanted:
    found = _answer(report)
    subject = _subject(report)
    others = tuple(document for document in found.rests_on if document.digest != subject.digest)
    return Wanted((subject, *others), frozenset(doer.seq for model in found.models for doer in model.doers))


def _pages(gathered: Gathered) -> Told:
    found = _answer(gathered.report)
    return Told(
        title=found.headline.rstrip("."),
        about=f"What ran in {found.service.title}",
        proves=PROVES,
        does_not_prove=DOES_NOT_PROVE,
        lead=tuple(_lead(found)),
        first=tuple(_sections(gathered, found)),
        own_exceptions=tuple(_exceptions(found)),
        in_full=next((model.serves.digest for model in found.models if model.serves is not None), ""),
    )


def _lead(found: Incident) -> Iterator[Fact]:
    yield Fact("Service", found.service.title)
    yield Fact("Moment", found.time)
    yield Fact("As known at", found.known.time)
    for model in found.models:
        yield Fact("It ran" if found.model else "It may have been", model.name, link=_digest(model.serves))
        data = ", ".join(f"{one.paper.document} ({one.said.rows} rows)" for one in model.data)
        yield Fact("Approved", model.approval)
        yield Fact("Trained on", data or "not known")
        yield Fact("Release signed by", _names(model.release) if model.release else "no release")
        yield Fact("Base model", str(model.base.document) if model.base else "not known")
    safe = found.last_safe
    yield Fact("Last safe version", safe.name if safe else "none", link=_digest(safe.document) if safe else None)


def _exceptions(found: Incident) -> Iterator[Notice]:
    for model in found.models:
        if model.serves is not None and not model.approved_then:
            yield Notice("Not approved", approval.refused(model.name), model.serves.digest)
        for paper in model.shaken:
            said = approval.rested(model.name, str(paper.document), paper.then)
            yield Notice("Not in force", said, paper.document.digest)
    for gap in found.gaps:
        yield Notice("Not known", gap.words)


def _sections(gathered: Gathered, found: Incident) -> Iterator[Section]:
    for model in found.models:
        name = "" if found.model else f", if it was {model.name}"
        yield Section(f"Which data was it trained on{name}?", tuple(_data(model)))
        yield Section(f"Who evaluated it, and who approved it{name}?", tuple(_people(gathered, model)))
        yield Section(f"Which base model underpins it{name}?", tuple(_base(model)))
    yield Section("What changed since the last safe version?", tuple(_since(found)))
    yield Section("What ran here, and what was recorded of it", tuple(_history(found)))


def _data(model: Model) -> Iterator[Block]:
    rows = [
        (str(one.paper.document), one.said.rows, one.paper.then.standing.value, _names(one.paper),
         one.paper.document.digest.removeprefix("sha256:")[:12])
        for one in model.data
    ]  # fmt: skip
    columns = (Column("Dataset", 30), Column("Rows", 8, "right"), Column("Standing then", 16),
               Column("Signed by", 30), Column("Digest", 16, code=True))  # fmt: skip
    yield table("The data of the run.", columns, rows, "None: nothing was trained here.")
    if model.contracts:
        yield _papers("Under these data contracts.", model.contracts)
    if model.standing_approval:
        yield _papers("Inside this standing approval.", [model.standing_approval])


def _people(gathered: Gathered, model: Model) -> Iterator[Block]:
    yield Paragraph(f"Verdict: {model.verdict}." if model.verdict else "No verdict is on record.")
    papers = [*model.release_papers, *model.waivers, *model.plan]
    rows = [
        (str(paper.document), signer.printed_name, access.label(signer.role), signer.method,
         f"{signer.at:%Y-%m-%d %H:%M}", signer.seq)
        for paper in papers
        for signer in paper.signers
    ]  # fmt: skip
    columns = (Column("Document", 28), Column("Signed by", 20), Column("Role", 15), Column("How", 16),
               Column("Time (UTC)", 14), Column("Entry", 7, "right"))  # fmt: skip
    yield table("Release, waivers and plan, with names as signers printed them.", columns, rows, "Nobody signed.")
    yield _papers("How these stood at the moment, and stand.", papers)
    done = [
        (gathered.who(doer.actor), doer.did, f"{doer.at:%Y-%m-%d %H:%M}", doer.seq) for doer in model.doers
    ]  # fmt: skip
    work = (Column("Who", 35), Column("Did", 40), Column("Time (UTC)", 17), Column("Entry", 8, "right"))
    yield table("Who did the work, by the ledger.", work, done, "Nobody is on record.")


def _base(model: Model) -> Iterator[Block]:
    yield _papers("The base model.", model.base_papers)
    said = model.underpinning
    if said is None:
        return
    if said.hosted is not None:
        yield Paragraph(f"Hosted by {said.hosted.provider} as {said.hosted.snapshot}: no files are held here.")
    rows = [(entry.path, entry.size, entry.sha256.removeprefix("sha256:")) for entry in said.files]
    columns = (Column("File", 34), Column("Bytes", 12, "right"), Column("SHA-256", 54, code=True))
    if rows:
        yield table("The files of its weights.", columns, rows)


def _since(found: Incident) -> Iterator[Block]:
    rows = [
        (one.name, f"{one.span.begins:%Y-%m-%d %H:%M}", f"{one.span.ends:%Y-%m-%d %H:%M}" if one.span.ends else "",
         one.told)
        for one in found.before
    ]  # fmt: skip
    columns = (Column("What ran before", 30), Column("From (UTC)", 15), Column("To (UTC)", 15), Column("Safe?", 40))
    yield table("What ran there before, the last first.", columns, rows, "Nothing else ran there before.")
    if found.changed is not None:
        yield from _differences(found.changed)


def _history(found: Incident) -> Iterator[Block]:
    called = {digest: str(document) for digest, document in found.service.named.items()}
    spans = served.span_rows(found.service.spans, called)
    columns = (Column("From (UTC)", 20), Column("To (UTC)", 20), Column("What ran", 42), Column("Open", 18))
    yield table("What ran, the last first.", columns, spans)
    events = [
        (f"{event.at:%Y-%m-%d %H:%M:%S}", f"{event.known_at:%Y-%m-%d %H:%M:%S}", event.body.what,
         found.service.name_of(event.now), event.body.reason, event.document.seq)
        for event in found.events
    ]  # fmt: skip
    told = (Column("So at (UTC)", 16), Column("Recorded (UTC)", 16), Column("What", 11), Column("It ran then", 22),
               Column("Reason", 28), Column("Entry", 7, "right"))  # fmt: skip
    yield table("What was recorded: when it was so, and when it became known.", told, events, "No event.")


def _papers(caption: str, papers: Iterable[Paper]) -> Block:
    rows = [
        (str(paper.document), paper.label, paper.then.standing.value, paper.line.standing.standing.value, _names(paper),
         paper.document.digest.removeprefix("sha256:")[:12])
        for paper in papers
    ]  # fmt: skip
    columns = (Column("Document", 25), Column("Kind", 14), Column("Then", 12), Column("As known", 12),
               Column("Signed by", 21), Column("Digest", 16, code=True))  # fmt: skip
    return table(caption, columns, rows, "None is on record.")


def _names(paper: Paper) -> str:
    return ", ".join(f"{s.printed_name} ({access.label(s.role)})" for s in paper.signers) or "nobody"


def _digest(document: Document | None) -> str | None:
    return document.digest if document is not None else None


class ChangeAsked(Strict):
    """What it is compared with."""

    since: Annotated[
        Digest,
        Field(
            title="Since",
            description="The earlier release, run or base model.",
            json_schema_extra=one_of(SERVABLE),
        ),
    ]


def _before(report: Report) -> Document:
    after = _subject(report)
    wanted = ChangeAsked.model_validate_json(report.parameters).since
    rows = Document.objects.filter(pk=wanted, project=after.project, kind__in=SERVABLE)
    found = rows.select_related("project", "series", "created_by").first()
    if found is None or found.digest == after.digest:
        raise Invalid("since", "found nothing that could serve in this project, expected another release of it")
    return found


def _check_change(report: Report) -> None:
    _before(report)


def _want_change(report: Report) -> Wanted:
    before, after = _before(report), _subject(report)
    found = changes.between(before, after, report.ledger_size)
    policies = [one for one in found.policies if one is not None]
    return Wanted((after, before, *dict.fromkeys(policies)), frozenset(role.seq for role in found.roles))


def _pages_change(gathered: Gathered) -> Told:
    before, after = _before(gathered.report), _subject(gathered.report)
    found = changes.between(before, after, gathered.size)
    return Told(
        title=f"From {before} to {after}",
        about="Changes in the records",
        proves=PROVES,
        does_not_prove=("That a change caused a difference in the results.", *DOES_NOT_PROVE[:1]),
        lead=(
            Fact("Before", str(before), link=before.digest),
            Fact("After", str(after), link=after.digest),
            Fact("Documents", f"{len(found.differences)} changed, {len(found.unchanged)} the same"),
            Fact("Policy", _policy(found)),
        ),
        first=(
            Section("What changed, topic by topic", tuple(_differences(found))),
            Section("People and policy", tuple(_around(gathered, found))),
        ),
    )


class PeriodAsked(DaysAsked):
    """A period of a project: in whole days, or from one moment to another."""

    since: Annotated[
        Time | None,
        Field(title="Or since a moment (UTC)", description="In place of days.", json_schema_extra=MOMENT),
    ] = None
    time: Annotated[
        Time | None,
        Field(
            title="Up to a moment (UTC)",
            description="Empty, where a moment is given above: up to now.",
            json_schema_extra=MOMENT,
        ),
    ] = None

    @property
    def between(self) -> periods.Days | periods.Moments:
        """The days or moments as the verifier reads them."""
        return periods.between(self.model_dump(mode="json"))

    def check(self) -> None:
        """Return if they make sense together. Invalid otherwise."""
        super().check()
        for name, given in (("since", self.since), ("time", self.time)):
            if given and (self.first or self.last):
                raise Invalid(name, "found a moment beside days, expected either moments or days")
            if given and moment(given) > timezone.now():
                raise Invalid(name, "found a time to come, expected one that is over")
        if self.since and self.time and moment(self.time) < moment(self.since):
            raise Invalid("time", f"found {self.time}, expected {self.since} or later")

    def ends(self, size: int) -> tuple[as_of.Moment, as_of.Moment]:
        """Return the two moments that are compared, in a ledger of that size."""
        asked = self.between
        if isinstance(asked, periods.Days):
            span = self.span(size)
            return incident.known_at(max(span.start, 1)), incident.known_at(max(span.stop, 1))
        since, then = asked.ends(ledger.time_of(size))
        return _moment_of(since, 1, size), _moment_of(then, size, size)


def _moment_of(time: datetime | None, otherwise: int, size: int) -> as_of.Moment:
    """Return a moment within a ledger of that size; without a time, that of its last entry at the size `otherwise`."""
    if time is None:
        return incident.known_at(otherwise)
    return replace(incident.known_at(max(min(as_of.size_at(time), size), 1)), time=time)


def _period(report: Report) -> Changes:
    if report.project is None:
        raise Invalid("project", "found none, expected one")
    ends = PeriodAsked.model_validate_json(report.parameters).ends(report.ledger_size)
    return changes.of_project(report.project, *ends)


def _want_period(report: Report) -> Wanted:
    found = _period(report)
    told = [d for one in found.differences for d in (one.after, one.before) if d is not None]
    told += [one.document for one in found.standings] + [one for one in found.policies if one is not None]
    # That nothing came between two versions, or before the first, shows from the entries of all that there are.
    series = {one.document.series_id for one in found.differences}
    versions = Document.objects.filter(series__in=series, seq__lt=found.spans[1]).values_list("seq", flat=True)
    # What overtook a document is in the evidence, and so are the entries as of whose times standings are compared.
    overtook = Document.objects.filter(series__in={one.document.series_id for one in found.standings})
    told += overtook.filter(seq__lt=found.spans[1]).select_related("project", "series", "created_by").order_by("seq")
    return Wanted(
        tuple(dict.fromkeys(told)),
        frozenset(role.seq for role in found.roles) | frozenset(versions),
        around=frozenset(size - 1 for size in found.spans if size),
    )


def _pages_period(gathered: Gathered) -> Told:
    found = _period(gathered.report)
    asked = PeriodAsked.model_validate_json(gathered.report.parameters).between
    columns = tuple(map(Column, STANDINGS, (36, 18, 18, 28)))
    rows = [
        (str(one.document), one.before.standing.value, one.after.standing.value, one.why) for one in found.standings
    ]
    standings = table(CHANGED_STANDINGS, columns, rows, "None.")
    return Told(
        title=f"Changes, {asked.words(gathered.time)}",
        about="Changes in the records",
        proves=PROVES,
        does_not_prove=DOES_NOT_PROVE[:1],
        lead=(
            Fact("Period", asked.words(gathered.time)),
            Fact("Documents", f"{len(found.differences)} added or replaced"),
            Fact("Standings", f"{len(found.standings)} changed"),
            Fact("Policy", _policy(found)),
        ),
        first=(
            Section("Documents, topic by topic", tuple(_differences(found))),
            Section("Standings", (standings,)),
            Section("People and policy", tuple(_around(gathered, found))),
        ),
        plain=True,
    )


def _check_period(report: Report) -> None:
    PeriodAsked.model_validate_json(report.parameters).check()


HEADINGS = {topic: topic.capitalize() for topic in (*(name for name, _ in changes.TOPICS), changed.OTHER)}
ALONE = tuple(map(Column, changed.ALONE_HEAD, (56, 28, 16)))
CHANGED = tuple(map(Column, changed.CHANGED_HEAD, (30, 35, 35)))


def _differences(found: Changes) -> Iterator[Block]:
    for row in found.rows:
        yield Paragraph(row.words)
    for topic, held in found.topics:
        yield Heading(HEADINGS[topic])
        alone = [one for one in held if one.before is None or one.after is None]
        if alone:
            listed = [(str(one.document), one.label, one.verb) for one in alone]
            yield table(changed.ALONE, ALONE, listed)
        for one in held:
            if one in alone:
                continue
            rows = [(told.path, changed.cut(told.old), changed.cut(told.new)) for told in one.changes]
            caption = changed.caption(str(one.document), one.label, one.verb, one.more)
            yield table(caption, CHANGED, rows, changed.SAME)
    if not found.differences:
        yield Paragraph(changed.NOTHING)
    if found.results is not None:
        yield from _results(found)


def _results(found: Changes) -> Iterator[Block]:
    both = found.results
    if both is None:
        return
    yield Heading(side_by_side.HEADING)
    yield Paragraph(both.told.sentence)
    columns = (Column("Metric", 30), Column("Slice", 22), Column("Before", 16, "right"), Column("After", 16, "right"),
               Column("Difference", 16, "right"))  # fmt: skip
    yield table(both.told.caption, columns, both.told.rows, side_by_side.EMPTY)


def _policy(found: Changes) -> str:
    before, after = (str(one) if one is not None else "none" for one in found.policies)
    return f"{before}, then {after}" if found.policy_changed else f"the same: {after}"


def _around(gathered: Gathered, found: Changes) -> Iterator[Block]:
    rows = [
        (gathered.who(one.actor), "given" if one.given else "taken back", access.label(one.role),
         "organisation" if one.everywhere else "project", f"{one.at:%Y-%m-%d %H:%M}", one.seq)
        for one in found.roles
    ]  # fmt: skip
    columns = (Column("Who", 28), Column("Was", 13), Column("Role", 20), Column("Where", 14), Column("Time (UTC)", 17),
               Column("Entry", 8, "right"))  # fmt: skip
    yield table("Roles given and taken back.", columns, rows, "None.")
    before, after = (str(one) if one is not None else "none" for one in found.policies)
    words = (
        f"The policy was {before} and became {after}." if found.policy_changed else f"The policy is the same: {after}."
    )
    yield Paragraph(f"{words} Compared between ledger sizes {found.spans[0]} and {found.spans[1]}.")


INCIDENT = ReportKind(
    name="incident",
    label="Incident report",
    about="What ran in a service at a moment: data, people, base model, and what changed since it was safe.",
    asks=IncidentAsked,
    of=frozenset({"document"}),
    kinds=frozenset({DEPLOYMENT}),
    want=_want,
    pages=_pages,
    check=_check,
    brief=True,
)
CHANGE = ReportKind(
    name="change",
    label="Change report",
    about="What changed from an earlier release, run or base model to this one.",
    asks=ChangeAsked,
    of=frozenset({"document"}),
    kinds=frozenset(SERVABLE),
    want=_want_change,
    pages=_pages_change,
    check=_check_change,
    brief=True,
)
PERIOD = ReportKind(
    name="project-change",
    label="Changes of a period",
    about="What changed in the project and on the shelf in a period.",
    asks=PeriodAsked,
    of=frozenset({"project"}),
    want=_want_period,
    pages=_pages_period,
    check=_check_period,
)
