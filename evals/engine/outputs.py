"""outputs.jsonl: what was asked, answered and graded, a line for each case and repeat, in canonical JSON.

Whoever reads it grades every text again, by the signed rubric, and refuses grades other than the text deserves: a
verdict never rests on a grade that somebody merely wrote down.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from evals.engine.answers import Answer, prompt_digest, render
from evals.engine.deciders import judged_criteria
from evals.engine.fields import Arm
from evals.engine.graders.base import Key
from evals.engine.grading import Graded, Grading, Scores
from evals.engine.judging import Said, judge_chat, texts_of
from evals.engine.output_lines import Output, OutputsInvalid, parse_outputs
from evals.engine.results import Against
from evals.engine.samples import Answers, Call
from evals.engine.spec import Case
from governance.proof.formats.canonical import dumps

ASKED_AS: Final[Mapping[Against, Arm]] = {"baseline": "base", "last_release": "tuned"}
"""the arm by whose prompt those were asked that a tuned model is compared with"""


def write_outputs(
    answers: Mapping[Key, Answer],
    grades: Mapping[Key, Graded],
    prompts: Mapping[str, str],
    said: Said | None = None,
) -> bytes:
    """Return the lines of outputs.jsonl, sorted by id and repeat; `prompts` holds the digest of each case's chat.

    `said` is what judges said.
    """
    lines = []
    for key in sorted(answers):
        answer, graded = answers[key], grades[key]
        seconds, cost = told(answer)[3:5]
        line: dict[str, Any] = {
            "id": key[0],
            "repeat": key[1],
            "prompt": answer.prompt or prompts[key[0]],
            "output": answer.text,
            "tokens_in": answer.tokens_in,
            "tokens": answer.tokens,
            "seconds": seconds,
            "cost": cost,
            "finished": answer.finished,
            "parsed": graded.parsed,
            "passed": graded.passed,
            "grades": _recorded(graded),
        }
        if heard := (said or {}).get(key):
            line["replies"] = {name: [one.model_dump() for one in each] for name, each in heard.items()}
        lines.append(dumps(line) + b"\n")
    return b"".join(lines)


def told(answer: Answer) -> tuple[str, int, int, str | None, str | None, bool]:
    """Return what a line tells of an answer: text, tokens in, tokens, seconds, cost, whether it finished."""
    seconds = None if answer.seconds is None else f"{answer.seconds:.6f}"
    cost = None if answer.cost is None else f"{answer.cost:.9f}"
    return answer.text, answer.tokens_in, answer.tokens, seconds, cost, answer.finished


def read_outputs(
    data: bytes, cases: Sequence[Case], grading: Grading, arm: Arm | None = None, given: Scores | None = None
) -> Answers:
    """Return grades and calls, graded anew from the recorded texts. Answers may be missing.

    With an `arm` the prompts must be those the rubric makes for it; recorded answers had others, with what was found
    for each case. `given` are people's grades. Those that a line records are from before anybody graded: they are held
    against what text and replies alone deserve, whatever is given.

    Raises:
        OutputsInvalid: not the engine's lines, an unknown or repeated answer, another prompt, a judge that was asked
            something else or not at all, or grades other than text and replies deserve.
    """
    lines = parse_outputs(data)
    _check_keys(lines, cases, grading.rubric.decoding.repeats)
    if arm is not None:
        _check_prompts(lines, cases, grading, arm)
    texts = {(line.id, line.repeat): line.output for line in lines}
    _check_replies(lines, cases, grading)
    replies = texts_of({(line.id, line.repeat): line.replies for line in lines if line.replies})
    graded = grading.grade_all(cases, texts, replies)
    for number, line in enumerate(lines, start=1):
        deserved = graded[line.id, line.repeat]
        recorded = (line.parsed, line.passed, line.grades)
        if recorded != (deserved.parsed, deserved.passed, _recorded(deserved)):
            raise OutputsInvalid(
                f"line {number} of the outputs records grades for case {line.id!r} other than the rubric gives; "
                "evaluate again with the engine of this version"
            )
    calls = {
        (line.id, line.repeat): Call(
            seconds=None if line.seconds is None else float(line.seconds),
            tokens=line.tokens_in + line.tokens,
            cost=None if line.cost is None else float(line.cost),
        )
        for line in lines
    }
    return Answers(grading.grade_all(cases, texts, replies, given) if given else graded, calls)


def _check_keys(lines: Iterable[Output], cases: Iterable[Case], repeats: int) -> None:
    known, seen = {case.id for case in cases}, set[Key]()
    for number, line in enumerate(lines, start=1):
        key = (line.id, line.repeat)
        if line.id not in known or key in seen or line.repeat > repeats:
            raise OutputsInvalid(
                f"line {number} of the outputs is about {line.id!r}, repeat {line.repeat}: no case of the set, "
                f"repeated, or more than the {repeats} asked for"
            )
        seen.add(key)


def _check_prompts(lines: Iterable[Output], cases: Iterable[Case], grading: Grading, arm: Arm) -> None:
    prompt = grading.rubric.prompt_of(arm)
    expected = {case.id: prompt_digest(render(prompt, case.messages)) for case in cases}
    for number, line in enumerate(lines, start=1):
        if line.prompt != expected[line.id]:
            raise OutputsInvalid(
                f"line {number} of the outputs was asked with the prompt {line.prompt}, "
                f"expected {expected[line.id]} as the rubric says for the arm {arm!r}"
            )


def _check_replies(lines: Iterable[Output], cases: Iterable[Case], grading: Grading) -> None:
    """Hold what judges were asked, and the scores that were read in their replies, against the rubric."""
    known = {case.id: case for case in cases}
    judged = judged_criteria(grading.rubric)
    for number, line in enumerate(lines, start=1):
        asked = grading.questions(known[line.id], line.output) if judged else {}
        expected = {name: [prompt_digest(judge_chat(p)) for p in prompts] for name, (_, prompts) in asked.items()}
        if {name: [one.prompt for one in each] for name, each in line.replies.items()} != expected:
            raise OutputsInvalid(
                f"line {number} of the outputs: the judges were not asked what the rubric asks about case {line.id!r}"
            )
        for name, each in line.replies.items():
            for one in each:
                score = grading.score_in(name, one.reply)
                state = "unasked" if one.reply is None else "unparsed" if score is None else "scored"
                if (one.score, one.state) != (score, state):
                    raise OutputsInvalid(
                        f"line {number} of the outputs records the score {one.score} of a judge for {name!r}, "
                        f"expected {score} as its reply says"
                    )


def _recorded(graded: Graded) -> dict[str, dict[str, Any]]:
    return {name: grade.recorded() for name, grade in graded.grades.items()}
