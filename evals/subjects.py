"""What can be evaluated. Apps above register it (base models, run records); evaluation itself names neither."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from governance.gates import Answer
from governance.models import Document, Project
from governance.proof.formats.permit import Input


@dataclass(frozen=True)
class Subject:
    """How one kind of subject is evaluated.

    `base` returns the base model behind a document, `inputs` the model files as the engine wants them (base/…,
    adapter/…), `faults` hashes them and returns what is wrong, `admissible` says whether a new evaluation may rest on
    it (ledger size, time), `makers` returns the ledger ids of those who made it: they do not grade what it answers.
    """

    kind: str
    arm: Literal["base", "tuned"]
    base: Callable[[Document], Document]
    inputs: Callable[[Document], list[Input]]
    faults: Callable[[Document], list[str]]
    admissible: Callable[[Document, int, datetime], Answer]
    makers: Callable[[Document], set[str]] = lambda subject: set()


@dataclass(frozen=True)
class Released:
    """A release in force: the result it was signed on, and the subject that result is of."""

    release: Document
    result: Document
    subject: Document


# Which releases of a project are in force (ledger size, time): the app that has releases says so.
RELEASES: list[Callable[[Project, int, datetime], list[Released]]] = []


def releases_in_force(project: Project, ledger_size: int, time: datetime) -> list[Released]:
    """Return the releases of a project that are in force at a ledger size and time."""
    return [found for ask in RELEASES for found in ask(project, ledger_size, time)]


SUBJECTS: dict[str, Subject] = {}
# The kinds a specification's `subject` may name: the same set object, filled as subjects are registered.
SUBJECT_KINDS: set[str] = set()


def register_subject(subject: Subject) -> None:
    """Add a kind of subject; two of one kind are a programming error."""
    if subject.kind in SUBJECTS:
        raise ValueError(f"subject {subject.kind!r} is registered already")
    SUBJECTS[subject.kind] = subject
    SUBJECT_KINDS.add(subject.kind)
