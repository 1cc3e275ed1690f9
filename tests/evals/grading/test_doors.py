"""Grading by API and page: both ask the services, and neither tells which model an output is from."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import GradingRound, HumanGrade, User
from tests.evals.grading.conftest import Panel
from tests.governance.api.conftest import Api


@pytest.fixture
def erring(panel: Panel) -> Any:
    """Return a client of the API for somebody of the panel."""
    return lambda who: Api(panel.people[who])


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def told_nothing(panel: Panel, text: str) -> None:
    for secret in (panel.base.digest, panel.tuned.digest, GradingRound.objects.get().seed):
        assert secret not in text


def test_a_round_by_api(panel: Panel, erring: Any) -> None:
    slug = panel.site.story.project.slug
    asked = {
        "project": slug, "title": "By API", "results": [panel.base.digest, panel.tuned.digest], "cases": 1,
        "criteria": ["answer"],
    }  # fmt: skip
    erring("engineer").post("grading-rounds", asked, expect=403)
    erring("officer").post("grading-rounds", asked | {"cases": 0}, expect=400)
    made = erring("officer").post("grading-rounds", asked)
    assert (made["items"], made["left"], made["waiting"], made["may_grade"]) == (2, 2, 2, True)
    where = f"grading-rounds/{made['id']}"
    for who in ("officer", "expert"):
        client = erring(who)
        while (item := client.get(where)["next"]) is not None:
            task = client.get(f"{where}/items/{item}")
            told_nothing(panel, repr(task))
            score = {"scores": {"answer": 1}, "number": task["number"]}
            client.post(f"{where}/items/{item}", {"scores": {"answer": 9}, "number": 0}, expect=400)
            client.post(f"{where}/items/{item}", score)
            client.post(f"{where}/items/{item}", score, expect=409)
        told_nothing(panel, repr(client.get(where)))
    barred = erring("engineer").get(where)
    assert (barred["may_grade"], barred["next"], barred["left"]) == (False, None, 0)
    known = min(panel.read(made["id"]).states)
    erring("engineer").get(f"{where}/items/{known}", expect=409)
    assert [one["items"] for one in erring("owner").get(f"{where}/agreement")] == [2]
    assert [one["items"] for one in erring("expert").get(f"{where}/agreement")] == [0]
    frozen = erring("officer").post(f"{where}/close")
    assert frozen["kind"] == "evals.human_grades"
    assert erring("expert").get(where)["document"] == frozen["digest"]
    assert len(erring("expert").get("grading-rounds", project=slug)) == 1


def test_a_round_by_page(panel: Panel) -> None:
    slug = panel.site.story.project.slug
    officer, expert, engineer = (as_(panel.people[name]) for name in ("officer", "expert", "engineer"))
    form = {"title": "By page", "results": [panel.base.digest], "cases": "1", "criteria": "answer"}
    assert engineer.post(reverse("grading-open", args=[slug]), form).status_code == 403
    assert officer.post(reverse("grading-open", args=[slug]), form | {"criteria": "none"}).status_code == 400
    opened = officer.post(reverse("grading-open", args=[slug]), form)
    assert opened.status_code == 302
    row = GradingRound.objects.get()
    [item] = panel.read(row.pk).states
    page = reverse("grading-item", args=[row.pk, item])
    for client in (officer, expert):
        shown = client.get(page).content.decode()
        told_nothing(panel, shown)
        assert "The output" in shown
        assert client.post(page, {"number": "0"}).status_code == 400
        assert client.post(page, {"number": "0", "score-0": "1"}).status_code == 302
    assert engineer.get(page).status_code == 409
    assert "You do not grade here" in engineer.get(reverse("grading-round", args=[row.pk])).content.decode()
    replaced = officer.post(page, {"number": "1", "score-0": "1", "comment": "Still so"})
    assert replaced.status_code == 302
    assert HumanGrade.objects.count() == 3
    agreed = expert.get(reverse("grading-agreement", args=[row.pk])).content.decode()
    assert "no two people graded one output" in agreed
    close = reverse("grading-close", args=[row.pk])
    assert expert.get(close).status_code == 405
    assert engineer.post(close).status_code == 403
    assert expert.post(close).status_code == 302
    done = expert.get(reverse("grading-round", args=[row.pk])).content.decode()
    assert "The grades are frozen" in done
