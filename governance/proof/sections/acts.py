"""What dossiers tell of signatures, permits and entries: rows and facts that server and verifier make by one rule."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from governance.proof.checks.facts import at, stories_of
from governance.proof.formats.leaf import (
    CONDITION_MET,
    JOB_ADMITTED,
    JOB_ARMED,
    PERMIT_CONSUMED,
    PERMIT_ISSUED,
    Leaf,
)
from governance.proof.formats.permit import Permit
from governance.proof.sections.blocks import Value, value
from governance.proof.sections.held import Acts, Told
from governance.proof.words.printed import plural, short
from governance.proof.words.vocabulary import WAIVER, in_unit, role

Row = tuple[Value, ...]
NONE: Final = "None recorded."
NOBODY: Final = "nobody"
NOT_SIGNED: Final = "not signed itself"
RESULT, RUN_RECORD = "evals.evaluation_result", "training.run_record"
RELEASE, DEPLOYMENT = "training.release", "training.deployment"


@dataclass(frozen=True)
class Job:
    """A job as the ledger tells of it, with its permits in the order of their issue, each with its digest."""

    story: Sequence[Leaf]
    permits: Sequence[tuple[str, Permit]]

    @property
    def ended(self) -> bool:
        """Whether it ended with a document."""
        return any(leaf.data.get("output") for leaf in self.story)


def signers(acts: Acts, *digests: str) -> str:
    """Return who signed any of some documents, in which role and when; "" where nobody did."""
    wanted = set(digests)
    told = [
        f"{one.said.printed_name}, {role(one.said.role)}, {at(one.leaf)[:10]}"
        for one in acts.signed
        if wanted & {each.digest for each in one.statement.subjects}
    ]
    return "; ".join(told)


def job_of(acts: Acts, spec: str) -> Job | None:
    """Return the job of a specification that ended with something, or the last there was."""
    issued = {str(leaf.data.get("permit")): leaf.seq for leaf in acts.ordered if leaf.event == PERMIT_ISSUED}
    found = []
    for name, story in stories_of(acts.ordered).items():
        if any(leaf.event in (JOB_ADMITTED, JOB_ARMED) and leaf.data.get("spec") == spec for leaf in story):
            own = [one for one in acts.permits if one[1].job == name]
            found.append(Job(story, sorted(own, key=lambda one: issued.get(one[0], -1))))
    done = [one for one in found if one.ended]
    return done[-1] if done else found[-1] if found else None


def ordered(acts: Acts, job: Job | None) -> str | None:
    """Return who had a job run and when it was admitted; None where there is none."""
    return f"{acts.who(job.story[0].actor)}, {at(job.story[0])} UTC" if job is not None else None


def tested(release: Told) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    """Return the permit that the model was tested under, and by whose order."""
    spec = _linked(release, "result", "spec")
    job = job_of(release.acts, spec.digest) if spec is not None else None
    permit = job.permits[-1][0] if job is not None and job.permits else None
    return ("Tested under permit", permit), ("Tested by order of", ordered(release.acts, job))


def _linked(told: Told, *roles: str) -> Told | None:
    """Return the document that a way of roles leads to; None where one of them is not named."""
    found: Told | None = told
    for one in roles:
        found = found.linked(one) if found is not None else None
    return found


def dated(release: Told) -> list[Row]:
    """Return the test logs and reports with their dates and those responsible, in ledger order."""
    acts, rows = release.acts, list[tuple[int, Row]]()
    last = max((leaf.seq for leaf in acts.ordered), default=0) + 1
    for what, paper in (
        ("Cases", _linked(release, "result", "thresholds", "evaluation_set")),
        ("Rubric", _linked(release, "result", "thresholds", "rubric")),
        ("Limits", _linked(release, "result", "thresholds")),
        ("Baseline’s test report", _linked(release, "result", "baseline")),
        ("Test specification", _linked(release, "result", "spec")),
        ("Test report", _linked(release, "result")),
        ("Judgement by people", release.linked("judgement")),
        ("Release", release),
    ):
        if paper is None or paper.digest not in acts.frozen:
            rows.append((last, (what, NONE, "", "", "")))
            continue
        leaf = acts.frozen[paper.digest]
        who = signers(acts, paper.digest) or f"not signed; recorded for {_people(acts, paper)}"
        rows.append((leaf.seq, (what, f"{paper.title}, version {paper.number}", at(leaf), leaf.seq, who)))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def _people(acts: Acts, paper: Told) -> str:
    return ", ".join(sorted(acts.who(one) for one in acts.documents[paper.digest].contributors)) or NOBODY


def datasets(spec: Told) -> list[Row]:
    """Return the datasets of a run, by whom each was signed."""
    return [
        (f"{one.title}, version {one.number}", f"{one.body['rows']:,}", str(one.body["source"]),
         signers(spec.acts, one.digest) or NOT_SIGNED, one.digest.removeprefix("sha256:"))
        for one in spec.all_linked("dataset")
    ]  # fmt: skip


def run(spec: Told) -> list[tuple[str, str | None]] | None:
    """Return what permit and entries tell of the run of a specification; None where there is no permit."""
    job = job_of(spec.acts, spec.digest)
    if job is None or not job.permits:
        return None
    digest, permit = job.permits[-1]
    own = (leaf for leaf in job.story if leaf.data.get("attempt") == permit.attempt)
    consumed = next((leaf for leaf in own if leaf.event == PERMIT_CONSUMED), None)
    lost, size = len(job.permits) - 1, sum(entry.size for entry in permit.inputs)
    return [
        ("Launched by", ordered(spec.acts, job)),
        ("Permit", digest),
        ("Permit consumed", f"{at(consumed)} UTC, ledger entry {consumed.seq}" if consumed is not None else None),
        ("Attempts", f"{len(job.permits)}; {lost or 'none'} lost or refused before the one accepted"),
        ("Inputs, hashed again at the gate",
         f"{plural(len(permit.inputs), 'file', 'files')}, {size:,} bytes, each bound by SHA-256"),
    ]  # fmt: skip


def conditions(release: Told) -> list[Row]:
    """Return the conditions that signatures of the lineage were given under, and whether each is met."""
    acts, rows = release.acts, list[Row]()
    met = met_by(acts)
    for one in acts.signed:
        about = ", ".join(short(each.digest) for each in one.statement.subjects)
        for condition in one.said.conditions:
            leaf, until = met.get(condition.id), f", due {condition.due[:10]}" if condition.due else ""
            state = f"met, ledger entry {leaf.seq}" if leaf is not None else f"open{until}"
            rows.append((one.said.printed_name, about, condition.text, state))
    return rows


def met_by(acts: Acts) -> Mapping[str, Leaf]:
    """Return the entry by which each condition was last confirmed to be met, by the condition's identifier."""
    return {str(leaf.data["condition"]): leaf for leaf in acts.ordered if leaf.event == CONDITION_MET}


