"""Attacks that are tests: what each tries, what catches it, and what would have to be true for it to go unnoticed.

    @pytest.mark.attack(name="…", caught_by="…", unless="…")

A pytest plugin: it refuses a marker that does not say all three, and `--attacks=FILE` writes how each attack ended as
JSON, and on which database. `tests.support.attack_table` makes the table in THREAT_MODEL.md from them.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

WORDS = ("name", "caught_by", "unless")
PROPERTY = "attack"
# Fixtures that say on which database a test runs, whichever the run is on; and those that take that of the run.
EACH = {"each_site", "each_deployment"}
ON_SQLITE = {"sqlite_templates"}
OF_THE_RUN = {"django_db_setup", "db", "transactional_db"}
PASSED, COLLECTED = "passed", "collected"
SQLITE, POSTGRESQL, NONE = "sqlite", "postgresql", "none"


@dataclass(frozen=True, order=True)
class Attack:
    """One row of the table; `path` is the file of tests that carries it out, `databases` those it is carried out on."""

    path: str
    name: str
    caught_by: str
    unless: str
    databases: tuple[str, ...] = field(default=(), compare=False)


class Unsaid(ValueError):
    """A marker does not say what it must."""


def of(path: str, markers: Iterable[pytest.Mark], databases: tuple[str, ...] = ()) -> list[Attack]:
    """Return the attacks that a test in `path` carries out, on which databases.

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
        found.append(Attack(path, **{word: text.strip() for word, text in marker.kwargs.items()}, databases=databases))
    return found


def agree(attacks: Iterable[Attack]) -> list[Attack]:
    """Return each attack once, sorted by file and name, with the databases of all tests that carry it out.

    Raises:
        Unsaid: two tests name one attack and say different things about it.
    """
    by_name: dict[str, Attack] = {}
    for attack in sorted(attacks):
        known = by_name.setdefault(attack.name, attack)
        if known != attack:
            raise Unsaid(f"two tests tell differently of the attack {attack.name!r}: {known} and {attack}")
        by_name[attack.name] = replace(known, databases=tuple(sorted({*known.databases, *attack.databases})))
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
    ran_on = {"database": database(item)}
    report.user_properties += [(PROPERTY, {**asdict(attack), **ran_on}) for attack in of_item(item)]
    return report


def of_item(item: pytest.Item) -> list[Attack]:
    """Return the attacks that a collected test carries out."""
    path = item.path.relative_to(item.config.rootpath).as_posix()
    return of(path, item.iter_markers("attack"), databases(item))


def database(item: pytest.Item) -> str:
    """Return the database that a collected test is carried out on in this run."""
    fixtures = set(getattr(item, "fixturenames", ()))
    parameters = getattr(item, "callspec", None)
    for name in EACH & fixtures:
        return str(parameters.params[name]) if parameters else NONE
    if ON_SQLITE & fixtures:
        return SQLITE
    if OF_THE_RUN & fixtures or item.get_closest_marker("django_db"):
        return str(item.config.getoption("--database", SQLITE))
    return NONE


def databases(item: pytest.Item) -> tuple[str, ...]:
    """Return the databases that a collected test is carried out on in all runs: marked `postgres`, it is in two."""
    found = database(item)
    follows = found in (SQLITE, POSTGRESQL) and not (EACH | ON_SQLITE) & set(getattr(item, "fixturenames", ()))
    if not follows:
        return (found,)
    return (POSTGRESQL, SQLITE) if item.get_closest_marker("postgres") else (SQLITE,)


class _Results:
    """Gathers the reports of all processes of the run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ended: dict[tuple[str, str], dict[str, Any]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items if session.config.option.collectonly else ():
            for attack in of_item(item):
                self._keep(asdict(attack), item.nodeid, COLLECTED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, attack in report.user_properties:
            if name == PROPERTY and not (report.when != "call" and report.passed):
                self._keep(attack, report.nodeid, report.outcome)  # type: ignore[arg-type]

    def _keep(self, attack: dict[str, Any], test: str, outcome: str) -> None:
        self._ended[test, attack["name"]] = {**attack, "test": test, "outcome": outcome}

    def pytest_sessionfinish(self) -> None:
        rows = [self._ended[key] for key in sorted(self._ended)]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def read(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield what `--attacks` wrote: the words of each attack, the test, the database it ran on, its outcome."""
    for file in files:
        yield from json.loads(file.read_text(encoding="utf-8"))
