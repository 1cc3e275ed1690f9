"""What matters most of a document, as plain data; typeset in `key_figures`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """What matters most, in large type: a value with what it is of, and a line on it. `verdict` gets its mark."""

    value: str
    label: str
    note: str = ""
    verdict: bool = False


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A few figures side by side."""

    items: tuple[KeyFigure, ...]
