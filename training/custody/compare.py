"""`python -m training.custody.compare`: counts and compares the answers of probes, in a process that may load numpy.

Reads one JSON object (`Request`) from standard input and prints `Compared`; exits with 2 and the reason on standard
error when the files are none of answers to these prompts.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.engine.fields import Body
from training.bodies.custody import SHOWN, Common, Difference, PromptFound
from training.custody.answers import AnswersInvalid, read
from training.custody.difference import Tested, compare

REFUSED = 2
MOST = 5
"""answers that a body repeats"""


class Sample(Body):
    """A file of answers, by its path, and how many there are to each prompt."""

    path: str
    repeats: int


class Request(Body):
    """What the command reads: the prompts by name, the answers now, and those of the reference if there is one."""

    prompts: list[str]
    now: Sample
    before: Sample | None


class Compared(Body):
    """What it prints; see `ProbeResultBody`."""

    prompts: list[PromptFound]
    whole: Difference | None


def compared(request: Request) -> Compared:
    """Return the distribution of the answers to each prompt, and its differences from the reference.

    Raises:
        AnswersInvalid: a file is none of answers to these prompts.
    """
    now = read(Path(request.now.path), request.prompts, request.now.repeats)
    if request.before is None:
        return Compared(prompts=[_found(prompt, now[prompt], None) for prompt in request.prompts], whole=None)
    before = read(Path(request.before.path), request.prompts, request.before.repeats)
    whole, each = compare(before, now, _seed(before, now))
    return Compared(
        prompts=[_found(prompt, now[prompt], each[prompt]) for prompt in request.prompts], whole=_difference(whole)
    )


def _found(prompt: str, answers: Sequence[str], test: Tested | None) -> PromptFound:
    counts = sorted(Counter(answers).items(), key=lambda item: (-item[1], item[0]))
    return PromptFound(
        id=prompt,
        answers=len(answers),
        distinct=len(counts),
        common=[Common(text=text[:SHOWN], count=count) for text, count in counts[:MOST]],
        difference=_difference(test) if test is not None else None,
    )


def _difference(test: Tested) -> Difference:
    return Difference(statistic=f"{test.statistic:.6f}", p=f"{test.p:.6f}", adjusted=f"{test.adjusted:.6f}")


def _seed(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> int:
    """Return the seed of the permutations, made of all the answers: whoever has them comes to the same p."""
    digest = hashlib.sha256()
    for answers in (before, now):
        for prompt, texts in answers.items():
            for text in (prompt, *texts):
                digest.update(f"{len(text)}:{text}".encode())
    return int.from_bytes(digest.digest()[:8], "big")


def main() -> int:
    """Read a request, print what came of it, and return the exit code."""
    try:
        sys.stdout.write(compared(Request.model_validate_json(sys.stdin.read())).model_dump_json())
    except AnswersInvalid as problem:
        sys.stderr.write(str(problem))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
