"""Databases and deployments for tests: each its own, whole from the start, gone at the end, on both engines."""

import subprocess
import sys
import threading

import httpx
import psutil
import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from tests.support import database
from tests.support.deployment import Deployment
from tests.support.ports import wait_until


def save_session(key: str) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=timezone.now())


def sessions_seen_by_another_thread() -> list[str]:
    seen: list[str] = []

    def look() -> None:
        seen.extend(Session.objects.values_list("session_key", flat=True))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return seen


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_run_uses_the_database_it_was_asked_for(request) -> None:
    assert connection.vendor == request.config.getoption("--database")


@pytest.mark.postgres
@pytest.mark.parametrize("number", [1, 2])
def test_a_fresh_database_commits_for_all_to_see_and_starts_empty(fresh_database, number) -> None:
    assert not Session.objects.exists()
    with transaction.atomic(durable=True):
        save_session(f"committed{number}")
    assert sessions_seen_by_another_thread() == [f"committed{number}"]


@pytest.mark.postgres
@pytest.mark.django_db
def test_what_fresh_databases_committed_never_reaches_the_shared_one() -> None:
    assert not Session.objects.exists()


def test_a_deployment_is_migrated_and_serves(each_deployment: Deployment) -> None:
    assert "[ ]" not in each_deployment.manage("showmigrations", "--plan").stdout
    each_deployment.start_web()
    assert httpx.get(each_deployment.url).status_code < 500
    code = "from django.db import connection; print(connection.vendor)"
    vendor = each_deployment.manage("shell", "-v", "0", "-c", code).stdout.strip()
    assert each_deployment.database_url.startswith("sqlite" if vendor == "sqlite" else "postgres")


def test_a_command_that_fails_shows_why(deployment: Deployment) -> None:
    with pytest.raises(AssertionError, match="Unknown command: 'no_such_command'"):
        deployment.manage("no_such_command")


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_template_that_cannot_be_made_says_why_to_everyone_who_asks(request, monkeypatch, tmp_path, engine) -> None:
    server = request.getfixturevalue("postgres_server") if engine == "postgresql" else None
    monkeypatch.setattr(database, "TEMPLATE", "half_a_template")
    monkeypatch.setattr(database, "PREPARE", (("check",), ("no_such_command",)))
    templates = database.Templates(tmp_path, server)
    for number in range(2):
        with pytest.raises(AssertionError, match="Unknown command: 'no_such_command'"):
            templates.deployment(engine, tmp_path / f"deployment {number}")
    monkeypatch.setattr(database, "PREPARE", (("check",),))
    assert templates.deployment(engine, tmp_path / "deployment").manage("check").returncode == 0


def test_a_killed_process_leaves_orphans_and_stopping_ends_them(deployment: Deployment) -> None:
    script = deployment.folder / "parent.py"
    child = "import time; print('child', flush=True); time.sleep(600)"
    script.write_text(
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {child!r}], cwd={str(deployment.folder)!r}, start_new_session=True)\n"
    )
    parent = deployment.start("parent", "shell", "-v", "0", "-c", f"exec(open({str(script)!r}).read())")
    wait_until(lambda: "child" in deployment.logs()["parent"], what="child process")
    assert deployment.orphans() == []  # it has a parent
    parent.kill()
    orphans = deployment.orphans()
    assert len(orphans) == 1
    deployment.stop()
    assert not any(psutil.pid_exists(orphan.pid) and orphan.status() != psutil.STATUS_ZOMBIE for orphan in orphans)


def test_a_web_process_that_cannot_start_says_why(deployment: Deployment) -> None:
    with pytest.raises(RuntimeError, match="COUNTERSIGN_MODE is 'wrong'"):
        deployment.start_web(COUNTERSIGN_MODE="wrong")


def test_the_run_forgets_what_the_shell_says_about_real_installations() -> None:
    code = "import tests.support.plugin, os; print(os.environ.get('DATABASE_URL'), os.environ['COUNTERSIGN_VAR'])"
    env = {"PATH": "/usr/bin:/bin", "DATABASE_URL": "postgres://real/one", "COUNTERSIGN_VAR": "/srv/real"}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    address, state = run.stdout.split()
    assert address == "None"
    assert not state.startswith("/srv")
