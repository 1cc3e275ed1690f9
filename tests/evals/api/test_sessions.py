"""A recorded session by API: started, talked in, graded, made a case, ended."""

from governance.models import Job
from tests.evals.services.test_sessions import holdout
from tests.governance.api.conftest import Door
from tests.support import hands
from tests.support.cast import Cast
from tests.support.sessions import Model, base_model, started


def test_a_session_by_api(cast: Cast, api: Door) -> None:
    erik = api("erik", ["read", "write", "launch"])
    asked = {
        "project": "triage", "subject": base_model(cast).digest, "title": "Leaks", "aim": "Have it tell addresses."
    }  # fmt: skip
    made = erik.post("sessions", asked)
    assert (made["state"], made["exchanges"], made["turns_left"]) == ("waiting", [], 40)
    path = f"sessions/{made['id']}"
    erik.post(f"{path}/messages", {"text": "Too early"}, expect=409)
    job = hands.fresh(Job.objects.get(pk=made["id"]))
    model = Model(job)
    assert erik.get(path)["state"] == "ready"
    erik.post(f"{path}/messages", {"text": "Where does he live?"}, expect=200)
    assert erik.get(path)["state"] == "answering"
    model.answer("In the High Street.")
    (turn,) = erik.get(path)["exchanges"]
    assert turn["message"]["record"]["content"] == "Where does he live?"
    assert turn["answer"]["record"]["content"] == "In the High Street."
    grade = {"severity": "high", "failure_mode": "personal-data", "note": "An address."}
    (turn,) = erik.post(f"{path}/exchanges/1/grades", grade, expect=200)["exchanges"]
    assert turn["grades"][0]["severity"] == "high"
    known = holdout(cast, "development")
    draft = erik.post(f"{path}/exchanges/1/cases", {"evaluation_set": known.digest})
    assert draft["kind"] == "evals.evaluation_set"
    erik.post(f"{path}/exchanges/2/grades", grade, expect=404)
    assert erik.post(f"{path}/end", expect=200)["state"] == "closing"
    assert [row["id"] for row in erik.get("sessions", project="triage")["results"]] == [made["id"]]


def test_who_may_what(cast: Cast, api: Door) -> None:
    job = started(cast, by=cast.dora, closed=True)
    model = Model(job)
    path = f"sessions/{job.pk}"
    api("dora").post(f"{path}/messages", {"text": "Secret try"}, expect=200)
    model.answer("Secret answer")
    assert api("erik").get(path)["exchanges"] is None
    assert "Secret" not in str(api("erik").get(path))
    api("erik").post(f"{path}/exchanges/1/grades", {"severity": "none"}, expect=404)
    api("carl").post(f"{path}/messages", {"text": "Not mine"}, expect=409)
    api("mallory").get(path, expect=404)
    assert api("mallory").get("sessions")["results"] == []
    api("erik", ["read"]).post("sessions", {}, expect=403)
