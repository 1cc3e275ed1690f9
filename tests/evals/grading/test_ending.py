"""How a round is made known, comes to its graders' inboxes, and ends without grades."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from evals.selectors import grading as select
from evals.services import grading
from governance import events
from governance.errors import Denied, Invalid, Refused
from governance.models import Document, GradingRound, LedgerEntry, LedgerSubject, Notice, User
from governance.selectors import ledger
from governance.selectors.verification import verify
from tests.evals.grading.conftest import Panel


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def told(user: User, kind: str = "grading") -> list[str]:
    return list(Notice.objects.filter(to=user, kind=kind, read_at=None).values_list("occasion", flat=True))


def test_an_abandoned_round_counts_for_nothing_and_says_why(panel: Panel) -> None:
    found = panel.open(cases=1)
    item = min(found.states)
    panel.give("officer", found, item, 1)
    size = ledger.size()
    grading.round_abandon(
        actor=panel.people["expert"], grading_round=panel.read(found.row.pk), reason=" Wrong cases were drawn. "
    )
    leaf = ledger.leaf(size)
    assert (leaf.event, leaf.data) == (events.GRADING_ABANDONED, {"round": str(found.row.pk), "given": 1})
    assert "Wrong cases" not in leaf.to_bytes().decode(), "a reason may name people, so it can be erased"
    over = panel.read(found.row.pk)
    assert over.abandoned is not None
    assert (over.over, over.closed, over.abandoned.reason) == (True, None, "Wrong cases were drawn.")
    for act in (
        lambda: panel.give("expert", over, item, 1),
        lambda: grading.round_close(actor=panel.people["officer"], grading_round=panel.read(found.row.pk)),
        lambda: grading.round_abandon(actor=panel.people["officer"], grading_round=over, reason="again"),
    ):
        with pytest.raises(Refused, match="abandoned"):
            act()
    assert not Document.objects.filter(kind="evals.human_grades").exists()
    assert [str(problem) for check in verify().checks for problem in check.problems] == []


def test_who_may_abandon_and_with_what_reason(panel: Panel) -> None:
    found = panel.open(cases=1)
    with pytest.raises(Denied):
        grading.round_abandon(actor=panel.people["engineer"], grading_round=found, reason="x")
    for reason in ("", "  ", "x" * 2001):
        with pytest.raises(Invalid, match="expected 1 to 2000"):
            grading.round_abandon(actor=panel.people["officer"], grading_round=found, reason=reason)
    assert not panel.read(found.row.pk).over


@pytest.mark.attack(
    name="the database's owner ends a round whose grades displease by naming an end that nobody made",
    caught_by="a round is abandoned by a leaf of that event about it; an index row that points elsewhere ends nothing",
    unless="the leaves are rewritten too: then only a checkpoint kept elsewhere tells",
)
def test_a_forged_end_is_no_end(panel: Panel) -> None:
    found = panel.open(cases=1)
    other = panel.open(cases=1)
    grading.round_abandon(actor=panel.people["officer"], grading_round=other, reason="this one")
    entry = LedgerEntry.objects.get(seq=ledger.size() - 1)
    LedgerSubject.objects.create(entry=entry, subject=f"round:{found.row.pk}")
    assert panel.read(found.row.pk).abandoned is None
    assert panel.read(other.row.pk).abandoned is not None


def test_graders_are_told_and_find_the_round_in_their_inbox(panel: Panel) -> None:
    found = panel.open(cases=1, by="officer")
    people = panel.people
    assert {name for name, user in people.items() if told(user)} == {"owner", "officer2", "expert", "dataowner"}, (
        "neither who opened it nor who may not grade"
    )
    page = browser(people["expert"]).get(reverse("inbox")).content.decode()
    assert "To grade" in page
    assert "2 outputs" in page
    assert "To grade" not in browser(people["engineer"]).get(reverse("inbox")).content.decode()
    first, second = sorted(found.states)
    panel.give("officer", found, first, 1)
    panel.give("expert", found, first, 0)
    assert sorted(told(people["owner"])) == ["", "decide"]
    assert told(people["expert"]) == [""], "whoever graded it cannot decide"
    panel.give("owner", found, first, 1)
    panel.give("officer", found, second, 1)
    panel.give("expert", found, second, 1)
    assert told(people["expert"]) == [], "nothing waits for them any more"
    assert told(people["officer"], "graded") == ["done"]
    assert [one.count for one in select.waiting(people["expert"])] == []
    grading.round_close(actor=people["owner"], grading_round=panel.read(found.row.pk))
    assert told(people["expert"], "graded") == ["over"]
    assert told(people["dataowner"]) == []
    secrets = (panel.base.digest, panel.tuned.digest, "tuned", "base")
    for text in Notice.objects.filter(about=f"round:{found.row.pk}").values_list("text", flat=True):
        assert not any(secret in text for secret in secrets)


def test_what_waits_is_what_the_round_itself_says(panel: Panel) -> None:
    found = panel.open(cases=3)
    items = sorted(found.states)
    for who, item, score in (("officer", items[0], 1), ("expert", items[0], 0), ("officer", items[1], 1),
                             ("owner", items[1], 1), ("expert", items[2], 1)):  # fmt: skip
        panel.give(who, found, item, score)
        for name in ("officer", "expert", "owner", "dataowner"):
            now = panel.read(found.row.pk)
            waiting = sum(one.count for one in select.waiting(panel.people[name]))
            assert waiting == select.progress(panel.people[name], now).waiting, name


def test_by_page_and_api(panel: Panel) -> None:
    officer = panel.people["officer"]
    client, api = browser(officer), APIClient()
    api.force_authenticate(officer)
    one, other = panel.open(cases=1), panel.open(cases=1)
    address = reverse("grading-abandon", args=[one.row.pk])
    assert client.get(address).status_code == 405
    assert client.post(address, {"reason": ""}).status_code == 400
    assert client.post(address, {"reason": "No time"}).status_code == 302
    shown = client.get(reverse("grading-round", args=[one.row.pk])).content.decode()
    assert "No time" in shown
    assert "Close the round" not in shown
    assert "abandoned" in client.get(reverse("grading-rounds", args=[panel.site.story.project.slug])).content.decode()
    answer = api.post(f"/api/v1/grading-rounds/{other.row.pk}/abandon", {"reason": "No time"}, format="json")
    assert (answer.status_code, answer.json()["open"], answer.json()["abandoned"]) == (200, False, "No time")
    again = api.post(f"/api/v1/grading-rounds/{other.row.pk}/abandon", {"reason": "No time"}, format="json")
    assert again.status_code == 409
    assert GradingRound.objects.count() == 2


def test_frozen_grades_are_shown_in_words(panel: Panel) -> None:
    found = panel.open(cases=2)
    panel.fill(found)
    made = grading.round_close(actor=panel.people["officer"], grading_round=panel.read(found.row.pk))
    shown = browser(panel.people["officer"]).get(reverse("document", args=[made.digest])).content.decode()
    for words in ("What the outputs came to", " of 2</td>", "met from 1 up", "Agreement"):
        assert words in shown
