"""Notices by API."""

from governance.models import User
from governance.services import signoff
from tests.governance.api.conftest import Door
from tests.support.cast import Cast, rubric


def test_notices_are_listed_read_and_chosen(cast: Cast, api: Door) -> None:
    request = signoff.request_open(actor=cast.erik, documents=[rubric(cast)])
    carl = api("carl")
    found = carl.get("notices", unread=True)["results"]
    mine = next(n for n in found if n["link"] == f"/requests/{request.pk}/")
    assert (mine["kind"], mine["read_at"], mine["mailed_at"]) == ("asked", None, None)
    assert carl.post(f"notices/{mine['id']}/read", {}, expect=200)["read_at"] is not None
    assert carl.get("notices", unread=True)["count"] == len(found) - 1
    api("erik").post(f"notices/{mine['id']}/read", {}, expect=404)
    assert carl.post("notices/read", {}, expect=200) == {"mode": "immediate", "unread": 0}
    assert carl.put("notices/mode", {"mode": "digest"}) == {"mode": "digest", "unread": 0}
    carl.put("notices/mode", {"mode": "pigeon"}, expect=400)
    assert User.objects.get(username="carl").notice_choice.mode == "digest"
