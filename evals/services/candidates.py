"""What becomes of failures: candidate cases for a set's next version, and candidate training examples.

Only failures on a development set: a holdout's cases are unknown to those who train, and stay it. Nothing changes the
version that was measured, and nothing is trained on before it is in a dataset that was signed.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals import samples
from evals.engine.cases import CasesInvalid, parse_line
from evals.engine.failures import FAILING, Looked
from evals.engine.spec import Case
from evals.formats import canonical
from evals.quality.rows import Row
from evals.selectors import candidates as select
from evals.selectors import failures
from evals.selectors.candidates import CASE, EXAMPLE, USES, Marked
from evals.selectors.failures import Looking
from evals.selectors.sessions import holdouts_given_away
from evals.services import next_version
from governance import access, events, store
from governance.errors import Conflict, Denied, Finding, Invalid, NotFound, Refused
from governance.models import Candidate, CandidateWithdrawn, Document, Draft, Project, User
from governance.proof.formats.canonical import dumps, sha256
from governance.selectors import candidates as rows
from governance.services.ledger import admit, mutation, refusals_recorded

MARK = "failure.mark"
SLICE = "known failures"
ABOUT = "questions that a model failed on earlier"
LONGEST = 2000
MOST = 1000


def proposed(found: Looking, case: str, repeat: int, use: str) -> dict[str, Any]:
    """Return what would be proposed of an answer if nobody wrote anything else; only for whoever may see the case.

    A case is proposed under its own id: in the next version it stands in a slice of known failures.
    """
    asked = found.cases[case]
    if use == CASE:
        said: dict[str, Any] = json.loads(canonical.line(asked))
        return said | {"note": f"failed before: repeat {repeat} of a {found.body.arm} arm"}
    name = sha256(dumps([found.result.digest, case, repeat])).removeprefix("sha256:")[:12]
    messages = [message.model_dump(mode="json") for message in asked.messages]
    return {"id": f"failure-{name}", "messages": messages, "target": asked.target or ""}


def mark(
    *,
    actor: User,
    result: Document,
    case: str,
    use: str,
    repeat: int = 1,
    content: Mapping[str, Any] | None = None,
    note: str = "",
) -> Candidate:
    """Mark a failed answer as a candidate; `content` is what is proposed (None: as `proposed` says).

    Raises:
        Denied, NotFound: they may not mark here, or there is no such answer.
        Refused: the cases are of a holdout, what is proposed would give away a case of one, or a holdout's cases are
            lost, so that nobody can tell.
        Invalid: the answer passed, or what is proposed is no case (no example).
        Conflict: the answer is marked for this already.
    """
    if use not in USES:
        raise Invalid("use", f"found {use!r}, expected one of {', '.join(USES)}")
    if len(note.strip()) > LONGEST:
        raise Invalid("note", f"found {len(note.strip())} characters, expected at most {LONGEST}")
    project, subjects = result.project, [result.digest]
    with refusals_recorded(actor=actor, action=MARK, project=project, subjects=subjects):
        access.require(actor, MARK, project)
        found = failures.looking(result)
        failures.require_visible(actor, found)
        _require_development(found.evaluation_set)
        _failed(found, case, repeat)
        line = _line(use, dict(content) if content is not None else proposed(found, case, repeat, use))
        _require_unknown(result, line, note)
    entry = store.put([select.kept_line(line)])
    row = Candidate(result=result, use=use, sha256=entry.sha256, by=actor)
    private = {"case": case, "repeat": repeat} | ({"note": note.strip()} if note.strip() else {})
    with mutation(actor=actor, action=MARK, project=project, subjects=subjects) as m:
        if use in select.marks_of(result).get((case, repeat), ()):
            raise Conflict(found="a failure that is marked for this", expected="a new one", remedy="Look at it again.")
        row.at = m.time
        row.seq = m.append(
            events.CANDIDATE_MARKED,
            subjects=[f"candidate:{row.pk}", result.digest],
            data=rows.marking(row),
            private=private,
        )
        row.save()
    return row


def withdraw(*, actor: User, candidate: Marked) -> CandidateWithdrawn:
    """Withdraw a candidate: it stays on record and is proposed no more.

    Raises:
        Conflict: somebody withdrew it, or drafted it meanwhile.
    """
    row, project = candidate.row, candidate.row.result.project
    subjects = [f"candidate:{row.pk}", row.result_id]
    with mutation(actor=actor, action=MARK, project=project, subjects=subjects) as m:
        _require_open([row])
        end = CandidateWithdrawn(candidate=row, by=actor, at=m.time)
        end.seq = m.append(events.CANDIDATE_WITHDRAWN, subjects=subjects, data=rows.withdrawing(end))
        end.save()
    return end


def draft_cases(
    *, actor: User, candidates: Sequence[Marked], evaluation_set: Document, slice_name: str = SLICE
) -> Draft:
    """Draft candidate cases into the next version of a development set; the signed version stays as it is.

    Raises:
        Refused: the set is a holdout, or its draft is to be one: whoever trains has seen these cases.
        Invalid: no candidates, some that are no cases, or two with one id; the slice is there for something else.
        Conflict: one was withdrawn or drafted meanwhile, or the draft or the set moved on.
        Denied, NotFound: they may not write drafts, or the set is of another project.
    """
    cases = _cases(candidates)
    latest = next_version.newest(evaluation_set)
    project = latest.project
    if project is None or {one.row.result.project_id for one in candidates} != {latest.project_id}:
        raise NotFound("there is no such evaluation set")
    subjects = [f"candidate:{one.row.pk}" for one in candidates]
    admit(actor=actor, action="document.draft", project=project, subjects=subjects)

    def admissible(kept_from: frozenset[str]) -> None:
        if kept_from:
            raise Refused(_of_holdout())
        _require_open([one.row for one in candidates])

    return next_version.cases_add(
        actor=actor,
        latest=latest,
        cases=cases,
        path=f"failures-{str(candidates[0].row.pk)[:8]}-{len(cases)}.jsonl",
        slice_name=slice_name,
        role="failure_prone",
        about=ABOUT,
        told=next_version.Told(
            events.CANDIDATES_DRAFTED, subjects, {"candidates": [str(one.row.pk) for one in candidates]}
        ),
        admissible=admissible,
    )


def exported(*, actor: User, project: Project, use: str) -> Iterator[bytes]:
    """Return the lines proposed for one use that were not withdrawn, as they were kept; changes nothing.

    What a signed disposal took is left out.

    Raises:
        Denied: the cases of some are kept from who asked; recorded on the ledger.
        Refused: the words of some are gone without a disposal, or altered.
    """
    if use not in USES:
        raise Invalid("use", f"found {use!r}, expected one of {', '.join(USES)}")
    with refusals_recorded(actor=actor, action="project.view", project=project):
        chosen = [one for one in select.standing(actor, project, use) if not one.disposed]
        for one in chosen:
            if one.fault:
                refusal = Denied if one.hidden else Refused
                raise refusal(_unreadable(one))
    return (one.line for one in chosen if one.line is not None)


def _unreadable(one: Marked) -> Finding:
    who = access.ROLES[access.OWNER]
    if one.hidden:
        return Finding("access", one.fault, "candidates you may see", "Ask somebody who may see them.", who)
    remedy = "Put the file back from a backup, or withdraw that candidate while it waits; have the ledger verified."
    return Finding("candidate", f"{one.row.pk}: {one.fault}", "words as they were kept", remedy, who)


def _require_development(evaluation_set: Document) -> None:
    """Return if nobody is kept from the cases: what may feed training must be known to be no holdout's."""
    if samples.SAMPLING.hidden_from(evaluation_set):
        raise Refused(_of_holdout())


