"""What a person sees: tables, colour and a progress bar at a terminal of their own."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from client.failure import CLOSED, OK
from governance.models import Attempt, Job
from tests.client.conftest import Command, Server
from tests.governance.api.test_jobs import attempt
from tests.support.cast import PASSWORD, Cast, evaluation_spec
from tests.support.deployment import REPOSITORY

Act = Callable[[], Any]


def at_terminal(
    *arguments: str, answers: dict[str, str] | None = None, once: dict[str, Act] | None = None, **env: str
) -> tuple[int, str]:
    """Run a command at a terminal of 100 columns, answering its prompts; return exit code and everything it showed.

    `once` says what happens as soon as something is shown.
    """
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "client.main", *arguments]
    settings = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    settings |= {"TERM": "xterm-256color", "COLUMNS": "100", **env}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=REPOSITORY, env=settings, start_new_session=True
    )
    os.close(theirs)
    left, coming, shown = dict(answers or {}), dict(once or {}), ""
    try:
        while select.select([ours], [], [], 30)[0]:
            try:
                shown += os.read(ours, 65536).decode(errors="replace")
            except OSError:  # Linux says so when the other end is closed
                break
            for prompt in [prompt for prompt in left if prompt in shown]:
                time.sleep(0.2)  # a prompt for a password throws away what was typed before it
                os.write(ours, f"{left.pop(prompt)}\n".encode())
            for text in [text for text in coming if text in shown]:
                coming.pop(text)()
        else:
            process.kill()
        return process.wait(30), shown
    finally:
        os.close(ours)


def test_the_password_is_asked_for_and_not_shown(server: Server, countersign: Command) -> None:
    code, shown = at_terminal("login", server.url, answers={"Username:": "erik", "Password:": PASSWORD})
    assert code == OK, shown
    assert "Password:" in shown
    assert f"Signed in to {server.url} as erik" in shown
    assert PASSWORD not in shown.partition("Password:")[2]


def test_lists_are_tables_and_gates_are_coloured(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast, signed=False)
    code, shown = at_terminal("documents", "--limit", "3")
    assert code == OK
    assert "\t" not in shown
    assert "\x1b[1m" in shown
    code, shown = at_terminal("gate", spec.digest)
    assert code == CLOSED
    assert "\x1b[31m" in shown
    code, shown = at_terminal("gate", spec.digest, NO_COLOR="1")
    assert code == CLOSED
    assert "\x1b[" not in shown


def test_a_job_has_a_progress_bar_with_its_loss(erik: Command, cast: Cast) -> None:
    job = erik("launch", evaluation_spec(cast).digest, "--json").json["id"]
    attempt(job, progress={"done": 0.25, "message": "step \x1b]0;evil\x07 5", "figures": {"loss": 0.5}})

    later_on = {"done": 0.75, "message": "step 15", "figures": {"loss": 0.25}}
    worker: dict[str, Act] = {
        "25%": lambda: Attempt.objects.update(progress=later_on),
        "75%": lambda: Job.objects.update(state="succeeded"),
    }
    code, shown = at_terminal("watch", job, "--interval", "0.1", once=worker)
    assert code == OK, shown
    assert "loss=0.25" in shown
    assert "\x1b]0;evil" not in shown
    assert "finished" in shown
