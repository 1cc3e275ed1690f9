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
from governance.reports.model import Column, DataTable, Fact, FactsTable, Notice, Paragraph, Section, Told
from training.selectors.qualification import Package, Qualification, Traced

STATES = {"met": "met", "thin": "in its simplest form", "later": "not built"}


class Asked(Strict):
    """The digest of what `manage.py qualify` found."""

    findings: Annotated[
        Digest, Field(title="Findings", description="The digest that manage.py qualify printed: it asks by itself.")
    ]


def _read(report: Report) -> Qualification:
    asked = Asked.model_validate_json(report.parameters)
    return Qualification.model_validate_json(store.read(asked.findings))


def _check(report: Report) -> None:
    try:
        _read(report)
    except (store.BytesMissing, OSError, ValueError) as error:
        raise Invalid("findings", "found no findings of that digest; run manage.py qualify") from error


def _pages(found: Gathered) -> Told:
    try:
        said = _read(found.report)
    except (store.BytesMissing, OSError, ValueError) as error:
        raise Unreportable(f"the findings are not stored any more: {error}") from error
    ran = ", ".join(f"{number} {word}" for word, number in said.tests.items())
    return Told(
        title="Installation and operation, as found here",
        about="Qualification of this installation",
        proves=(
            "These findings were made, and named by the digest on page one, before this report was asked for.",
            "Nobody changed the findings since: they are stored under that digest.",
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
        first=(_installation(said), _operation(said), _requirements(said.traced), _packages(said.packages)),
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
    if said.tests["failed"] and not failed:
        notices.append(Notice("Failed", f"{said.tests['failed']} tests failed that no requirement names."))
    if none := [one.id for one in said.traced if not (one.passed or one.failed) and one.state != "later"]:
        notices.append(Notice("Not tested here", f"No test ran for {', '.join(none)}."))
    if later := [one.id for one in said.traced if one.state == "later"]:
        notices.append(Notice("Not built", f"{', '.join(later)}."))
    if wrong := [one.name for one in said.packages if one.installed != one.pinned]:
        few = ", ".join(wrong[:10]) + (f" and {len(wrong) - 10} more" if len(wrong) > 10 else "")
        notices.append(Notice("Other versions", f"Not as pinned: {few}."))
    if said.warnings:
        notices.append(Notice("Warnings", f"Django warns of {len(said.warnings)} things; see Operation."))
    return notices


def _facts(rows: dict[str, str]) -> FactsTable:
    return FactsTable(tuple(Fact(name, value or "not set") for name, value in rows.items()))


def _installation(said: Qualification) -> Section:
    lock = {"Lock file": f"SHA-256 begins with {said.software['Lock file'].removeprefix('sha256:')[:16]}"}
    return Section("Installation", (_facts(said.software | lock),))


def _operation(said: Qualification) -> Section:
    return Section(
        "Operation",
        (
            _facts(said.safeguards),
            Paragraph("Settings that decide what can be relied on. Secrets are not among them."),
            DataTable(
                "Each as it is set here.", (Column("Setting", 46), Column("Value", 54)), tuple(said.settings.items())
            ),
            DataTable("Keys.", (Column("Key", 100),), tuple((key,) for key in said.keys), "No key."),
            DataTable("Django’s warnings.", (Column("Warning", 100),), tuple((w,) for w in said.warnings), "None."),
        ),
    )  # fmt: skip


def _requirements(traced: tuple[Traced, ...]) -> Section:
    columns = (
        Column("No.", 5), Column("Requirement", 18), Column("State", 12), Column("Passed", 7, "right"),
        Column("Failed", 7, "right"), Column("Skipped", 8, "right"), Column("Tests", 43),
    )  # fmt: skip
    rows = tuple(
        (one.id, one.title, STATES[one.state], one.passed, one.failed, one.skipped, _tests(one)) for one in traced
    )
    intro = Paragraph("A test may count for several requirements. “None” means that no test is named for it.")
    return Section("Requirements and their tests", (intro, DataTable("Results on this installation.", columns, rows)))


def _tests(one: Traced) -> str:
    absent = f" (no result of {', '.join(one.absent)})" if one.absent else ""
    return (", ".join(one.tests) or "None") + absent


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
    want=lambda _report: Wanted(),
    pages=_pages,
    action="ledger.report",
    offered=False,
    check=_check,
)
