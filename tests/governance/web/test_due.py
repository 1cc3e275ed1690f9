"""The dashboard of what falls due, its table and its calendar; reviews opened and closed on pages."""

import csv
import io
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import access
from governance.models import CalendarFeed, Review
from governance.proof.answers.inforce import Standing
from governance.selectors import signoff as select
from governance.services import documents, people
from governance.services.reauthentication import Proof
from tests.governance.web import world as made
from tests.governance.web.addresses import every_page
from tests.governance.web.world import PASSWORD, World


def test_the_dashboard_filters_and_draws(world: World, as_) -> None:
    made.review(world)
    client = as_(world.officer)
    page = client.get(reverse("due") + "?days=365").content.decode()
    assert "review due" in page.lower()
    assert "<svg" in page
    assert "0 overdue, 0 within 7 days, 2 later" in page
    none = client.get(reverse("due") + "?what=task").content.decode()
    assert "Nothing of that falls due" in none
    only = client.get(reverse("due") + "?what=review&project=shelf&mine=on&sort=project&days=30").content.decode()
    assert world.policy.title in only
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        late = as_(world.officer).get(reverse("due")).content.decode()
    assert "mark-overdue" in late


def test_it_asks_less_than_forty_times_however_much_there_is(world: World, as_, django_assert_max_num_queries) -> None:
    every_page(world)
    client, url = as_(world.engineer), reverse("due") + "?days=365"
    client.get(url)
    with django_assert_max_num_queries(38) as first:
        page = client.get(url).content.decode()
    count = len(first.captured_queries)
    for words in ("review due", "sign-off ends", "finding due", "request runs out", "drill of a fallback plan due"):
        assert words in page.lower(), words
    for number in range(2):
        place = people.project_create(actor=world.owner, name=f"Further {number}")
        for user, role in ((world.engineer, access.ENGINEER), (world.officer, access.COMPLIANCE_OFFICER)):
            people.role_grant(actor=world.owner, user=user, role=role, project=place, proof=Proof(PASSWORD))
        more = documents.document_submit(
            actor=world.engineer, project=place, kind="evals.evaluation_set", body=made.set_body()
        )
        made.agree([more], world.engineer, world.second_owner, world.officer)
    client.get(url)  # reads what came since
    with django_assert_max_num_queries(count):
        assert "Further 1" in client.get(url).content.decode()


def test_the_table_for_spreadsheets_holds_no_formulas(world: World, as_) -> None:
    made.review(world)
    evil = documents.document_submit(
        actor=world.engineer,
        project=world.project,
        kind="evals.evaluation_set",
        body=made.set_body() | {"title": "=1+1"},
    )
    made.agree([evil], world.engineer, world.second_owner, world.officer)
    response = as_(world.officer).get(reverse("due-csv") + "?days=365")
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert {row["title"] for row in rows} >= {"'=1+1 v1", str(world.policy)}
    assert response["Content-Type"].startswith("text/csv")


def test_a_calendar_needs_its_address_and_nothing_else_and_shows_what_its_owner_may_see(world: World, as_) -> None:
    made.review(world)
    client = as_(world.officer)
    page = client.post(reverse("due-feed"), follow=True).content.decode()
    url = re.search(r"<code>(http[^<]*)</code>", page)
    assert url
    path = url[1].split("/", 3)[3]
    assert url[1] not in client.get(reverse("due")).content.decode()  # shown once
    response = Client().get(f"/{path}")
    text = response.content.decode()
    assert response["Content-Type"].startswith("text/calendar")
    lines = response.content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert all(len(line) <= 75 for line in lines)
    unfolded = text.replace("\r\n ", "")
    assert f"SUMMARY:Review due: {world.policy}" in unfolded
    assert unfolded.count("BEGIN:VEVENT") == unfolded.count("END:VEVENT") == unfolded.count("UID:")
    stranger = as_(world.outsider).post(reverse("due-feed"), follow=True).content.decode()
    other = re.search(r"<code>(http[^<]*)</code>", stranger)
    assert other
    assert str(world.project) not in Client().get("/" + other[1].split("/", 3)[3]).content.decode()
    client.post(reverse("due-feed"))
    assert Client().get(f"/{path}").status_code == 404  # a new address ends the old one
    client.post(reverse("due-feed-end"))
    assert not CalendarFeed.objects.filter(user=world.officer).exists()
    assert Client().get(reverse("due-calendar", args=["x"])).status_code == 404


