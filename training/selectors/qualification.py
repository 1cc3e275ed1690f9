"""What `manage.py qualify` finds on this installation: what is installed and set, and how its own tests went.

The finding is a file of JSON in the store, named by its digest; the report says it is the server's word. Requirements
and the tests that drive them stand in `docs/requirements.md`; results come from a JUnit file that pytest wrote.
"""

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from xml.etree.ElementTree import Element, ParseError

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils import timezone

from governance import backups, triggers, witnesses
from governance.proof.fields import Strict
from governance.proof.printed import moment as stated
from governance.selectors import ledger, safekeeping
from governance.selectors.keys import keyring, root_fingerprint
from governance.selectors.safekeeping import Taken
from training import code

_NUMBER = re.compile(r"R\d+")
_PATH = re.compile(r"`([^`]+)`")
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s#;]+)")
CELLS = 5
TOLD = (
    "COUNTERSIGN_MODE", "COUNTERSIGN_PROCESS", "COUNTERSIGN_URL", "COUNTERSIGN_CHECKPOINT_SECONDS",
    "COUNTERSIGN_TIMESTAMP_URL", "COUNTERSIGN_WITNESS_QUORUM", "COUNTERSIGN_SECOND_FACTOR_ROLES",
    "COUNTERSIGN_SESSION_HOURS", "COUNTERSIGN_IDLE_MINUTES", "COUNTERSIGN_ACCESS_LOG_DAYS", "COUNTERSIGN_RUNS_AT_ONCE",
    "COUNTERSIGN_UPLOAD_LIMIT", "COUNTERSIGN_OIDC_ISSUER",
)  # fmt: skip
"""settings that decide what can be relied on; none is a secret"""


class Package(Strict):
    """A pinned package: the version that is asked for, and the one that is installed ("" for none)."""

    name: str
    pinned: str
    installed: str


class Traced(Strict):
    """A requirement, how far the project says it is met, and the results of its tests here."""

    id: str
    title: str
    state: str
    tests: tuple[str, ...]
    passed: int
    failed: int
    skipped: int
    absent: tuple[str, ...]
    """tests that are named and of which there is no result"""


class Qualification(Strict):
    """Everything the report prints."""

    software: dict[str, str]
    packages: tuple[Package, ...]
    settings: dict[str, str]
    keys: tuple[str, ...]
    safeguards: dict[str, str]
    warnings: tuple[str, ...]
    backup: Literal["", "none", "unchecked", "altered", "held"] = ""
    """of the newest backup: how its last check came out; "" where that was not looked at"""
    backup_entries: tuple[int, ...] = ()
    """the ledger entries that say so"""
    traced: tuple[Traced, ...]
    tests: dict[str, int]
    """passed, failed, skipped of all tests that ran"""
    failing: tuple[str, ...] = ()
    """the tests that failed, by file and name"""


class NoResults(ValueError):
    """The file of results is not one that can be read."""


def examine(results: Path) -> Qualification:
    """Return what is found here, and how the tests of the file of results went.

    Raises:
        NoResults: the file is no JUnit XML, or holds no test.
    """
    counted = read_results(results)
    root, now, kept = Path(settings.BASE_DIR), timezone.now(), safekeeping.newest()
    rows = (root / "docs" / "requirements.md").read_text(encoding="utf-8")
    return Qualification(
        software=_software(),
        packages=tuple(_packages((root / "constraints.txt").read_text(encoding="utf-8"))),
        settings=_settings(),
        keys=tuple(f"{entry.purpose}, {entry.algorithm}, from entry {entry.since}" for entry in keyring().entries),
        safeguards=_safeguards(now, kept),
        backup=_state(kept),
        backup_entries=kept.entries if kept else (),
        warnings=tuple(str(each) for each in checks.run_checks()),
        traced=tuple(trace(rows, counted)),
        tests={word: sum(one[word] for one in counted.values()) for word in ("passed", "failed", "skipped")},
        failing=tuple(sorted(failing(results))),
    )


def read_results(path: Path) -> dict[str, dict[str, int]]:
    """Return passed, failed and skipped by test file. Raises NoResults."""
    counted: dict[str, dict[str, int]] = {}
    for case in _cases(path):
        told = counted.setdefault(_file_of(case.get("classname", "")), {"passed": 0, "failed": 0, "skipped": 0})
        skipped = any(child.tag == "skipped" for child in case)
        told["failed" if _failed(case) else "skipped" if skipped else "passed"] += 1
    return counted


def failing(path: Path) -> Iterator[str]:
    """Yield the tests that failed, by file and name. Raises NoResults."""
    for case in _cases(path):
        if _failed(case):
            yield f"{_file_of(case.get('classname', ''))}: {case.get('name', '')}"


def _failed(case: Element) -> bool:
    return any(child.tag in ("failure", "error") for child in case)


