"""Rows and cases made of made-up words: clean ones, and ones that are all alike."""

import itertools
import random

from evals.engine.spec import Case
from evals.quality.rows import Row
from tests.evals.engine.builders import LABELS, case

_PARTS = [first + second for first in ["ka", "mo", "ti", "re", "su", "lo"] for second in ["ran", "del", "vik", "pos"]]
WORDS = [first + second for first, second in itertools.product(_PARTS, repeat=2)]


def text(seed: int, words: int = 8) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def row(name: str, content: str, target: str = '{"chapter":"eye"}') -> Row:
    return Row.model_validate({"id": name, "messages": [{"role": "user", "content": content}], "target": target})


def clean_rows(per_class: int = 60) -> list[Row]:
    return [
        row(f"r{number:05}", text(number), f'{{"chapter":"{LABELS[number % 3]}"}}') for number in range(3 * per_class)
    ]


def clean_cases(count: int = 30) -> list[Case]:
    return [
        case(f"c{number:03}", messages=[{"role": "user", "content": text(10**6 + number)}]) for number in range(count)
    ]


def rows_alike(count: int) -> list[Row]:
    """Return rows that share all but their last words."""
    template = "Read the following note with care and answer with the chapter that fits it best, nothing else: "
    return [row(f"r{number:05}", f"{template}{WORDS[number % 97]} {number}") for number in range(count)]
