"""People's grades as frozen rounds hold them, read again for whoever judges outputs or calibrates a judge by them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evals.engine.cases import strict_json
from evals.engine.fields import Body
from evals.engine.graders.base import Key
from evals.engine.human_grades import Asked, GradeLine


class FrozenRound(Body):
    """A closed round: where its grades.jsonl lies, and what it asked of how many people."""

    path: str
    graders: int
    criteria: list[Asked]


@dataclass
class Grades:
    """The grades of one result's answers, by answer and criterion.

    `counting` are those that the answer is worth: the third person's where one decided, as often as there were
    graders, else everybody's. `first` are those given before anybody decided, for agreement.
    """

    counting: dict[Key, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))
    first: dict[Key, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(dict))


def read_rounds(rounds: Iterable[FrozenRound]) -> dict[str, Grades]:
    """Return the grades by the digest of the result they are of. What two rounds say of one answer counts together.

    Raises:
        ValueError: a line is none that a closed round writes.
    """
    found: dict[str, Grades] = defaultdict(Grades)
    for one in rounds:
        lines: dict[tuple[str, Key], list[GradeLine]] = defaultdict(list)
        for text in Path(one.path).read_bytes().splitlines():
            line = GradeLine.model_validate(strict_json(text.decode()))
            if line.counts:
                lines[line.result, (line.id, line.repeat)].append(line)
        for (result, key), given in lines.items():
            decided = [line for line in given if line.adjudicates]
            first = sorted((line for line in given if not line.adjudicates), key=lambda line: line.by)
            worth = decided[-1:] * one.graders if decided else first
            for place, criterion in enumerate(one.criteria):
                _add(found[result].counting, key, criterion.name, [line.scores[place] for line in worth])
                _add(found[result].first, key, criterion.name, [line.scores[place] for line in first])
    return dict(found)


def _add(into: dict[Key, dict[str, list[int]]], key: Key, name: str, scores: Sequence[int]) -> None:
    into[key][name] = [*into[key].get(name, []), *scores]


def of(grades: Mapping[str, Grades], result: str | None) -> Grades:
    """Return the grades of a result, none where nobody graded it."""
    return grades.get(result or "", Grades())
