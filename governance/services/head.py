"""Where the ledger ends: read under its lock, in one statement as a rule.

A process remembers where the ledger ended when it last looked, and reads only what came after. The root it remembers
stands for the whole history before: where the database has another root at that size, nothing remembered is used.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from governance.proof.formats import merkle
from governance.proof.formats.fields import moment
from governance.selectors import ledger
from governance.selectors.ledger import LeafCorrupt
from governance.services.locked import Question, Rows

# Entries of other processes that are read one by one; behind more of them the peaks are read instead.
BEHIND = 32
STATEMENT = "SELECT seq, leaf, leaf_hash, root FROM governance_ledgerentry WHERE seq >= %s ORDER BY seq DESC LIMIT %s"


@dataclass(frozen=True)
class Head:
    """The end of the ledger: the tree up to it, its root, and the time of its last leaf (None: it is empty)."""

    tree: merkle.Frontier
    root: bytes
    time: datetime | None


_remembered = Head(merkle.Frontier(), merkle.EMPTY_ROOT, None)


def remember(tree: merkle.Frontier, time: datetime) -> None:
    """Remember the end of the ledger as a mutation left it when it was committed."""
    global _remembered  # noqa: PLW0603  replaced whole: threads see the one before or the one after
    _remembered = Head(tree, tree.root(), time)


class Reading:
    """One reading: `question` is asked under the lock, `answer` makes of its rows where the ledger ends."""

    def __init__(self) -> None:
        self._known = _remembered
        self.question = Question(STATEMENT, (max(self._known.tree.size - 1, 0), BEHIND))

    def answer(self, rows: Rows) -> Head:
        """Return the end of the ledger.

        Raises:
            LeafCorrupt: its last entry is not what its hashes say, so nothing can be appended to it.
        """
        known, newer = self._known, rows
        if known.tree.size:
            if not rows or (rows[-1][0], bytes(rows[-1][3])) != (known.tree.size - 1, known.root):
                return _anew()
            newer = rows[:-1]
        elif rows and rows[-1][0] != 0:
            return _anew()
        if not newer:
            return known
        tree = known.tree.copy()
        for seq, _, digest, _ in reversed(newer):
            if seq != tree.size:
                raise LeafCorrupt(f"the ledger has no entry {tree.size}, though it has entry {seq}: deleted?")
            tree.append(bytes(digest))
        return _checked(tree, *newer[0])


def _anew() -> Head:
    size = ledger.size()
    if not size:
        return Head(merkle.Frontier(), merkle.EMPTY_ROOT, None)
    [row] = ledger.entries([size - 1])
    return _checked(ledger.frontier(size), *row)


def _checked(tree: merkle.Frontier, seq: int, leaf: bytes, digest: bytes, root: bytes) -> Head:
    if merkle.leaf_hash(bytes(leaf)) != bytes(digest):
        raise LeafCorrupt(f"ledger entry {seq} was altered: its bytes do not hash to its leaf hash")
    if tree.root() != bytes(root):
        raise LeafCorrupt(f"the root of ledger entry {seq} is not that of the leaves up to it; run verify_ledger")
    # Its bytes are those that were hashed when it was appended: only one field is wanted of them.
    return Head(tree, bytes(root), moment(json.loads(bytes(leaf))["time"]))
