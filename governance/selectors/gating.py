"""Asking a gate: its checks on the facts, with the weights of the policy in force and the waivers that count."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar

from governance import gates
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.gates import Answer, Check, Verdict
from governance.models import Document, User
from governance.selectors import policies, waivers

Facts = TypeVar("Facts")
OVERDUE = "retrospective"
"""The check that lets no waiver count in a project that owes a retrospective on an earlier one."""


def ask(
    spec: Document,
    checks: Iterable[Check[Facts]],
    facts: Facts,
    *,
    launcher: User | None,
    size: int,
    time: datetime,
    among: Collection[str] | None = None,
) -> Verdict:
    """Return the verdict on something done on the strength of `spec` by `launcher`, at a ledger size and time.

    `among`: only these waivers (digests) count; without it all that there are.
    """
    weights = policies.weights(spec.project, size, time)
    waived = waivers.waived(spec, launcher=launcher, ledger_size=size, time=time, among=among)
    verdict = gates.decide(checks, facts, weights=weights, waived=waived)
    if not verdict.waivers:
        return verdict
    # Only what rests on a waiver is asked; anything else may go on whatever is owed.
    owed = gates.decide([Check(OVERDUE, "run", "No retrospective overdue", _looked_back)], (spec, size, time))
    return Verdict(verdict.lines + owed.lines)


def _looked_back(asked: tuple[Document, int, datetime]) -> Answer:
    spec, size, time = asked
    overdue = [each for each in waivers.due(spec.project, size, time) if each.overdue]
    expected = "every waiver of this project whose retrospective was due looked back on"
    if not overdue:
        return Answer(True, "none is overdue", expected)
    first = overdue[0]
    return Answer(
        False,
        f"the retrospective on {first.waiver} was due on {first.due:%Y-%m-%d}",
        expected,
        "Write the retrospective and have it signed; until then no waiver counts in this project.",
        ROLES[COMPLIANCE_OFFICER],
    )