def test_a_leavers_calendar_ends(world: World, as_) -> None:
    page = as_(world.officer).post(reverse("due-feed"), follow=True).content.decode()
    url = re.search(r"<code>(http[^<]*)</code>", page)
    assert url
    world.officer.is_active = False
    world.officer.save()
    assert Client().get("/" + url[1].split("/", 3)[3]).status_code == 404


def test_a_review_is_opened_and_closed_on_pages(world: World, as_) -> None:
    officer, url = as_(world.officer), reverse("review-begin", args=[world.policy.digest])
    assert (
        reverse("review-begin", args=[world.policy.digest])
        in officer.get(reverse("document", args=[world.policy.digest])).content.decode()
    )
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    assert officer.post(url, {"trigger": "drift", "due": "2020-01-01", "reason": "x"}).status_code == 400
    opened = officer.post(url, {"trigger": "drift", "due": day, "reason": "Inputs look different"}, follow=True)
    assert "The review is open" in opened.content.decode()
    review = Review.objects.get()
    assert select.in_force(world.policy).lapses == review.due
    assert officer.post(url, {"trigger": "drift", "due": day, "reason": "Again"}).status_code == 409
    assert (
        reverse("review", args=[review.pk])
        in officer.get(reverse("document", args=[world.policy.digest])).content.decode()
    )
    page = reverse("review", args=[review.pk])
    assert page in officer.get(reverse("inbox")).content.decode()  # it waits for whoever can close it
    assert page not in as_(world.engineer).get(reverse("inbox")).content.decode()
    engineer = as_(world.engineer)
    assert "Close the review" not in engineer.get(page).content.decode()
    assert engineer.post(page, {"finding": "x", "password": PASSWORD}).status_code == 403
    assert officer.post(page, {"finding": "Fine", "password": "wrong"}).status_code == 409
    assert officer.post(page, {"finding": "", "password": PASSWORD}).status_code == 400
    closed = officer.post(page, {"finding": "Same <b>inputs</b>", "password": PASSWORD}, follow=True).content.decode()
    assert "Same &lt;b&gt;inputs" in closed
    assert select.in_force(world.policy).lapses is None
    assert "closed: it stands" in officer.get(reverse("reviews")).content.decode()


def test_a_changed_policy_suggests_what_to_review_and_changes_nothing_by_itself(world: World, as_) -> None:
    kind = "evals.evaluation_set"
    agreed = documents.document_submit(
        actor=world.engineer, project=world.project, kind=kind, body=made.set_body() | {"title": "Agreed"}
    )
    made.agree([agreed], world.engineer, world.second_owner, world.officer)
    officer = as_(world.officer)
    assert "Agreed under an earlier policy" not in officer.get(reverse("reviews")).content.decode()
    body = made.policy_body()
    rules = {name: dict(rule) for name, rule in body["rules"].items()}
    rules[kind]["validity_days"] = 100
    second = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", base=world.policy, body=body | {"rules": rules}
    )
    made.agree([second], world.owner, world.second_owner, world.officer)
    page = officer.get(reverse("reviews")).content.decode()
    assert "Agreed v1" in page
    assert "?trigger=policy_change" in page
    assert select.in_force(agreed).standing is Standing.IN_FORCE
    assert "Agreed v1" not in as_(world.engineer).get(reverse("reviews")).content.decode()  # cannot reopen it
    begin = reverse("review-begin", args=[agreed.digest])
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    assert officer.post(begin, {"trigger": "policy_change", "due": day, "reason": "Shorter now"}).status_code == 302
    assert "Agreed under an earlier policy" not in officer.get(reverse("reviews")).content.decode()


@pytest.mark.parametrize("text", ["a,b;c\\d\ne", "é" * 200, "x" * 75])
def test_calendar_texts_are_escaped_and_folded_between_characters(text: str) -> None:
    from governance.web import calendar

    event = calendar.Event("u", timezone.now(), text, text, "https://example.test/")
    content = calendar.feed([event], name="n", now=timezone.now())
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    unfolded = content.replace(b"\r\n ", b"").decode()
    summary = re.search(r"SUMMARY:(.*)\r\n", unfolded)
    assert summary
    read = re.sub(r"\\([\\;,nN])", lambda m: "\n" if m[1] in "nN" else m[1], summary[1])
    assert read == text
