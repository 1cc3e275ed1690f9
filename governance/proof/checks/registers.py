"""Does a report's register say what the ledger entries of its period tell, with none left out?"""

from collections.abc import Collection, Iterable, Mapping

from governance.proof.checks.evidence import Evidence, Period, RegisterClaim
from governance.proof.checks.outcome import CheckLine
from governance.proof.formats.leaf import DOCUMENT_FROZEN, Leaf
from governance.proof.history import register
from governance.proof.words import vocabulary

KIND = "register"


def uncounted(leaves: Iterable[Leaf], kinds: Collection[str]) -> list[str]:
    """Return the kinds of documents frozen in some entries that put something into use, but are not counted."""
    known = vocabulary.kinds()
    frozen = {str(leaf.data.get("kind")) for leaf in leaves if leaf.event == DOCUMENT_FROZEN}
    return sorted(kind for kind in frozen - set(kinds) if kind in known and known[kind].releases)


def counted_again(
    evidence: Evidence, claim: RegisterClaim, period: Period, leaves: Mapping[int, Leaf]
) -> register.Register:
    """Return the register of a period, counted from proven entries, those before it among them.

    Raises:
        register.GapError: one is missing, or the beginning of something that goes on in the period.
    """
    span, project = range(period.first, period.first + len(period.leaves)), evidence.report.project
    inside = [leaves[seq] for seq in span if seq in leaves and str(seq) not in period.hidden]
    before = [leaves[seq] for seq in sorted(leaves) if seq < span.start]
    if untold := register.without_beginning([*before, *inside], first=span.start, project=project):
        raise register.GapError(untold[0])
    return register.make(
        inside,
        first=span.start,
        stop=span.stop,
        project=project,
        kinds=claim.kinds,
        before=before,
        hidden=[int(seq) for seq in period.hidden],
    )


def register_lines(evidence: Evidence, leaves: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return whether the register follows from `leaves`: all proven entries of the period, and those around it.

    Nothing is said of reports that are no register.
    """
    claim = evidence.counted
    if claim is None and evidence.report.kind != KIND:
        return []
    if claim is None or evidence.period is None:
        return [CheckLine(KIND, False, "found a register without its claim or its period; expected both")]
    first, stop = evidence.period.first, evidence.period.first + len(evidence.period.leaves)
    try:
        made = counted_again(evidence, claim, evidence.period, leaves)
    except register.GapError as error:
        return [CheckLine(KIND, False, str(error))]
    except (KeyError, TypeError, ValueError) as error:
        # Whoever has the log key can write entries that no service writes.
        return [CheckLine(KIND, False, f"an entry of its period lacks what a register needs ({error!r})")]
    if left := uncounted(leaves.values(), claim.kinds):
        return [CheckLine(KIND, False, f"{', '.join(left)} put something into use, and are not counted as releases")]
    if (made.digest, made.counts) != (claim.digest, claim.counts):
        detail = f"the entries {first} to {stop - 1} give the register {made.digest}, the report says {claim.digest}"
        return [CheckLine(KIND, False, f"{detail}: a row is missing, added or forged")]
    counted = ", ".join(f"{number} {what}" for what, number in made.counts.items())
    kinds = f"documents of the kind {', '.join(claim.kinds)}" if claim.kinds else "no documents at all"
    detail = f"{counted}: counted again from the entries {first} to {stop - 1}, and the same; as releases count {kinds}"
    told = [CheckLine(KIND, True, detail)]
    if first:
        detail = (
            f"server-attested: that nothing more happened before entry {first} to what goes on in the period than the "
            "entries included say; a register from the first entry on shows it"
        )
        told.append(CheckLine(KIND, None, detail))
    return told
