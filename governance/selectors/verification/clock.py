"""What the entries say of the clocks that made them: nothing that fails, but something that people should look at."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from governance.models import LedgerEntry
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.selectors.verification.chunk import Auditor, Chunk
from governance.selectors.verification.outcome import Problem

SILENCE = timedelta(days=30)


class Clock(Auditor):
    """Remarks on clocks that went back or ran ahead, and on times that jump forward by more than SILENCE."""

    def __init__(self) -> None:
        super().__init__()
        self._at: datetime | None = None
        self._behind: tuple[int, int, Leaf] | None = None  # first and last entry of a row of them, and the worst

    def begin(self, first: int) -> Iterator[Problem]:
        """Look up the time before the first entry."""
        content = LedgerEntry.objects.filter(seq=first - 1).values_list("leaf", flat=True).first()
        if content is not None:
            try:
                self._at = moment(Leaf.from_bytes(bytes(content)).time)
            except ValueError:
                self._at = None  # said by the tree
        yield from ()

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Take note of what these entries say."""
        for entry in chunk.entries:
            if entry.leaf is None:
                continue
            clock = entry.leaf.clock
            if self._at is not None and entry.at - self._at > SILENCE:
                self._remark(entry.seq, f"its time is {entry.at - self._at} after the entry before it")
            if clock is not None and clock > 0:
                self._remark(entry.seq, entry.leaf.clock_told)
            if clock is not None and clock < 0:
                first = self._behind[0] if self._behind else entry.seq
                worst = self._behind[2] if self._behind else entry.leaf
                self._behind = first, entry.seq, entry.leaf if clock < (worst.clock or 0) else worst
            else:
                self._close()
            self._at = entry.at
        yield from ()

    def end(self, size: int) -> Iterator[Problem]:
        """Say what was still going on."""
        self._close()
        yield from ()

    def _close(self) -> None:
        if self._behind is not None:
            first, last, worst = self._behind
            self._behind = None
            self._remark(first, f"{worst.clock_told} (at worst), and time stood still, until entry {last}")

    def _remark(self, seq: int, text: str) -> None:
        self.remarks.append(Problem(f"entry {seq}", text))
