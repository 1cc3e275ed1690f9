"""Attacks that are tests: what each tries, what catches it, and what would have to be true for it to go unnoticed.

    @pytest.mark.attack(name="…", caught_by="…", unless="…")

A pytest plugin: it refuses a marker that does not say all three, and `--attacks=FILE` writes how each attack ended as
JSON. `tests.support.attack_table` makes the table in THREAT_MODEL.md from them.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

WORDS = ("name", "caught_by", "unless")
PROPERTY = "attack"
PASSED, COLLECTED = "passed", "collected"


@dataclass(frozen=True, order=True)
class Attack:
    """One row of the table; `path` is the file of tests that carries it out."""

    path: str
    name: str
    caught_by: str
    unless: str


class Unsaid(ValueError):
    """A marker does not say what it must."""


def of(path: str, markers: Iterable[pytest.Mark]) -> list[Attack]:
    """Return the attacks that a test in `path` carries out.

    Raises:
        Unsaid: a marker has other words than `WORDS`, or one of them is no single line of text.
    """
    found = []
    for marker in markers:
        if marker.args or set(marker.kwargs) != set(WORDS):
            given = sorted(marker.kwargs) + [repr(value) for value in marker.args]
            raise Unsaid(f"mark.attack says {', '.join(given) or 'nothing'}; expected {', '.join(WORDS)} by name")
        for word, text in marker.kwargs.items():
            if not isinstance(text, str) or not text.strip() or set(text) & set("|\n"):
                raise Unsaid(f"mark.attack has {word}={text!r}; expected one line of text without a |")
        found.append(Attack(path, **{word: text.strip() for word, text in marker.kwargs.items()}))
    return found


def agree(attacks: Iterable[Attack]) -> list[Attack]:
    """Return each attack once, sorted by file and name.

    Raises:
        Unsaid: two tests name one attack and say different things about it.
    """
    by_name: dict[str, Attack] = {}
    for attack in sorted(set(attacks)):
        known = by_name.setdefault(attack.name, attack)
        if known != attack:
            raise Unsaid(f"two tests tell differently of the attack {attack.name!r}: {known} and {attack}")
    return sorted(by_name.values())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attacks", type=Path, metavar="FILE", help="write as JSON how each marked attack ended")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--attacks") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Results(config.getoption("--attacks")))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    try:
        agree(attack for item in items for attack in of_item(item))
    except Unsaid as problem:
        raise pytest.UsageError(str(problem)) from problem


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the report carry the attacks: the process that writes the results is not the one that ran the test."""
    report = yield
    report.user_properties += [(PROPERTY, asdict(attack)) for attack in of_item(item)]
    return report


def of_item(item: pytest.Item) -> list[Attack]:
    """Return the attacks that a collected test carries out."""
    return of(item.path.relative_to(item.config.rootpath).as_posix(), item.iter_markers("attack"))


class _Results:
    """Gathers the reports of all processes of the run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ended: dict[tuple[str, str], dict[str, str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items if session.config.option.collectonly else ():
            for attack in of_item(item):
                self._keep(attack, item.nodeid, COLLECTED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, attack in report.user_properties:
            if name == PROPERTY and not (report.when != "call" and report.passed):
                self._keep(Attack(**attack), report.nodeid, report.outcome)  # type: ignore[arg-type]

    def _keep(self, attack: Attack, test: str, outcome: str) -> None:
        self._ended[test, attack.name] = {**asdict(attack), "test": test, "outcome": outcome}

    def pytest_sessionfinish(self) -> None:
        rows = [self._ended[key] for key in sorted(self._ended)]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def read(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield what `--attacks` wrote: the words of each attack, the test, its outcome."""
    for file in files:
        yield from json.loads(file.read_text(encoding="utf-8"))