def _cases(path: Path) -> list[Element]:
    from defusedxml.ElementTree import parse

    try:
        cases: list[Element] = list(parse(path).getroot().iter("testcase"))
    except (OSError, ParseError, ValueError) as error:
        raise NoResults(f"{path} cannot be read as JUnit XML: {error}") from error
    if not cases:
        raise NoResults(f"{path} holds no test; run the tests with --junitxml={path} first")
    return cases


def trace(table: str, counted: Mapping[str, Mapping[str, int]]) -> Iterator[Traced]:
    """Yield each requirement of the table with the results of the tests it names; a folder counts with all in it."""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != CELLS or not _NUMBER.fullmatch(cells[0]):
            continue
        number, title, state, _, tests = cells
        named = tuple(_tests(tests))
        hits = {name: [file for file in counted if file == name or file.startswith(f"{name}/")] for name in named}
        files = {file for found in hits.values() for file in found}
        yield Traced(
            id=number,
            title=title,
            state=state,
            tests=named,
            passed=sum(counted[file]["passed"] for file in files),
            failed=sum(counted[file]["failed"] for file in files),
            skipped=sum(counted[file]["skipped"] for file in files),
            absent=tuple(name for name, found in hits.items() if not found),
        )


def _tests(cell: str) -> Iterator[str]:
    """Yield the tests a cell names: a bare file name stands in the folder of the one before it."""
    folder = "tests"
    for named in _PATH.findall(cell):
        path = named.rstrip("/")
        if not path.startswith("tests/"):
            path = f"{folder}/{path}"
        folder = path.rpartition("/")[0] if path.endswith(".py") else path
        yield path


def _file_of(classname: str) -> str:
    """Return the file of a test, from the dotted name pytest writes: what follows its module is a class."""
    parts = classname.split(".")
    last = max((i for i, part in enumerate(parts) if part.startswith("test_")), default=len(parts) - 1)
    return "/".join(parts[: last + 1]) + ".py"


def _software() -> dict[str, str]:
    here = code.here()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        [database] = cursor.fetchone()
    return {
        "Commit": here.commit + (", with changes that were not committed" if here.dirty else ""),
        "Lock file": here.lockfile_sha256,
        "Python": sys.version.split()[0],
        "Machine": f"{platform.system()} {platform.machine()}",
        "Database": f"{connection.vendor} {database}",
    }


def _packages(constraints: str) -> Iterator[Package]:
    for line in constraints.splitlines():
        if (pin := _PIN.match(line)) is not None:
            try:
                found = version(pin[1])
            except PackageNotFoundError:
                found = ""
            yield Package(name=pin[1], pinned=pin[2], installed=found)


def _settings() -> dict[str, str]:
    told = {name: _without_secrets(_plain(getattr(settings, name, ""))) for name in TOLD}
    return told | {"PRODUCTION": _plain(settings.PRODUCTION)}


def _plain(value: object) -> str:
    """Return a setting as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(map(str, value))) or "none"
    return str(value) or "not set"


def _without_secrets(text: str) -> str:
    """Return a setting without the name and password that an address may carry."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", text)


def _state(kept: Taken | None) -> Literal["none", "unchecked", "altered", "held"]:
    if kept is None:
        return "none"
    if kept.checked is None:
        return "unchecked"
    return "held" if kept.checked.holds else "altered"


def _kept(kept: Taken | None, now: datetime) -> dict[str, str]:
    """Return what the ledger says of the newest backup, with its age."""
    if kept is None:
        return {"Backup, newest": "none on the ledger (manage.py backup)"}
    behind, age = ledger.size() - kept.size, _age(now - kept.at)
    checked = "never (manage.py check_backup)"
    if kept.checked is not None:
        how = "restored, and it held" if kept.checked.holds else "it did not hold"
        checked = f"{stated(kept.checked.at)}: {how} (ledger entry {kept.checked.seq})"
    return {
        "Backup, newest": f"{stated(kept.at)}, {age} before (ledger entry {kept.seq}); {behind} entries came later",
        "Backup, its manifest": kept.manifest,
        "Backup, its last check": checked,
    }


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours else "less than an hour"


def _safeguards(now: datetime, kept: Taken | None) -> dict[str, str]:
    lying = triggers.faults()
    return {
        "Root fingerprint": root_fingerprint(),
        "Keyring": f"version {keyring().number}",
        "Triggers that keep rows from being changed": "all stand" if not lying else f"missing: {', '.join(lying)}",
        "Witnesses": "configured" if witnesses.policy() is not None else "none",
        "Time-stamp authority": _without_secrets(settings.COUNTERSIGN_TIMESTAMP_URL) or "none",
        **_kept(kept, now),
        "Backups of base models": ", ".join(sorted(backups.listed())) or "none",
    }