def used_waivers(acts: Acts) -> set[str]:
    """Return the waivers that something of the lineage rested on: a permit, or what was made under it names it."""
    permitted = {
        str(digest) for leaf in acts.ordered if leaf.event == PERMIT_ISSUED for digest in leaf.data.get("waivers", ())
    }
    named = {
        link.digest
        for digest in acts.printed
        if digest in acts.documents
        for link in acts.documents[digest].references
        if link.role == "waiver"
    }
    return permitted | (named & set(acts.documents))


def waivers(release: Told) -> list[Row]:
    """Return the waivers that something rested on, in ledger order."""
    acts, used = release.acts, used_waivers(release.acts)
    return [
        (one.title, ", ".join(one.body["checks"]), one.body["reason"], one.body["risk"],
         signers(acts, one.digest) or NOBODY)
        for one in of_waivers(release)
        if one.digest in used
    ]  # fmt: skip


def of_waivers(told: Told) -> list[Told]:
    """Return the waivers that are there, in ledger order."""
    acts = told.acts
    found = [one for one, envelope in acts.documents.items() if envelope.kind == WAIVER]
    return [told.at(one) for one in sorted(found, key=lambda one: acts.frozen[one].seq if one in acts.frozen else -1)]


def cost(release: Told) -> list[Row]:
    """Return what each evaluation took in tokens, seconds and money, then each training."""
    tested_ = map(release.at, release.acts.of_kind(RESULT))
    trained = map(release.at, release.acts.of_kind(RUN_RECORD))
    return [
        *((f"Evaluation: {one.title}", one.body["seconds"], f"{one.body['tokens']:,}", _money(one.body))
          for one in tested_),
        *((f"Training: {one.title}", one.body["seconds"], "not counted", "not recorded") for one in trained),
    ]  # fmt: skip


def _money(body: Mapping[str, Any]) -> str:
    return "not recorded" if body.get("cost") is None else in_unit("cost_mean", body["cost"])


def served(release: Told) -> list[Row]:
    """Return the services whose registration, in its newest version that is there, names a release; in ledger order."""
    acts, newest = release.acts, dict[str, Told]()
    for one in map(release.at, acts.of_kind(DEPLOYMENT)):
        if release.digest in _named(acts, one.digest, "release"):
            newest[acts.documents[one.digest].series] = one
    found = sorted(newest.values(), key=lambda one: acts.frozen[one.digest].seq)
    return [
        (one.body["service"], one.body["environment"], one.body["since"], one.body.get("until") or "no end stated",
         one.body["criticality"], acts.frozen[one.digest].seq)
        for one in found
    ]  # fmt: skip


def following(release: Told) -> list[tuple[str | None, str, str, str]]:
    """Return the releases that name one as the one before: title, version, by whom and when each was put forward."""
    acts = release.acts
    return [(title, str(leaf.data["number"]), acts.who(leaf.actor), at(leaf)) for title, leaf in release.after(RELEASE)]


def _named(acts: Acts, digest: str, role: str) -> list[str]:
    return [link.digest for link in acts.documents[digest].references if link.role == role]


def cells(rows: Iterable[Sequence[Value]]) -> Iterator[tuple[str, ...]]:
    """Yield rows as they are printed."""
    for row in rows:
        yield tuple(map(value, row))
