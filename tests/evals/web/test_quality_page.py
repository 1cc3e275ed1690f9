"""Asking for the quality checks on the page."""

from django.urls import reverse

from tests.governance.web.world import World


def test_who_may_ask_and_what_is_missing(world: World, as_) -> None:
    url = reverse("quality-assess", args=[world.project.slug])
    page = as_(world.engineer).get(url)
    assert page.status_code == 200
    assert world.evaluation_set.digest in page.content.decode()
    assert as_(world.outsider).get(url).status_code == 404
    empty = as_(world.engineer).post(url, {"evaluation_set": world.evaluation_set.digest})
    assert empty.status_code == 400
    foreign = {
        "datasets": [world.policy.digest], "evaluation_set": world.evaluation_set.digest, "rubric": world.rubric.digest
    }  # fmt: skip
    assert as_(world.engineer).post(url, foreign).status_code == 400
