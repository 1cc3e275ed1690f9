"""Forked processes: what is loaded before they are, and that they are processes of their own all the same."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.deployment import FORKS, REPOSITORY, Deployment

ASK = """
import importlib, json
from django.conf import settings
from tests.support import preload
left = []
for name in (*preload.DEPLOYMENT, *preload.DVC, *preload.FORMATS, *preload.FEEDS):
    try:
        for module in preload._meant(name):
            importlib.import_module(module)
    except Exception as error:
        left.append(f"{name}: {error}")
print(json.dumps([left, settings.configured]))
"""
ASK_LATER = """
import importlib, json, os, sys
from tests.support import preload
preload.apps("tests.support.quick_settings")
left = []
for name in preload.LATER:
    try:
        left += [module for module in preload._meant(name) if module not in sys.modules]
    except Exception as error:
        left.append(f"{name}: {error}")
preload.forget_settings()
from django.conf import settings
from django.db import connections
print(json.dumps([left, settings.configured, [c.alias for c in connections.all(initialized_only=True)]]))
"""
TOLD = """
from django.conf import settings
from django.db import connection
print([settings.COUNTERSIGN_WITNESS_QUORUM, settings.COUNTERSIGN_PROCESS, settings.DEBUG, settings.SECRET_KEY,
       settings.AXES_COOLOFF_TIME, settings.AXES_ENABLED, settings.PASSWORD_HASHERS, connection.settings_dict["NAME"]])
"""
OWN = """
import os, sys
from django.conf import settings
print([settings.configured, sys.argv, os.environ.get("ONLY"), os.getcwd(), os.getsid(0) == os.getpid()], flush=True)
os.kill(os.getpid(), 9)
"""


def test_all_that_is_named_can_be_loaded_before_the_settings() -> None:
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY)}
    told = subprocess.run([sys.executable, "-c", ASK], cwd=REPOSITORY, env=env, capture_output=True, text=True)
    assert told.stdout.strip() == "[[], false]", told


def test_what_is_loaded_with_the_applications_leaves_neither_settings_nor_a_database_behind() -> None:
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY)}
    told = subprocess.run([sys.executable, "-c", ASK_LATER], cwd=REPOSITORY, env=env, capture_output=True, text=True)
    assert told.stdout.strip() == "[[], false, []]", told


def read_while_loaded(tree: ast.AST) -> Iterator[str]:
    """Yield what a module reads of the settings and the environment outside its functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("settings", "os.environ"):
            yield ast.unparse(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in (*node.decorator_list, node.args):
                yield from read_while_loaded(part)
        elif not isinstance(node, ast.Lambda):
            yield from read_while_loaded(node)


def test_no_module_remembers_a_setting_from_when_it_was_loaded() -> None:
    found = {
        (str(path.relative_to(REPOSITORY)), name)
        for folder in ("governance", "evals", "training", "demo")
        for path in (REPOSITORY / folder).rglob("*.py")
        for name in read_while_loaded(ast.parse(path.read_text()))
    }
    allowed = {one for one in found if one[1] == "settings.AUTH_USER_MODEL"}
    assert allowed, "migrations name it: are they read?"
    assert found - allowed == set()


def test_a_fork_has_its_own_arguments_environment_and_session_and_its_end_is_told(tmp_path) -> None:
    done = FORKS.run([sys.executable, "-c", OWN, "one", "two"], env={"ONLY": "this"}, cwd=tmp_path, timeout=60)
    assert done.stdout.strip() == str([False, ["-c", "one", "two"], "this", str(tmp_path), True])
    assert done.returncode == -9
    with pytest.raises(subprocess.TimeoutExpired):
        FORKS.run([sys.executable, "-c", "import time; time.sleep(60)"], env={}, cwd=tmp_path, timeout=0.2)


def test_it_says_the_same_as_one_that_was_started_from_nothing(deployment: Deployment) -> None:
    command = [sys.executable, "manage.py", "verify_ledger", "--root", "nonsense"]
    alone = subprocess.run(command, cwd=REPOSITORY, env=deployment.env, capture_output=True, text=True)
    forked = deployment.manage(*command[2:], check=False)
    assert (forked.returncode, forked.stdout, forked.stderr) == (alone.returncode, alone.stdout, alone.stderr)


def test_its_settings_are_those_of_its_own_environment(deployment: Deployment) -> None:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", TOLD]
    told: list[dict[str, Any]] = [{"COUNTERSIGN_WITNESS_QUORUM": "0"}, {"COUNTERSIGN_PROCESS": "web", "DEBUG": "true"}]
    for own in told:
        env = deployment.env | own
        alone = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True)
        forked = deployment.manage(*command[2:], **own)
        assert (forked.stdout, forked.stderr) == (alone.stdout, alone.stderr)
        assert str(deployment.folder) in forked.stdout


@pytest.mark.parametrize(
    "own",
    [{"COUNTERSIGN_WITNESSES": "nonsense"}, {"COUNTERSIGN_ANCHOR_S3": "nonsense"}, {"COUNTERSIGN_MODE": "production"}],
)
def test_what_an_operator_cannot_have_meant_stops_it_too(deployment: Deployment, own: dict[str, Any]) -> None:
    command = [sys.executable, "manage.py", "verify_ledger"]
    alone = subprocess.run(command, cwd=REPOSITORY, env=deployment.env | own, capture_output=True, text=True)
    forked = deployment.manage(*command[2:], check=False, **own)
    assert forked.returncode == alone.returncode == 1
    assert forked.stderr.splitlines()[-1] == alone.stderr.splitlines()[-1]
    assert "ImproperlyConfigured" in forked.stderr
