"""`countersign due` against a running server."""

from datetime import timedelta

from django.utils import timezone

from client.failure import FAILED, OK
from governance.services import reviews
from tests.client.conftest import Command
from tests.support.cast import Cast


def test_what_falls_due_is_listed(erik: Command, cast: Cast, monkeypatch) -> None:
    now = timezone.now()
    reviews.open_review(
        actor=cast.carl, document=cast.policy, trigger="drift", due=now + timedelta(days=10), reason="It drifts"
    )
    ran = erik("due", "--what", "review", "--fail-overdue")
    assert ran.code == OK, ran.err
    assert ran.out.splitlines()[1].split("\t")[1:4] == ["review", str(cast.policy), "shelf"]
    assert erik("due", "--mine", "--project", "triage", "--json").json == []
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=11))
    late = erik("due", "--fail-overdue", "--json")
    assert late.code == FAILED
    assert {row["what"] for row in late.json} == {"review", "sign-off"}
