"""A rotation killed at any line: nothing is lost, everybody signs with one key, and running it again ends it."""

import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.db import connections

from governance import keyfiles
from governance.models import KeyringVersion
from governance.proof.formats.keys import Purpose, public_key
from governance.selectors import keys as select
from governance.selectors.verification import verify
from governance.services import keys

pytestmark = pytest.mark.crash
TRACED = tuple(str(module.__file__) for module in (keys, keyfiles))


def rotate_until(line: int, purpose: Purpose) -> bool:
    """Rotate in a process of its own that kills itself before its `line`-th line; return whether it got to the end."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            sys.settrace(_killer(line))
            keys.rotate(purpose=purpose)
        finally:
            sys.settrace(None)
            os._exit(0 if sys.exc_info()[0] is None else 1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return not os.WIFSIGNALED(status)


def _killer(line: int) -> Any:
    reached = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal reached
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "line":
            reached += 1
            if reached == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


def works(purpose: Purpose) -> None:
    """Whatever happened: the key that signs is the one that the keyring has in use."""
    found = select.in_use(purpose)
    assert found is not None
    assert public_key(keyfiles.signer(purpose)).keyid == found.keyid


@pytest.mark.parametrize(("purpose", "step"), [("attestation", 2), ("root", 5)])
def test_killed_before_a_line_and_run_again(committed_world, tmp_path, purpose: Purpose, step: int) -> None:
    database = Path(str(connections["default"].settings_dict["NAME"]))
    kept, line, ended = tmp_path / "kept", 0, False
    connections.close_all()
    shutil.copytree(keyfiles.folder(), kept / "keys")
    for path in database.parent.glob(f"{database.name}*"):
        shutil.copy(path, kept / path.name)
    versions = 3 if purpose == "root" else 2
    while not ended:
        line += step
        ended = rotate_until(line, purpose)
        works(purpose)
        assert KeyringVersion.objects.count() in (1, versions)
        over = KeyringVersion.objects.count() == versions and not keyfiles.path_of(purpose, coming=True).exists()
        done = keys.rotate(purpose=purpose)
        # What was begun is ended, never begun twice; only where nothing was left to do does a new rotation begin.
        assert done.number == (2 * versions - 1 if over else versions)
        works(purpose)
        files = sorted(path.name for path in keyfiles.private_files() if path.parent == keyfiles.folder())
        assert files == ["attestation.pem", "log.pem", "permit.pem", "root.pem", "seal.pem"]
        if line % 20 == 0 or ended:
            assert verify(fingerprint=committed_world.fingerprint).code == 0
        connections.close_all()
        shutil.rmtree(keyfiles.folder())
        shutil.copytree(kept / "keys", keyfiles.folder())
        for path in kept.glob(f"{database.name}*"):
            shutil.copy(path, database.parent / path.name)
    assert line > 50
