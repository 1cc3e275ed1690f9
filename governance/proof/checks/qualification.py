"""What an installation found of itself, and everything that a report on it says of that: the rules both sides share.

Findings are canonical JSON, named by their digest, which is on the ledger since the report was asked for. The server
prints by these rules, and the verifier holds the pages to them. That findings are true is the server's word.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from governance.proof.checks import failures
from governance.proof.checks.evidence import Evidence
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.fields import Count, Strict, Time, moment
from governance.proof.formats.fields import told as said_of
from governance.proof.formats.leaf import BACKUP_CHECKED, BACKUP_MADE, REPORT_REQUESTED, Leaf
from governance.proof.words.printed import count, plural
from governance.proof.words.printed import moment as stated

KIND = "qualification"
FINDINGS = "findings"
INSTALLATION, OPERATION, REQUIREMENTS, PACKAGES = (
    "Installation", "Operation", "Requirements and their tests", "Packages",
)  # fmt: skip
STATES = {"met": "met", "thin": "in part", "later": "not built"}
BACKUPS = {
    "none": "No backup of this installation is on its ledger.",
    "unchecked": "The newest backup was never restored and checked.",
    "altered": "The newest backup did not hold when it was restored and checked.",
}
MOST = 100
"""failed tests that are printed by name"""
FEW = 10
"""packages that page one names"""
BACKED_UP = "The entries on the newest backup are in the ledger at the checkpoint."


class Package(Strict):
    """A pinned package: the version that is asked for, and the one that is installed ("" for none)."""

    name: str
    pinned: str
    installed: str


class Requirement(Strict):
    """A requirement, how far the project says it is met, and the files or folders of tests that it names."""

    id: str
    title: str
    state: Literal["met", "thin", "later"]
    tests: tuple[str, ...]


class Ran(Strict):
    """How the tests of a file went."""

    passed: Count = 0
    failed: Count = 0
    skipped: Count = 0

    def __add__(self, other: "Ran") -> "Ran":
        return Ran(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


class Qualification(Strict):
    """The findings. `results` are by test file; `failing` names the tests that failed: "file: name", in order."""

    format: Literal["countersign-qualification/1"] = "countersign-qualification/1"
    at: Time
    """when the installation was examined"""
    ledger_size: Count
    """entries that the ledger had then"""
    software: dict[str, str]
    packages: tuple[Package, ...]
    settings: dict[str, str]
    keys: tuple[str, ...]
    safeguards: dict[str, str]
    warnings: tuple[str, ...]
    backup: tuple[Count, ...]
    """the ledger entries on the newest backup and, where there is one, on its last check"""
    requirements: tuple[Requirement, ...]
    results: dict[str, Ran]
    failing: tuple[str, ...]

    @model_validator(mode="after")
    def _each_requirement_stands_once(self) -> Self:
        if twice := [name for name, times in Counter(one.id for one in self.requirements).items() if times > 1]:
            raise ValueError(f"requirements stand twice: {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _each_failed_test_is_named(self) -> Self:
        named = Counter(name.partition(": ")[0] for name in self.failing)
        if named != Counter({file: ran.failed for file, ran in self.results.items() if ran.failed}):
            raise ValueError("the tests that failed are not those that are counted as failed")
        return self

    @property
    def tests(self) -> Ran:
        """All tests that ran."""
        return sum(self.results.values(), Ran())

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return canonical.dumps(self.model_dump(mode="json"))


@lru_cache(maxsize=1)
def read(text: str) -> Qualification:
    """Return the findings of canonical JSON. Raises NotCanonical: it is not canonical, or no findings."""
    canonical.loads(text.encode())
    try:
        return Qualification.model_validate_json(text)
    except ValidationError as error:
        raise NotCanonical(f"found canonical JSON that is no findings: {said_of(error)}") from error


@dataclass(frozen=True)
class Traced:
    """A requirement, how its tests went, and those of them without a result."""

    said: Requirement
    ran: Ran
    absent: tuple[str, ...]


@dataclass(frozen=True)
class Pairs:
    """Labels with their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listed:
    """A table under its caption; `empty` is said in place of one without rows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "None."


Part = str | Pairs | Listed


def traced(said: Requirement, results: Mapping[str, Ran]) -> Traced:
    """Return how the tests of a requirement went; a folder counts with all in it, and each file once."""
    hits = {name: [file for file in results if file == name or file.startswith(f"{name}/")] for name in said.tests}
    files = {file for found in hits.values() for file in found}
    absent = tuple(name for name, found in hits.items() if not found)
    return Traced(said, sum((results[file] for file in files), Ran()), absent)


def lead(said: Qualification, digest: str) -> dict[str, str]:
    """Return what page one says first, by its labels."""
    states: Counter[str] = Counter(one.state for one in said.requirements)
    return {
        "Findings": digest,
        "Tests": ", ".join(f"{number} {word}" for word, number in said.tests.model_dump().items()),
        "Requirements": ", ".join(f"{states[state]} {words}" for state, words in STATES.items()),
    }


def exceptions(said: Qualification, leaves: Mapping[int, Leaf]) -> Iterator[tuple[str, str]]:
    """Yield the exceptions of page one: a label and a text each."""
    every = [traced(one, said.results) for one in said.requirements]
    if failed := [one.said.id for one in every if one.ran.failed]:
        yield "Failed", f"Tests of {', '.join(failed)} failed here."
    named = {name for one in said.requirements for name in one.tests}
    if others := [one for one in said.failing if not any(one.startswith((f"{n}:", f"{n}/")) for n in named)]:
        yield "Failed", f"{len(others)} that no requirement names failed: {', '.join(others[:3])}."
    untested = [one.said.id for one in every if not (one.ran.passed or one.ran.failed) and one.said.state != "later"]
    if untested:
        yield "Not tested here", f"No test ran for {', '.join(untested)}."
    if later := [one.id for one in said.requirements if one.state == "later"]:
        yield "Not built", f"{', '.join(later)}."
    if wrong := [one.name for one in said.packages if _public(one.installed) != _public(one.pinned)]:
        more = f" and {len(wrong) - FEW} more" if len(wrong) > FEW else ""
        yield "Other versions", f"Not as pinned: {', '.join(wrong[:FEW])}{more}."
    if (state := backup_state(said, leaves)) in BACKUPS:
        yield "Backup", BACKUPS[state]
    if said.warnings:
        yield "Warnings", f"Django warns of {plural(len(said.warnings), 'thing', 'things')}; see Operation."


def sections(said: Qualification, leaves: Mapping[int, Leaf]) -> dict[str, tuple[Part, ...]]:
    """Return what the sections say, by their titles in order."""
    return {
        INSTALLATION: (_pairs({"Examined": stated(moment(said.at)), **said.software}),),
        OPERATION: (
            _pairs(said.safeguards | backup_told(said, leaves)),
            Listed(
                "Settings that decide what can be relied on. Secrets are not among them.",
                ("Setting", "Value"),
                _pairs(said.settings).rows,
            ),
            Listed(
                "Keys, and where the command that examined the installation reached those in use.",
                ("Key",),
                tuple((key,) for key in said.keys),
                "No key.",
            ),
            Listed("Django’s warnings.", ("Warning",), tuple((warning,) for warning in said.warnings)),
        ),
        REQUIREMENTS: tuple(_requirements(said)),
        PACKAGES: (
            Listed(
                "Every pinned package.",
                ("Package", "Pinned", "Installed"),
                tuple((one.name, one.pinned, one.installed or "not installed") for one in said.packages),
            ),
        ),
    }


def _requirements(said: Qualification) -> Iterator[Part]:
    yield "A test may count for several requirements. “None” means that no test is named for it."
    heads = ("No.", "Requirement", "State", "Passed", "Failed", "Skipped", "Tests, below tests/")
    every = [traced(one, said.results) for one in said.requirements]
    rows = (
        (
            one.said.id,
            one.said.title,
            STATES[one.said.state],
            *map(count, (one.ran.passed, one.ran.failed, one.ran.skipped)),
            _tests(one),
        )
        for one in every
    )
    yield Listed("Results on this installation.", heads, tuple(rows))
    if said.failing:
        more = f" The first {MOST} of {len(said.failing)}." if len(said.failing) > MOST else ""
        yield Listed(f"Tests that failed.{more}", ("Test",), tuple((name,) for name in said.failing[:MOST]))


def _tests(one: Traced) -> str:
    named = [name.removeprefix("tests/") + (" (no result)" if name in one.absent else "") for name in one.said.tests]
    return ", ".join(named) or "None"


def _pairs(rows: Mapping[str, str]) -> Pairs:
    return Pairs(tuple((name, value or "not set") for name, value in rows.items()))


def _public(version: str) -> str:
    """Return a version without its local label, such as "+cpu": a pin asks for no more (PEP 440)."""
    return version.partition("+")[0]


def backup_state(said: Qualification, leaves: Mapping[int, Leaf]) -> Literal["none", "unchecked", "altered", "held"]:
    """Return how the newest backup's last check came out, by the ledger entries named."""
    if not said.backup:
        return "none"
    if len(said.backup) == 1:
        return "unchecked"
    return "held" if leaves[said.backup[1]].data["holds"] else "altered"


