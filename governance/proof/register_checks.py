"""Does a report's register say what the ledger entries of its period tell, with none left out?"""

from collections.abc import Mapping

from governance.proof import register
from governance.proof.evidence import Evidence, Period, RegisterClaim
from governance.proof.leaf import Leaf
from governance.proof.outcome import CheckLine

KIND = "register"


def counted_again(
    evidence: Evidence, claim: RegisterClaim, period: Period, leaves: Mapping[int, Leaf]
) -> register.Register:
    """Return the register of a period, counted from proven entries. Raises `register.GapError`: one is missing."""
    span = range(period.first, period.first + len(period.leaves))
    return register.make(
        [leaves[seq] for seq in span if seq in leaves and str(seq) not in period.hidden],
        first=span.start,
        stop=span.stop,
        project=evidence.report.project,
        kinds=claim.kinds,
        before=[leaf for seq, leaf in leaves.items() if seq < span.start],
        hidden=[int(seq) for seq in period.hidden],
    )


def register_lines(evidence: Evidence, period: Mapping[int, Leaf], leaves: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return whether the register follows from `period`, the proven entries of the span that is given whole.

    `leaves` are the entries proved one by one, among them those of runs that began before. Nothing is said of reports
    that are no register.
    """
    claim = evidence.counted
    if claim is None and evidence.report.kind != KIND:
        return []
    if claim is None or evidence.period is None:
        return [CheckLine(KIND, False, "found a register without its claim or its period; expected both")]
    first, stop = evidence.period.first, evidence.period.first + len(evidence.period.leaves)
    try:
        made = counted_again(evidence, claim, evidence.period, {**leaves, **period})
    except register.GapError as error:
        return [CheckLine(KIND, False, str(error))]
    if (made.digest, made.counts) != (claim.digest, claim.counts):
        detail = f"the entries {first} to {stop - 1} give the register {made.digest}, the report says {claim.digest}"
        return [CheckLine(KIND, False, f"{detail}: a row is missing, added or forged")]
    counted = ", ".join(f"{number} {what}" for what, number in made.counts.items())
    return [CheckLine(KIND, True, f"{counted}: counted again from the entries {first} to {stop - 1}, and the same")]
