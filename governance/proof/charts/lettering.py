"""How wide words are in the report's faces, and how they are broken and cut to the room there is."""

from functools import lru_cache

from governance.proof.words import printed
from governance.proof.words.typefaces import faces

JOINTS = ("::", "/", "_", "-", ".", ",", "=")
"""after which a path or a name is cut rather than within its parts, best first"""


def printable(text: str, face: str) -> str:
    """The text as the face can print it; see `printed.printable`."""
    return printed.printable(text, faces()[face].glyphs)


@lru_cache(maxsize=16_384)
def _advance(word: str, face: str) -> float:
    # In thousandths, as the faces are made; without kerning, as they are set.
    glyphs = faces()[face].glyphs
    return 0.001 * sum(glyphs[ord(character)][0] for character in word if ord(character) in glyphs)


def width(text: str, face: str, size: float) -> float:
    """The width of the printed text in points."""
    return _advance(text, face) * size


def wrap(text: str, face: str, size: float, room: float) -> list[str]:
    """Break printable text into lines no wider than `room` points; a word too long for a line is cut.

    Returns at least one line. Paths and long names are cut after a joint; digests and the like wherever the line ends.
    """
    lines: list[str] = []
    line, used = "", 0.0
    space = width(" ", face, size)
    for word in _words(text, face, size, room):
        # Advances add up: the faces are set without kerning. So each word is measured once, however it is joined.
        long = width(word, face, size)
        if not line:
            joined, total = word, long
        else:
            joined, total = f"{line} {word}", used + space + long
        if total <= room:
            line, used = joined, total
            continue
        if line:
            lines.append(line)
        while long > room and len(word) > 1:
            fits = _parted(word, _fitting(word, face, size, room))
            lines.append(word[:fits])
            word = word[fits:]
            long = width(word, face, size)
        line, used = word, long
    lines.append(line)
    return lines


def _words(text: str, face: str, size: float, room: float) -> list[str]:
    """The words between which a line may end: not between a number and its percent sign, where both fit."""
    words = text.split(" ")
    if " %" not in text:
        return words
    told: list[str] = []
    for word in words:
        glued = f"{told[-1]} {word}" if word.startswith("%") and told and told[-1][-1:].isdigit() else ""
        if glued and width(glued, face, size) <= room:
            told[-1] = glued
        else:
            told.append(word)
    return told


def _parted(word: str, fits: int) -> int:
    """How many of the characters that fit stand on a line: up to a joint, unless that leaves half of it empty."""
    ends = [at + len(joint) for joint in JOINTS if (at := word.rfind(joint, 0, fits)) >= 0]
    return next((end for end in ends if 2 * end >= fits), fits)


def clip(text: str, face: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as fits in `room` points with an ellipsis."""
    if width(text, face, size) <= room:
        return text
    fits = _fitting(text, face, size, room - width("…", face, size))
    return text[:fits].rstrip() + "…"


def _fitting(text: str, face: str, size: float, room: float) -> int:
    """How many characters of the text fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle], face, size) <= room:
            low = middle
        else:
            high = middle - 1
    return low
