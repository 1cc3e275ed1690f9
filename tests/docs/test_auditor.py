"""docs/auditor.md: its commands do what it says, on a report of long ago, and each step notices a forger."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.governance.proof.checks.test_renewal import Later
from tests.support.auditor import MISSING, TOOLS, commands, follow
from tests.support.authority import Authority
from tests.support.verifier import verifier

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "auditor.md"
MAKERS = ("CheckLine", "lines", "Verification.impossible")
guided = pytest.mark.skipif(bool(MISSING), reason=f"the guide needs {', '.join(MISSING)}, which is not here")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("guide") / "tsa")
    yield made
    made.stop()


@guided
def test_the_guide_as_it_stands(authority: Authority, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert len(commands()) == 11
    later, pyz = Later(), verifier(tmp_path_factory)
    renewal = later.renewal.model_dump_json()
    ran = follow(tmp_path / "good", later.report, renewal, later.world.fingerprint, authority, pyz)
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, "the end"), ran.stdout + ran.stderr
    for said in (
        "report.pdf: HOLDS", f"entry {later.recorded} recorded this very file", "Verification: OK",
        "Signature is Valid", "Total document signed", '"kind": "dossier"', "evals.thresholds/1",
        '"by": "Ada Reviewer"', "holds: entry 1 is in the ledger of",
    ):  # fmt: skip
        assert said in ran.stdout, said
    assert ran.stdout.count("Signature Verified Successfully") == 3
    assert (tmp_path / "good" / "both.tsr").stat().st_size > 0
    # The stock tools alone: whoever goes by another fingerprint, or has a file that was changed, stops on the way.
    forger = Later()
    bad = bytearray(later.report)
    bad[len(bad) // 3] ^= 1
    for number, report in enumerate((forger.report, bytes(bad))):
        ran = follow(tmp_path / str(number), report, renewal, later.world.fingerprint, authority)
        assert ran.returncode != 0
        assert "Verification: OK" in ran.stderr + ran.stdout, "so far it is the reader's own"
        assert ("Signature is Valid" in ran.stdout, "the end" in ran.stdout) == (report is forger.report, False)
    assert not (tmp_path / "1" / "evidence.json").exists()
    assert not (tmp_path / "0" / "keys.json").exists()


def test_what_the_guide_needs_is_looked_for_before_the_tests_run() -> None:
    """Or a machine without it leaves the guide out, and nobody notices."""
    script = (ROOT / ".ci" / "system-packages").read_text("utf-8")
    everywhere = {"bash", "basenc"}
    assert [tool for tool in TOOLS if tool not in everywhere and f"command -v {tool} " not in script] == []


def test_every_line_that_the_verifier_says_is_explained() -> None:
    """By its name, in the table of the guide: an auditor finds there what was checked."""
    rows = re.findall(r"^\| ([a-z ,…-]+) \| ", GUIDE.read_text("utf-8"), flags=re.MULTILINE)
    explained = {name.strip() for row in rows for name in row.split(",")}
    said = said_names()
    assert len(said) > 40, said  # or they are looked for where they no longer are
    assert said <= explained, said - explained


def said_names() -> set[str]:
    """Return the names of all lines that the verifier's sources make."""
    found: set[object] = set()
    for file in (ROOT / "governance" / "proof").rglob("*.py"):
        dotted = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        module = import_module(dotted) if file.stem != "__main__" else None
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in MAKERS:
                first = node.args[0]
                found.add(first.value if isinstance(first, ast.Constant) else getattr(module, ast.unparse(first), None))
    return {name for name in found if isinstance(name, str)}