def backup_told(said: Qualification, leaves: Mapping[int, Leaf]) -> dict[str, str]:
    """Return what pages say of the newest backup, with its age when the installation was examined."""
    if not said.backup:
        return {"Backup, newest": "none on the ledger (manage.py backup)"}
    made, checked = leaves[said.backup[0]], "never (manage.py check_backup)"
    if len(said.backup) > 1:
        check = leaves[said.backup[1]]
        how = "restored, and it held" if check.data["holds"] else "it did not hold"
        checked = f"{stated(moment(check.time))}: {how} (ledger entry {check.seq})"
    hours = int((moment(said.at) - moment(made.time)).total_seconds() // 3600)
    age = f"{hours // 24} days" if hours >= 48 else plural(hours, "hour", "hours") if hours else "less than an hour"
    behind = plural(said.ledger_size - int(str(made.data["size"])), "entry", "entries")
    when = f"{stated(moment(made.time))} (ledger entry {made.seq})"
    return {
        "Backup, newest": f"{when}, {age} before this was examined; {behind} came later",
        "Backup, its manifest": str(made.data["manifest"]),
        "Backup, its last check": checked,
    }


def findings_lines(evidence: Evidence, leaves: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return whether the findings are those that the ledger names, and their entries on a backup are what they say.

    Nothing is said of a report of another kind, unless its evidence has findings.
    """
    if evidence.report.kind == failures.KIND or (evidence.report.kind != KIND and evidence.findings is None):
        return []
    holds = "what the installation found of itself is what was named on the ledger when the report was asked for"
    return lines(FINDINGS, _problems(evidence, leaves), holds)


def _problems(evidence: Evidence, leaves: Mapping[int, Leaf]) -> Iterable[str]:
    report, text = evidence.report, evidence.findings
    if report.kind != KIND:
        return ["found some in the evidence of a report that tells of none"]
    if text is None:
        return ["what the installation found of itself is not in the evidence: nothing on the pages can be held to it"]
    digest, named = canonical.sha256(text.encode()), report.parameters.get("findings")
    if digest != named:
        return [f"found some with the digest {digest}, expected {named}, which was asked for"]
    told = canonical.dumps({"kind": report.kind, "about": report.subject, "asked": report.parameters})
    seq, asked = report.ledger_size - 1, canonical.sha256(told)
    last = leaves.get(seq)
    if last is None or last.event != REPORT_REQUESTED or last.data.get("asked") != asked:
        return [f"ledger entry {seq} does not record that a report on the findings {digest} was asked for"]
    try:
        return _backup_problems(read(text), leaves)
    except NotCanonical as error:
        return [str(error)]


def _backup_problems(said: Qualification, leaves: Mapping[int, Leaf]) -> list[str]:
    found = [leaves.get(seq) for seq in said.backup]
    events = [leaf.event if leaf else "" for leaf in found]
    manifests = {str(leaf.data.get("manifest")) for leaf in found if leaf}
    if events not in ([], [BACKUP_MADE], [BACKUP_MADE, BACKUP_CHECKED]) or len(manifests) > 1:
        return [f"ledger entries {', '.join(map(str, said.backup))} do not record a backup and a check of it"]
    return []
