"""Forked processes: what is loaded before they are, and that they are processes of their own all the same."""

import subprocess
import sys

import pytest

from tests.support.deployment import FORKS, REPOSITORY, Deployment

ASK = """
import importlib, json
from django.conf import settings
from tests.support import preload
left = []
for name in preload.DEPLOYMENT:
    try:
        for module in preload._meant(name):
            importlib.import_module(module)
    except Exception as error:
        left.append(f"{name}: {error}")
print(json.dumps([left, settings.configured]))
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
