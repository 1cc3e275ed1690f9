"""The bell and the page of notices."""

import re

from django.urls import reverse

from governance.models import Notice
from tests.governance.web.world import World


def unread(page) -> str:
    found = re.search(r'class="bell".*?</a>', page.content.decode(), re.DOTALL)
    assert found
    return re.sub(r"<[^>]*>|&nbsp;|\s+", " ", found[0])


def test_the_bell_counts_and_a_notice_leads_where_it_points(world: World, as_) -> None:
    client = as_(world.officer)
    before = Notice.objects.filter(to=world.officer, read_at=None).count()
    assert before
    assert str(before) in unread(client.get(reverse("inbox")))
    notice = Notice.objects.get(to=world.officer, about=f"request:{world.request.pk}", kind="asked")
    page = client.get(reverse("notices"))
    assert notice.subject in page.content.decode()
    there = client.post(reverse("notice-follow", args=[notice.pk]), follow=True)
    assert there.request["PATH_INFO"] == reverse("request", args=[world.request.pk])
    notice.refresh_from_db()
    assert notice.read_at is not None
    assert notice.subject not in client.get(reverse("notices") + "?unread=1").content.decode()
    client.post(reverse("notices-read"))
    assert not Notice.objects.filter(to=world.officer, read_at=None).exists()
    assert "unread" not in unread(client.get(reverse("inbox")))


def test_nobody_sees_or_reads_what_was_told_to_others(world: World, as_) -> None:
    notice = Notice.objects.filter(to=world.officer).first()
    assert notice
    other = as_(world.outsider)
    assert notice.subject not in other.get(reverse("notices")).content.decode()
    assert other.post(reverse("notice-follow", args=[notice.pk])).status_code == 404


def test_how_one_is_told_is_chosen_on_the_page(world: World, as_) -> None:
    client = as_(world.officer)
    assert client.post(reverse("notice-mode"), {"mode": "pigeon"}).status_code == 400
    page = client.post(reverse("notice-mode"), {"mode": "digest"}, follow=True).content.decode()
    assert "once a day" in page
    assert re.search(r'value="digest"\s+checked', page)
