"""Places in a section for what no document tells: the server fills them, whoever verifies holds them to their forms.

A slot is never simply passed over. One of its forms stands there, in its place; what the form leaves open, and nothing
else, is the server's word.
"""

from dataclasses import dataclass
from typing import TypeAlias

from governance.proof.sections.blocks import Block, KeyFigure


@dataclass(frozen=True)
class Said:
    """A paragraph, or with `heading` the name of a part: a sentence with places (see `proof.places`)."""

    sentence: str
    heading: bool = False


@dataclass(frozen=True)
class Drawn:
    """A chart under a caption, a sentence with places; it shows what it says."""

    caption: str


@dataclass(frozen=True)
class Shaped:
    """A table under a caption, a sentence with places; of heads and rows those that are not None. None of all: any.

    `last` is what stands in its last row.
    """

    caption: str
    heads: tuple[str | None, ...] | None
    rows: tuple[tuple[str | None, ...], ...] | None = None
    empty: str = ""
    """what is said in place of a table without rows; "": it has some"""
    last: tuple[str | None, ...] | None = None


@dataclass(frozen=True)
class Labelled:
    """Labels, each a sentence with places, and those of their values that are not None."""

    rows: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Large:
    """Figures in large type; one that no document tells is a sentence with places."""

    items: tuple[KeyFigure | str, ...]


Form: TypeAlias = Block | Said | Drawn | Shaped | Labelled | Large


@dataclass(frozen=True)
class Slot:
    """What the server alone knows: one of several sequences of forms stands there. `what` names it to readers."""

    name: str
    what: str
    of: tuple[tuple[Form, ...], ...]


Part: TypeAlias = Block | Slot
Piece: TypeAlias = Form | Slot
"""what stands in a section that a dossier tells of its own: a form that leaves nothing open is no slot"""
