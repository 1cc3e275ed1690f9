"""The dependency rule holds, and each contract of pyproject.toml fails when somebody breaks it."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "demo", "training", "evals", "governance", "client")
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}

# contract, module that gets the line, the line, words of the refusal
BREACHES = [
    ("apps", "governance/errors.py", "import evals.engine.spec", "governance.errors -> evals.engine.spec"),
    ("apps", "evals/engine/spec.py", "import training.trainers.spec", "evals.engine.spec -> training.trainers.spec"),
    (
        "inside",
        "governance/models/base.py",
        "import governance.services.ledger",
        "governance.models.base -> governance.services",
    ),
    ("inside", "governance/web/__init__.py", "import governance.api", "governance.web -> governance.api"),
    (
        "inside",
        "governance/proof/formats/canonical.py",
        "import governance.errors",
        "governance.proof.formats.canonical -> governance.errors",
    ),
    ("inside", "governance/newcomer.py", "", "governance.newcomer"),
    (
        "proof",
        "governance/proof/words/printed.py",
        "import governance.proof.pages",
        "governance.proof.words.printed -> governance.proof.pages",
    ),
    (
        "no-django",
        "governance/proof/formats/canonical.py",
        "import django.utils.timezone",
        "governance.proof.formats.canonical -> django",
    ),
    ("no-django", "governance/gates.py", "import governance.store", "governance.store -> django"),
    ("no-django", "client/__init__.py", "def late():\n    import django", "client -> django"),
    ("no-training-stack", "governance/web/__init__.py", "import torch", "governance.web -> torch"),
    (
        "no-training-stack",
        "evals/services/__init__.py",
        "import evals.engine.backends.local_model",
        "evals.engine.backends",
    ),
    ("client", "client/__init__.py", "import governance.errors", "client -> governance.errors"),
    (
        "ledger",
        "governance/web/__init__.py",
        "import governance.services.ledger",
        "governance.web -> governance.services.ledger",
    ),
]


def lint_imports(root: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    chosen = [] if contract is None else ["--contract", contract]
    kept = ["--cache-dir", ".read"]  # what it remembers of unchanged files, in the tree's copy
    return subprocess.run([program, *kept, "--no-logo", *chosen], cwd=root, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory) -> Path:
    root: Path = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def test_the_contracts_hold(copied_tree: Path) -> None:
    run = lint_imports(copied_tree)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_contract_is_broken_once_below() -> None:
    assert {breach[0] for breach in BREACHES} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "module", "line", "words"), BREACHES)
def test_a_breach_is_found(copied_tree: Path, contract: str, module: str, line: str, words: str) -> None:
    path = copied_tree / module
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        run = lint_imports(copied_tree, contract)
    finally:
        path.unlink() if before is None else path.write_text(before)
    assert run.returncode == 1
    assert words in run.stdout, run.stdout


def modules_of(package: str) -> set[str]:
    """Return the package's own modules and packages, one level down, without Django's migrations."""
    folder = ROOT / package
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return {f"{package}.{name}" for name in found - {"__init__", "migrations"}}


@pytest.mark.parametrize("package", ["governance", "evals", "training"])
def test_every_module_belongs_to_a_plane(package: str) -> None:
    named = [*CONTRACTS["no-django"]["source_modules"], *CONTRACTS["no-training-stack"]["source_modules"]]
    planes = {".".join(module.split(".")[:2]) for module in named} | ({package} & set(named))
    loose = {module for module in modules_of(package) if module not in planes and package not in planes}
    assert not loose, (
        f"name {sorted(loose)} in a contract of pyproject.toml: no-django (work plane) or no-training-stack (Django)"
    )


def imported_after(code: str, **env: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter holds after running `code`."""
    report = "\nimport sys; print('\\n'.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    run = subprocess.run([sys.executable, "-c", code + report], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_django_as_it_runs_never_loads_the_training_stack() -> None:
    """Django set up, every URL resolved and every command imported: what the linter reads, here at run time."""
    loaded = imported_after(
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n"
        "import django; django.setup()\n"
        "from django.core.management import get_commands, load_command_class\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "for name, app in get_commands().items():\n"
        "    if app in ('governance', 'evals', 'training', 'demo'): load_command_class(app, name)\n"
    )
    heavy = {name.partition(".")[0] for name in CONTRACTS["no-training-stack"]["forbidden_modules"]}
    assert loaded & heavy == set()


@pytest.mark.ml
def test_the_work_plane_as_it_runs_never_loads_django() -> None:
    loaded = imported_after(
        "import importlib, pkgutil\n"
        f"for zone in {CONTRACTS['no-django']['source_modules']!r}:\n"
        "    module = importlib.import_module(zone)\n"
        "    for found in pkgutil.walk_packages(getattr(module, '__path__', []), f'{zone}.'):\n"
        "        if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
    )
    assert "torch" in loaded or "governance" in loaded
    assert loaded & {"django", "rest_framework", "environ", "config"} == set()


def test_who_only_reads_files_of_cases_loads_no_signatures() -> None:
    """A file that somebody brings is read in a process of its own, while they wait for it to begin."""
    assert "pydantic" in (loaded := imported_after("import evals.formats.__main__"))
    assert loaded & {"cryptography", "securesystemslib", "pkcs11"} == set()
