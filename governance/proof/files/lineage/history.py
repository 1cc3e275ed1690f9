"""What runs did, for the formats that tell of them: attempts with their times, what they took and made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from governance.proof.files.lineage.told import Lineage, Node, Permitted
from governance.proof.formats.leaf import ATTEMPT_ENDED, ATTEMPT_RECEIVED, JOB_ENDED, PERMIT_CONSUMED, Leaf

STOPPED = "stopped"
"""the state, in the ledger's words, of what was ended on somebody's word"""


@dataclass(frozen=True)
class Attempt:
    """One attempt under one permit. `ended` is None, and `end` empty, while the ledger knows of no end.

    `output` is what a job made, of the attempt whose result was taken, where the lineage holds it.
    """

    permitted: Permitted
    began: str | None
    ended: str | None
    end: Literal["", "made", "stopped", "failed"]
    inputs: tuple[Node, ...]
    output: Node | None


def attempts(told: Lineage) -> Iterator[Attempt]:
    """Yield the attempts of all runs of the lineage in ledger order."""
    for run in told.runs:
        over = next((leaf for leaf in run.story if leaf.event == JOB_ENDED), None)
        made = str(over.data.get("output") or "") if over else ""
        received = [p for p in run.permits if _entry(p, ATTEMPT_RECEIVED)]
        for permitted in run.permits:
            began = _entry(permitted, PERMIT_CONSUMED)
            given_up = _entry(permitted, ATTEMPT_ENDED)
            judged = given_up is None and received[-1:] == [permitted]
            taken, last = bool(made) and judged, over if judged else given_up
            spec = told.nodes.get(permitted.permit.spec)
            yield Attempt(
                permitted=permitted,
                began=began.time if began else None,
                ended=last.time if last else None,
                end="" if last is None else "made" if taken else _how(last),
                inputs=(spec, *told.linked(spec)) if spec is not None else (),
                output=told.nodes.get(made) if taken else None,
            )


def _entry(permitted: Permitted, event: str) -> Leaf | None:
    return next((leaf for leaf in permitted.story if leaf.event == event), None)


def _how(leaf: Leaf) -> Literal["stopped", "failed"]:
    return "stopped" if leaf.data.get("state") == STOPPED else "failed"
