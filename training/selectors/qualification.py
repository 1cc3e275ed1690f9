"""What `manage.py qualify` finds on this installation: what is installed and set, and how its own tests went.

The findings are JSON in the store (`proof.checks.qualification`), and the server's word. Requirements and the tests
that drive them stand in `docs/requirements.md`; results come from a JUnit file that pytest wrote.
"""

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils import timezone

from governance import backups, keyfiles, triggers, witnesses
from governance.proof.checks.qualification import Package, Qualification, Ran, Requirement
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.keyring import KeyEntry
from governance.proof.formats.keys import KeyMaterialError
from governance.selectors import ledger, safekeeping
from governance.selectors.keys import keyring, root_fingerprint
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


LIES = {"file": "in a file", "hsm": "in an HSM"}
"""where a key lies, by its scheme; others, such as those of cloud services, are told by their names"""


class NoResults(ValueError):
    """The file of results is not one that can be read."""


def examine(results: Path) -> Qualification:
    """Return what is found here, and how the tests of the file of results went.

    Raises:
        NoResults: the file is no JUnit XML, or holds no test.
    """
    counted = read_results(results)
    root, kept = Path(settings.BASE_DIR), safekeeping.newest()
    return Qualification(
        at=rfc3339(timezone.now()),
        ledger_size=ledger.size(),
        software=_software(),
        packages=tuple(_packages((root / "constraints.txt").read_text(encoding="utf-8"))),
        settings=_settings(),
        keys=tuple(_key(entry) for entry in keyring().entries),
        safeguards=_safeguards(),
        warnings=tuple(str(each) for each in checks.run_checks()),
        backup=kept.entries if kept else (),
        requirements=tuple(trace((root / "docs" / "requirements.md").read_text(encoding="utf-8"))),
        results=counted,
        failing=tuple(sorted(failing(results))),
    )


def read_results(path: Path) -> dict[str, Ran]:
    """Return how the tests went, by test file. Raises NoResults."""
    counted: dict[str, Ran] = {}
    for case in _cases(path):
        file = _file_of(case.get("classname", ""))
        skipped = any(child.tag == "skipped" for child in case)
        how = Ran(failed=1) if _failed(case) else Ran(skipped=1) if skipped else Ran(passed=1)
        counted[file] = counted.get(file, Ran()) + how
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


def trace(table: str) -> Iterator[Requirement]:
    """Yield each requirement of the table with the tests it names."""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == CELLS and _NUMBER.fullmatch(cells[0]):
            number, title, state, _, tests = cells
            yield Requirement.model_validate(
                {"id": number, "title": title, "state": state, "tests": tuple(dict.fromkeys(_tests(tests)))}
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


def _key(entry: KeyEntry) -> str:
    """Return a key of the keyring in words, and where the one in use lies: by its scheme, never a path or a PIN."""
    until = f" until entry {entry.until}" if entry.until is not None else ""
    stolen = f", compromised since entry {entry.compromised_since}" if entry.compromised_since is not None else ""
    made = ", made for a demonstration" if entry.demo else ""
    lies = ", retired" if entry.until is not None else f", {_lies(entry)}"
    return f"{entry.purpose}, {entry.algorithm}, from entry {entry.since}{until}{stolen}{lies}{made}"


def _lies(entry: KeyEntry) -> str:
    try:
        scheme = keyfiles.scheme(entry.purpose, entry.key)
    except (keyfiles.NoKey, KeyMaterialError):
        return "which cannot be read from here"
    return "not reached from here" if scheme is None else LIES.get(scheme, f"reached by {scheme}")


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


def _safeguards() -> dict[str, str]:
    lying = triggers.faults()
    return {
        "Root fingerprint": root_fingerprint(),
        "Keyring": f"version {keyring().number}",
        "Triggers that keep rows from being changed": "all stand" if not lying else f"missing: {', '.join(lying)}",
        "Witnesses": "configured" if witnesses.policy() is not None else "none",
        "Time-stamp authority": _without_secrets(settings.COUNTERSIGN_TIMESTAMP_URL) or "none",
        "Backups of base models": ", ".join(sorted(backups.listed())) or "none",
    }
