"""What falls due, and reviews, by API."""

from datetime import timedelta

from django.utils import timezone

from governance.proof.formats.fields import rfc3339
from tests.governance.api.conftest import Door
from tests.support.cast import PASSWORD, Cast


def test_a_review_is_opened_listed_due_and_closed(cast: Cast, api: Door) -> None:
    carl, dora, mallory = api("carl"), api("dora"), api("mallory")
    due = rfc3339(timezone.now() + timedelta(days=10))
    given = {"document": cast.policy.digest, "trigger": "incident", "due": due, "reason": "It went wrong"}
    api("ada").post("reviews", given, expect=403)
    carl.post("reviews", given | {"trigger": "mood"}, expect=400)
    made = carl.post("reviews", given)
    assert (made["reason"], made["may_close"], made["closed_at"]) == ("It went wrong", True, None)
    carl.post("reviews", given, expect=409)
    assert [row["id"] for row in dora.get("reviews", open=True, document=cast.policy.digest)["results"]] == [made["id"]]
    (row,) = carl.get("due", what="review", mine=True, project="shelf")["results"]
    assert (row["what"], row["overdue"], row["key"]) == ("review", False, cast.policy.digest)
    assert mallory.get("due", what="review")["count"] == 1  # the shelf is everybody's
    carl.get("due", what="nonsense", expect=400)
    close = {"finding": "Looked at all cases", "password": PASSWORD}
    dora.post(f"reviews/{made['id']}/close", close | {"password": "wrong"}, expect=409)
    closed = dora.post(f"reviews/{made['id']}/close", close)
    assert closed["closed_by"] == "Dora Expert"
    dora.post(f"reviews/{made['id']}/close", close, expect=409)
    assert carl.get("reviews", open=True)["count"] == 0
    assert carl.get("reviews/suggested")["count"] == 0
    found = carl.get("due", days=3650, sort="what")["results"]
    assert [one["what"] for one in found] == ["certificate", "sign-off"]
