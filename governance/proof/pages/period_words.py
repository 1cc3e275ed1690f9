"""What page one of reports on a period tells as exceptions: one definition, for the server and for the verifier.

Each is a label and a text, in the order of the page. All of it follows from the entries of the period.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from governance.proof.formats.leaf import DOCUMENT_REVOKED, KEY_COMPROMISED, REFUSALS, Leaf
from governance.proof.history.register import Register
from governance.proof.pages.access_rows import HIDDEN
from governance.proof.words.printed import plural

Warned = tuple[str, str]
"""the label and the text of an exception"""
BAD = {
    "failed": ("run failed", "runs failed"),
    "refused": ("run was refused by the gate", "runs were refused by the gate"),
    "lost": ("run was lost", "runs were lost"),
    "cancelled": ("run was cancelled", "runs were cancelled"),
}
"""the states of runs that are told of, each in words for one run and for many"""


@dataclass
class Happened:
    """What of a period's entries, listed or not, an extract of the ledger warns of."""

    counted: Counter[str] = field(default_factory=Counter)
    odd: list[int] = field(default_factory=list)
    """entries that say that the clock misbehaved"""
    erased: int = 0

    def take(self, leaf: Leaf, *, opened: bool) -> None:
        """Take an entry; `opened` says whether its private part is given."""
        self.counted[leaf.event] += 1
        if leaf.clock is not None:
            self.odd.append(leaf.seq)
        if leaf.commitment is not None and not opened:
            self.erased += 1


def of_extract(happened: Happened, hidden: int) -> Iterator[Warned]:
    """Yield the exceptions of a ledger extract; `hidden` entries of the period are of other projects."""
    if hidden:
        entries = plural(hidden, "entry is", "entries are")
        yield HIDDEN, f"{entries} of other projects, and in the evidence as a hash. The organisation’s extract has all."
    counted = happened.counted
    if refused := sum(counted[name] for name in REFUSALS):
        yield "Refused", f"{plural(refused, 'act was', 'acts were')} refused in this period."
    if revoked := counted[DOCUMENT_REVOKED]:
        yield "Revoked", f"{plural(revoked, 'sign-off was', 'sign-offs were')} revoked in this period."
    if stolen := counted[KEY_COMPROMISED]:
        keys = plural(stolen, "key was", "keys were")
        yield "Keys", f"{keys} declared compromised in this period."
    if happened.odd:
        which = plural(len(happened.odd), "entry says", "entries say")
        yield "Clock", f"{which} that the clock misbehaved, the first of them entry {happened.odd[0]}."
    if happened.erased:
        erased = plural(happened.erased, "entry", "entries")
        yield "Erased", f"The private parts of {erased} were erased; their commitments remain."


def of_register(told: Register) -> Iterator[Warned]:
    """Yield the exceptions of a register of runs and releases."""
    states = Counter(str(row[6]) for row in told.runs if row[3] != "attempt")
    for state, (one, many) in BAD.items():
        if states[state]:
            yield state.capitalize(), f"{plural(states[state], one, many)}."
    if expired := sum(row[3] == "attempt" and row[6] == "expired" for row in told.runs):
        yield "Expired", f"{plural(expired, 'permit', 'permits')} expired unused."
    if begun := states["armed"] + states["queued"] + states["running"]:
        yield "Not ended", f"{plural(begun, 'run', 'runs')} had not ended by the last entry of the period."
    if revoked := sum(row[5] == "revoked" for row in told.releases):
        yield "Revoked", f"{plural(revoked, 'release was', 'releases were')} revoked."
    if told.refused:
        yield "Refused", f"{plural(len(told.refused), 'act was', 'acts were')} refused."
