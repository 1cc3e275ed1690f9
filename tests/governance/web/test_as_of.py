"""The page, the API's answer and the command about a moment of the past."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from governance.proof.formats.fields import rfc3339
from governance.services import signoff
from governance.services.reauthentication import Proof
from tests.governance.web.world import PASSWORD, World

DAY = timedelta(days=1)


def asked(**query: str) -> str:
    return reverse("as-of") + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_the_page_tells_the_past_and_what_changed_since(world: World, as_) -> None:
    now = timezone.now()
    with time_machine.travel(now + DAY):
        signoff.revoke(actor=world.officer, document=world.policy, reason="It was wrong", proof=Proof(PASSWORD))
    with time_machine.travel(now + 2 * DAY):
        client = as_(world.auditor)
        before, after = (f"{now + days * DAY:%Y-%m-%dT%H:%M:%S}" for days in (0.5, 1.5))
        then = client.get(asked(time=before, project="shelf")).content.decode()
        assert str(world.policy) in then
        assert "Oscar Owner" in then
        assert "server-attested (password)" in then
        assert "the built-in rule of the first policy" in then
        assert f'governed by <a href="{reverse("document", args=[world.policy.digest])}"' in then
        later = client.get(asked(time=after, project="shelf", since=before)).content.decode()
        assert "its sign-off was revoked" in later
        assert "no policy was in force" in later
        one = client.get(asked(time=before, document=world.policy.digest)).content.decode()
        assert "in force" in one
        assert client.get(asked(time=f"{now + 9 * DAY:%Y-%m-%dT%H:%M:%S}")).status_code == 400
        assert client.get(asked(time="nonsense")).status_code == 400
        assert client.get(asked(project="no-such")).status_code == 400
        assert as_(world.outsider).get(asked(time=before, document=world.thresholds.digest)).status_code == 404


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("as_of", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_the_same_and_its_exit_code_answers(world: World) -> None:
    now = timezone.now()
    with time_machine.travel(now + DAY):
        signoff.revoke(actor=world.officer, document=world.policy, reason="It was wrong", proof=Proof(PASSWORD))
    with time_machine.travel(now + 2 * DAY):
        before, after = rfc3339(now + DAY / 2), rfc3339(now + DAY * 1.5)
        assert world.policy.digest in run(before, "--project", "shelf")
        assert "No checkpoint covers it yet" in run(before)
        told = json.loads(run(after, "--since", before, "--all", "--json", "--project", "shelf"))
        assert [change["why"] for change in told["changes"]] == ["its sign-off was revoked"]
        assert run(before, "--document", world.policy.digest)
        with pytest.raises(SystemExit) as end:
            run(after, "--document", world.policy.digest)
        assert end.value.code == 1
        for bad in (["yesterday"], [rfc3339(now + 9 * DAY)], [before, "--project", "no-such"]):
            with pytest.raises(CommandError) as problem:
                run(*bad)
            assert problem.value.returncode == 2
