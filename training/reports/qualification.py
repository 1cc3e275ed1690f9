"""The qualification report: what is installed, how it is set, and how the tests of each requirement went here."""

from typing import Annotated

from pydantic import Field

from governance import store
from governance.errors import Invalid
from governance.models import Report
from governance.proof.canonical import Digest
from governance.proof.fields import Strict
from governance.registry import ReportKind, Wanted
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered
from governance.reports.model import Block, Column, DataTable, Fact, FactsTable, Notice, Paragraph, Section, Told
from training.selectors.qualification import Package, Qualification, Traced

BACKUPS = {
    "none": "No backup of this installation is on its ledger.",
    "unchecked": "The newest backup was never restored and checked.",
    "altered": "The newest backup did not hold when it was restored and checked.",
}
MOST = 100  # failed tests that are printed by name
STATES = {"met": "met", "thin": "in its simplest form", "later": "not built"}


class Asked(Strict):
    """The digest of what `manage.py qualify` found."""

    findings: Annotated[
        Digest, Field(title="Findings", description="The digest that manage.py qualify printed: it asks by itself.")
    ]


def _read(report: Report) -> Qualification:
    asked = Asked.model_validate_json(report.parameters)
    return Qualification.model_validate_json(store.read(asked.findings))


def _found(report: Report) -> Qualification:
    try:
        return _read(report)
    except (store.BytesMissing, OSError, ValueError) as error:
        raise Unreportable(f"the findings are not stored any more: {error}") from error


def _check(report: Report) -> None:
    try:
        _read(report)
    except (store.BytesMissing, OSError, ValueError) as error:
        raise Invalid("findings", "found no findings of that digest; run manage.py qualify") from error


def _want(report: Report) -> Wanted:
    """The entries that tell of the newest backup: they are proved, whatever the findings say."""
    return Wanted(entries=frozenset(_found(report).backup_entries))


def _pages(found: Gathered) -> Told:
    said = _found(found.report)
    ran = ", ".join(f"{number} {word}" for word, number in said.tests.items())
    return Told(
        title="Installation and operation, as found here",
        about="Qualification of this installation",
        proves=(
            "These findings were made, and named by the digest on page one, before this report was asked for.",
            "Nobody changed the findings since: they are stored under that digest.",
            *(
                ("The entries on the newest backup are in the ledger at the checkpoint.",)
                if said.backup_entries
                else ()
            ),
        ),
        does_not_prove=(
            "That the findings are true: the server made them of itself. To know, run the tests yourself.",
            "That the software suits your purpose. That is a judgement of people.",
            "Anything after the findings were made, such as another setting or version.",
        ),
        lead=(
            Fact("Findings", Asked.model_validate_json(found.report.parameters).findings, code=True),
            Fact("Tests", ran),
            Fact("Requirements", _counted(said.traced)),
        ),
        first=(_installation(said), _operation(said), _requirements(said), _packages(said.packages)),
        own_exceptions=tuple(_exceptions(said)),
        plain=True,
    )


def _counted(traced: tuple[Traced, ...]) -> str:
    return ", ".join(
        f"{sum(one.state == state for one in traced)} {words}" for state, words in STATES.items()
    )  # fmt: skip


def _exceptions(said: Qualification) -> list[Notice]:
    notices = []
    if failed := [one.id for one in said.traced if one.failed]:
        notices.append(Notice("Failed", f"Tests of {', '.join(failed)} failed here."))
    named = {name for one in said.traced for name in one.tests}
    if others := [one for one in said.failing if not any(one.startswith((f"{n}:", f"{n}/")) for n in named)]:
        notices.append(Notice("Failed", f"{len(others)} that no requirement names failed: {', '.join(others[:3])}."))
    if none := [one.id for one in said.traced if not (one.passed or one.failed) and one.state != "later"]:
        notices.append(Notice("Not tested here", f"No test ran for {', '.join(none)}."))
    if later := [one.id for one in said.traced if one.state == "later"]:
        notices.append(Notice("Not built", f"{', '.join(later)}."))
    if wrong := [one.name for one in said.packages if _public(one.installed) != _public(one.pinned)]:
        few = ", ".join(wrong[:10]) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        notices.append(Notice("Other versions", f"Not as pinned: {few}."))
    if said.backup in BACKUPS:
        notices.append(Notice("Backup", BACKUPS[said.backup]))
    if said.warnings:
        notices.append(Notice("Warnings", f"Django warns of {len(said.warnings)} things; see Operation."))
    return notices


def _public(version: str) -> str:
    """Return a version without its local label, such as "+cpu": a pin asks for no more (PEP 440)."""
    return version.partition("+")[0]


def _facts(rows: dict[str, str]) -> FactsTable:
    return FactsTable(tuple(Fact(name, value or "not set") for name, value in rows.items()))


def _settings(rows: dict[str, str]) -> DataTable:
    listed = tuple((name, value or "not set") for name, value in rows.items())
    caption = "Settings that decide what can be relied on. Secrets are not among them."
    return DataTable(caption, (Column("Setting", 45), Column("Value", 55)), listed)


def _installation(said: Qualification) -> Section:
    lock = {"Lock file": f"SHA-256 begins with {said.software['Lock file'].removeprefix('sha256:')[:16]}"}
    return Section("Installation", (_facts(said.software | lock),))


def _operation(said: Qualification) -> Section:
    return Section(
        "Operation",
        (
            _facts(said.safeguards),
            _settings(said.settings),
            DataTable("Keys.", (Column("Key", 100),), tuple((key,) for key in said.keys), "No key."),
            DataTable("Django’s warnings.", (Column("Warning", 100),), tuple((w,) for w in said.warnings), "None."),
        ),
    )  # fmt: skip


def _requirements(said: Qualification) -> Section:
    columns = (
        Column("No.", 5), Column("Requirement", 18), Column("State", 12), Column("Passed", 7, "right"),
        Column("Failed", 7, "right"), Column("Skipped", 8, "right"), Column("Tests, below tests/", 43),
    )  # fmt: skip
    rows = tuple(
        (one.id, one.title, STATES[one.state], one.passed, one.failed, one.skipped, _tests(one)) for one in said.traced
    )
    intro = Paragraph("A test may count for several requirements. “None” means that no test is named for it.")
    blocks: list[Block] = [intro, DataTable("Results on this installation.", columns, rows)]
    if said.failing:
        failed = tuple((name,) for name in said.failing[:MOST])
        more = f" The first {MOST} of {len(said.failing)}." if len(said.failing) > MOST else ""
        blocks.append(DataTable(f"Tests that failed.{more}", (Column("Test", 100),), failed))
    return Section("Requirements and their tests", tuple(blocks))


def _tests(one: Traced) -> str:
    named = [name.removeprefix("tests/") + (" (no result)" if name in one.absent else "") for name in one.tests]
    return ", ".join(named) or "None"


def _packages(packages: tuple[Package, ...]) -> Section:
    columns = (Column("Package", 40), Column("Pinned", 30), Column("Installed", 30))
    rows = tuple((one.name, one.pinned, one.installed or "not installed") for one in packages)
    return Section("Packages", (DataTable("Every pinned package.", columns, rows),))


KIND = ReportKind(
    name="qualification",
    label="Qualification",
    about="What is installed here, how it is set, and how the tests of each requirement went.",
    asks=Asked,
    of=frozenset({"organisation"}),
    want=_want,
    pages=_pages,
    action="ledger.report",
    offered=False,
    check=_check,
)
