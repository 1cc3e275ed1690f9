"""A span of the ledger given whole: a report on a period holds all its entries, which can be a hundred thousand."""

from collections.abc import Iterator, Mapping

from governance.proof.checks.evidence import Period
from governance.proof.formats.fields import base64_text
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.merkle import leaf_hash
from governance.selectors import ledger


class Whole(Mapping[int, Leaf]):
    """The leaves of a span by index. Their bytes are kept, a tenth of what the leaves take, and read at each look.

    To a reader within a project the entries of other projects are not there: of these only the hashes are known.
    """

    def __init__(self, span: range = range(0), project: str | None = None) -> None:
        self.span = span
        self._content = dict(zip(span, ledger.leaf_bytes(span), strict=True)) if span else {}
        self.hidden: dict[int, bytes] = {}
        """leaf hashes of what the reader may not see, by index"""
        if project is not None:
            for seq, content in self._content.items():
                if Leaf.from_bytes(content).project not in (None, project):
                    self.hidden[seq] = leaf_hash(content)
            for seq in self.hidden:
                del self._content[seq]

    def __getitem__(self, seq: int) -> Leaf:
        return Leaf.from_bytes(self._content[seq])

    def __iter__(self) -> Iterator[int]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def content(self, seq: int) -> bytes:
        """Return the bytes of a leaf; empty where it is hidden."""
        return self._content.get(seq, b"")

    def given(self, size: int) -> Period | None:
        """Return the span as evidence gives it, with its proof in the tree of that size; None of an empty span."""
        if not self.span:
            return None
        return Period(
            first=self.span.start,
            leaves=[base64_text(self.content(seq)) for seq in self.span],
            hidden={str(seq): digest.hex() for seq, digest in self.hidden.items()},
            proof=[node.hex() for node in ledger.range_proof(self.span, size)],
        )
