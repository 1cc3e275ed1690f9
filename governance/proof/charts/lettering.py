"""How wide words are in the report's faces, and how they are broken and cut to the room there is."""

from functools import lru_cache
from itertools import groupby

from governance.proof.words import printed
from governance.proof.words.typefaces import EAST_ASIAN, faces

JOINTS = ("::", "/", "_", "-", ".", ",", "=")
"""after which a path or a name is cut rather than within its parts, best first"""
OPENING = frozenset("([{‹«“‘（［｛｢「『【〔〈《〖〘〝")
CLOSING = frozenset(
    ")]}›»”’）］｝｣」』】〕〉》〗〙〟,.:;!?%-–…‥、。，．：；？！｡､･・％～〜ー々〻ゝゞヽヾ"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)
"""no line ends after the ones, none begins with the others"""


def printable(text: str, face: str) -> str:
    """The text as the face can print it; see `printed.printable`."""
    return printed.printable(text, faces()[face])


@lru_cache(maxsize=16_384)
def _advance(word: str, face: str) -> float:
    # In thousandths, as the faces are made; without kerning, as they are set.
    asked = faces()[face]
    if asked.glyphs.keys() >= set(map(ord, word)):
        return 0.001 * sum([asked.glyphs[ord(character)][0] for character in word])
    settings = ((ord(character), asked.setting(ord(character))) for character in word)
    return 0.001 * sum(found.glyphs[code][0] for code, found in settings if found is not None)


def pieces(text: str, face: str) -> list[tuple[str, str]]:
    """The printable text part by part, each with the face that it is set in: (face, part), in order; no part is empty.

    Where the face asked for lacks a character of Chinese, Japanese or Korean, that is in the one that has it.
    """
    if not text or ord(max(text)) < EAST_ASIAN.start:
        return [(face, text)] if text else []
    asked = faces()[face]
    parts = groupby(text, lambda character: (asked.setting(ord(character)) or asked).name)
    return [(name, "".join(part)) for name, part in parts]


def width(text: str, face: str, size: float) -> float:
    """The width of the printed text in points."""
    return _advance(text, face) * size


def wrap(text: str, face: str, size: float, room: float, *, taken: float = 0.0) -> list[str]:
    """Break printable text into lines no wider than `room` points; a word too long for a line is cut.

    Returns at least one line. Paths and long names are cut after a joint; digests and the like wherever the line ends;
    Chinese and Japanese between most characters. Of the first line some room may be `taken`: it is empty where nothing
    fits beside that.
    """
    lines: list[str] = []
    line, used = "", taken
    space = width(" ", face, size)
    for word in _words(text, face, size, room):
        # Advances add up: the faces are set without kerning. So each word is measured once, however it is joined.
        long = width(word, face, size)
        at = used + space if line else used
        if at + long <= room:
            line, used = f"{line} {word}" if line else word, at + long
            continue
        if at:
            fits = _filling(word, face, size, room - at)
            begun = f"{line} " if line else ""
            lines.append(begun + word[:fits] if fits else line)
            word = word[fits:]
            long = width(word, face, size)
        while long > room and len(word) > 1:
            fits = _parted(word, _fitting(word, face, size, room))
            lines.append(word[:fits])
            word = word[fits:]
            long = width(word, face, size)
        line, used = word, long
    lines.append(line)
    return lines


def few(text: str, face: str, size: float, room: float, most: int) -> list[str]:
    """Break printable text into `most` lines or fewer; what is left over is cut, with an ellipsis, in the last."""
    lines = wrap(text, face, size, room)
    if len(lines) <= most:
        return lines
    rest = text
    for line in lines[: most - 1]:
        rest = rest.removeprefix(line).lstrip(" ")
    return [*lines[: most - 1], clip(rest, face, size, room)]


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
    return next((end for end in (_end(word, fits), *ends) if 2 * end >= fits), fits)


def _filling(word: str, face: str, size: float, room: float) -> int:
    """How many characters of a word fill a line that others have begun: none of one that is not parted."""
    if not _end(word, len(word) - 1):
        return 0
    fits = _fitting(word, face, size, room)
    return _end(word, fits) if width(word[:fits], face, size) <= room else 0


def _end(word: str, most: int) -> int:
    """After how many characters, at most so many, a line may end within Chinese or Japanese; 0: nowhere."""
    if word.isascii():
        return 0
    return next((end for end in range(min(most, len(word) - 1), 0, -1) if _parts(word[end - 1], word[end])), 0)


def _parts(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space parts (after Unicode's UAX 14, simplified)."""
    if before in OPENING or after in CLOSING:
        return False
    ends, begins = before.isalnum() or before in CLOSING, after.isalnum() or after in OPENING
    return ends and begins and (_ideographic(before) or _ideographic(after))


def ideographic(text: str) -> bool:
    """Whether any of it is of a script without spaces; words in Hangul have them, and stay whole."""
    return not text.isascii() and any(map(_ideographic, text))


def _ideographic(character: str) -> bool:
    code = ord(character)
    return code in EAST_ASIAN and not (0x3131 <= code <= 0x318E or 0xAC00 <= code <= 0xD7A3)


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