def _of_holdout() -> Finding:
    return Finding(
        "holdout",
        "cases of a holdout",
        "a development set: a holdout's cases feed no training, and what engineers have seen joins no holdout",
        "Look for the same failure on the development set. If a case leaked, retire it.",
        access.ROLES[access.COMPLIANCE_OFFICER],
    )


def _failed(found: Looking, case: str, repeat: int) -> Looked:
    looked = next((one for one in found.index.answers if (one.case, one.repeat) == (case, repeat)), None)
    if looked is None:
        raise NotFound("there is no such answer")
    if looked.outcome not in FAILING:
        raise Invalid("case", f"found {case!r}, whose answer passed; expected a failure")
    return looked


def _line(use: str, content: dict[str, Any]) -> bytes:
    """Return the line of what is proposed, in its canonical form."""
    try:
        text = json.dumps(content, ensure_ascii=False).encode()
        if use == CASE:
            return canonical.line(parse_line("candidate", 1, text, Case))
        row = parse_line("candidate", 1, text, Row)
    except CasesInvalid as problem:
        raise Invalid("content", problem.reason) from None
    except (TypeError, ValueError) as problem:
        raise Invalid("content", str(problem)) from None
    return json.dumps(row.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _require_unknown(result: Document, line: bytes, note: str) -> None:
    """Return unless a word of what is proposed gives a case of a holdout away: those who train are going to read it."""
    project = result.project
    if project is None:
        raise NotFound("there is no such result")
    given_away = holdouts_given_away(project, [*_strings(json.loads(line)), note])
    if given_away:
        raise Refused(
            Finding(
                "holdout",
                f"words that hold a case of {given_away[0]}",
                "words of one's own",
                "Write another question of the same kind. If the case leaked, retire it.",
                access.ROLES[access.COMPLIANCE_OFFICER],
            )
        )


def _strings(value: Any) -> Iterator[str]:
    """Yield every string there is in JSON values, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _require_open(candidates: Sequence[Candidate]) -> None:
    known = select.again(candidates)
    if len(known) != len({row.pk for row in candidates}):
        raise NotFound("there is no such candidate")
    for one in known:
        if not one.open:
            what = "withdrawn" if one.withdrawn is not None else "drafted already"
            raise Conflict(found=f"a candidate that was {what}", expected="one that waits", remedy="Look again.")


def _cases(candidates: Sequence[Marked]) -> list[Case]:
    if not 0 < len(candidates) <= MOST:
        raise Invalid("candidates", f"found {len(candidates)}, expected 1 to {MOST}")
    cases = []
    for one in candidates:
        if not isinstance(one.content, Case):
            raise Invalid("candidates", one.fault or "found a training example, expected candidate cases")
        cases.append(one.content)
    ids = [case.id for case in cases]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise Invalid("candidates", f"found the id {twice[0]!r} twice; withdraw one of them")
    return cases


__all__ = ["ABOUT", "CASE", "EXAMPLE", "MARK", "SLICE", "draft_cases", "exported", "mark", "proposed", "withdraw"]
