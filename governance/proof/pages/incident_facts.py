"""What an incident report must answer, as it follows from its evidence: what ran in a service at a moment, what stands
behind that, and what ran there before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from governance.proof.answers import approval, running, safety, served
from governance.proof.answers.behind import Behind, behind, named, verdict
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.answers.running import Answer, Claim, Span
from governance.proof.answers.served import DEPLOYMENT, EVENT, MARK, Happened
from governance.proof.answers.unknown import Unknown, of_model
from governance.proof.checks.agreed import Moment, Standings
from governance.proof.checks.facts import Facts
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import JOB_ADMITTED, JOB_ARMED, JUDGED, Leaf
from governance.proof.history import jobs as job_history

LAUNCHED = ("launched the run", "launched the evaluation")
WROTE = ("had it judged with people's grades", "graded answers")
"""what people did whom an answer names, as pages have it: of a run's record and results, of a judgement and grades"""


@dataclass(frozen=True)
class Record:
    """One deployment: its versions, the first first, what happened to it, and what both claim."""

    versions: tuple[str, ...]
    events: tuple[Happened, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Service:
    """What goes by one name, in the order in which its deployments came into the register."""

    title: str
    records: tuple[Record, ...]

    def at(self, time: datetime) -> Answer:
        """Return what ran at a moment."""
        return running.together([running.at(running.settled(one.claims), time) for one in self.records])

    @cached_property
    def spans(self) -> list[Span]:
        """What ran when, the first first."""
        return running.spans([running.settled(one.claims) for one in self.records])

    @cached_property
    def events(self) -> list[Happened]:
        """What happened, in the order in which it was so."""
        return sorted((each for one in self.records for each in one.events), key=lambda each: (each.at, each.seq))

    @cached_property
    def counting(self) -> list[Happened]:
        """The same without those that were recorded again about the same moment."""
        counts = {each.digest for one in self.records for each in served.counting(one.events)}
        return [each for each in self.events if each.digest in counts]


@dataclass(frozen=True)
class Doer:
    """Somebody who did something that is no signature, and the entry that tells of it."""

    person: str
    did: str
    leaf: Leaf


@dataclass(frozen=True)
class Incident:
    """The answer about the service that a report's subject is of, from the documents and entries in the evidence."""

    facts: Facts
    standings: Standings

    @cached_property
    def known(self) -> datetime:
        """As of when it is known: the time of the ledger's last entry."""
        last = self.facts.last
        return moment(last.time if last is not None else self.facts.evidence.report.created_at)

    @cached_property
    def time(self) -> datetime:
        """The moment asked about; later than what is known, or none: as of then."""
        asked = str(self.facts.evidence.report.parameters.get("time") or "")
        return min(moment(asked), self.known) if asked else self.known

    @cached_property
    def services(self) -> list[Service]:
        """The services of the project of which the evidence tells, by name; deployments that go by one name are one."""
        mine = self.facts.documents[self.facts.subject]
        of: dict[str, list[str]] = {}
        for digest, document in self._told(DEPLOYMENT):
            if document.project == mine.project:
                of.setdefault(document.series, []).append(digest)
        groups: dict[tuple[str, str], list[Record]] = {}
        for versions in of.values():
            head = self.facts.documents[versions[-1]]
            groups.setdefault(served.key(head.body), []).append(self._record(versions))
        found = [Service(served.title(self._head(group[-1])), tuple(group)) for group in groups.values()]
        return sorted(found, key=lambda one: (one.title.casefold(), max(self._seq(r) for r in one.records)))

    @cached_property
    def own(self) -> Service:
        """The service that the report's subject is of."""
        return next(
            one for one in self.services if any(self.facts.subject in record.versions for record in one.records)
        )

    @property
    def service(self) -> str:
        """What the service is called."""
        return self.own.title

    @cached_property
    def ran(self) -> Answer:
        """What ran at the moment."""
        return self.own.at(self.time)

    @property
    def spans(self) -> list[Span]:
        """What ran when, the first first."""
        return self.own.spans

    @property
    def events(self) -> list[Happened]:
        """What happened, in the order in which it was so."""
        return self.own.events

    @cached_property
    def called(self) -> Mapping[str, str]:
        """The titles of documents, with their versions, by digest."""
        return {digest: name for digest in self.facts.documents if (name := self.facts.versioned(digest)) is not None}

    def name(self, what: str) -> str:
        """Return what ran, or may have, in words."""
        return served.named(what, self.called)

    @property
    def headline(self) -> str:
        """The answer to what ran, in one sentence."""
        return served.headline(self.service, self.time, self.ran, [self.name(what) for what in self.ran.candidates])

    @cached_property
    def models(self) -> list[Behind]:
        """What stands behind each thing that ran or may have; behind what is only stated, nothing does."""
        documents = self.facts.documents
        return [behind(what, documents) if what in documents else Behind("") for what in self.ran.candidates]

    @cached_property
    def before(self) -> dict[str, Span]:
        """What ran there before, the last first, and when it last did."""
        return dict(reversed(safety.ran_before(self.spans, self.ran.candidates, self.time).items()))

    def verdict(self, model: Behind) -> str:
        """Return the verdict that counts of what ran."""
        bodies = [self.facts.documents[digest].body for digest in model.results]
        judgement = self._judgement(model)
        return verdict(bodies, self.facts.documents[judgement].body if judgement else None)

    def doers(self, model: Behind) -> Iterator[Doer]:
        """Yield who launched what made the run's record and results, and who judged and graded these."""
        facts, jobs = self.facts, job_history.replay(self.facts.ordered)
        made = {job.output: name for name, job in jobs.items() if job.output}
        for digest in (model.record, *model.results):
            launches = (leaf for leaf in facts.of(JOB_ADMITTED, JOB_ARMED) if leaf.data.get("job") == made.get(digest))
            launch = next(launches, None) if digest in made else None
            if launch is not None:
                yield Doer(launch.actor, LAUNCHED[digest != model.record], launch)
        judgement = self._judgement(model)
        graded = named(facts.documents[judgement], "human_grades") if judgement else ()
        for digest in (judgement, *graded):
            if digest in facts.documents and digest in facts.frozen:
                for person in sorted(facts.documents[digest].contributors):
                    yield Doer(person, WROTE[digest != judgement], facts.frozen[digest])

    def stood(self, top: str, then: Moment) -> tuple[dict[str, InForce], bool]:
        """Return how a document, and all that it rests on, stood at a moment, and whether all of that follows."""
        wanted = [top, *approval.beneath(top, self.facts.documents)]
        found = {digest: self.standings.at(digest, then) for digest in wanted}
        return {digest: one for digest, one in found.items() if one is not None}, None not in found.values()

    def unsafe(self, what: str, span: Span) -> tuple[str, bool]:
        """Return how something that ran before is told of, and whether all of that follows from the evidence."""
        documents, called = self.facts.documents, self.called
        if what not in documents:
            return safety.UNPROVEN, True
        stands, whole = self.stood(what, self.standings.now)
        found = behind(what, documents)
        if not found.release:
            return safety.NO_RELEASE, True
        reasons = [] if found.release and found.record in self.made else [safety.NO_RUN]
        reasons += safety.unsigned(stands[what], span) if what in stands else []
        reasons += safety.fallen(what, documents, stands, called)
        reasons += [*self._marked(what), *self._back(what)]
        below = [f"{called[one]} ({approval.was(stands[one])})" for one in approval.shaken(found, documents, stands)]
        return safety.told(reasons, below), whole

    def unknown(self, model: Behind, name: str) -> list[Unknown]:
        """Return what is not known of something that ran, or may have."""
        return [*of_model(model, name, self.called, made=self.made, signed=self._signed)]

    def _signed(self, digest: str) -> bool:
        """Return whether a signature counts for a document, or none is needed."""
        stood = self.standings.at(digest)
        return stood is None or stood.standing is Standing.UNGOVERNED or bool(stood.signatures)

    @cached_property
    def made(self) -> frozenset[str]:
        """What runs were accepted under a consumed permit, by the entries."""
        return frozenset(
            job.output
            for job in job_history.replay(self.facts.ordered).values()
            if job.state == "succeeded"
            and job.output
            and any(one.state == "accepted" and one.nonce for one in job.attempts.values())
        )

    def _marked(self, release: str) -> Iterator[str]:
        newest: dict[str, Envelope] = {}
        for _, document in self._told(MARK):
            if release in named(document, "release"):
                newest[document.series] = document
        yield from (safety.marked(str(each.body["title"])) for each in newest.values() if each.body["stands"])

    def _back(self, release: str) -> Iterator[str]:
        for one in self.services:
            found = safety.rolled_back(one.counting, one.spans, self.known).get(release)
            if found is not None:
                yield safety.back(found.at, found.reason)

    def _head(self, record: Record) -> Mapping[str, object]:
        return self.facts.documents[record.versions[-1]].body

    def _seq(self, record: Record) -> int:
        return self.facts.frozen[record.versions[-1]].seq

    def _judgement(self, model: Behind) -> str:
        """Return the newest judgement of what ran, by the entries that tell of judgements; "" where there is none."""
        newest = {str(leaf.data.get("result")): str(leaf.data.get("judgement")) for leaf in self.facts.of(JUDGED)}
        found = next((newest[digest] for digest in model.results if digest in newest), "")
        return found if found in self.facts.documents else ""

    def _record(self, versions: list[str]) -> Record:
        documents, frozen = self.facts.documents, self.facts.frozen
        events = tuple(
            served.event(digest, document, frozen[digest].seq, moment(frozen[digest].time))
            for digest, document in self._told(EVENT)
            if any(one in versions for one in named(document, "deployment"))
        )
        registered = {digest for each in events for digest in named(documents[each.digest], "registered")}
        leaves = [(one, frozen[one]) for one in versions]
        said = [served.version(one, documents[one], leaf.seq, moment(leaf.time), registered) for one, leaf in leaves]
        return Record(tuple(versions), events, tuple(served.claims(said, events)))

    def _told(self, kind: str) -> Iterator[tuple[str, Envelope]]:
        """Yield the documents of a kind that an entry tells of, in the order of the ledger."""
        documents = self.facts.documents
        for digest, leaf in sorted(self.facts.frozen.items(), key=lambda item: item[1].seq):
            if digest in documents and documents[digest].kind == kind and leaf.seq < self.facts.size:
                yield digest, documents[digest]


def incident(facts: Facts, standings: Standings) -> Incident | None:
    """Return the answer of an incident report; None: its subject is no service that the evidence tells of."""
    mine = facts.documents.get(facts.subject)
    return (
        Incident(facts, standings)
        if mine is not None and mine.kind == DEPLOYMENT and facts.subject in facts.frozen
        else None
    )
