"""The pages of recorded sessions: start, talk, grade, draft, end, and what a dead process leaves."""

from django.test import Client
from django.urls import reverse

from evals.services import sessions
from governance.job_states import AttemptState
from governance.models import Draft, Exchange, Job, User
from governance.services import attempts
from tests.evals.services.test_sessions import holdout
from tests.support import hands
from tests.support.cast import Cast
from tests.support.sessions import Model, base_model, said, started


def as_(user: User) -> Client:
    made = Client()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def test_the_chat(cast: Cast) -> None:
    base, erik = base_model(cast), as_(cast.erik)
    form = {"title": "Leaks", "aim": "Addresses", "subject": base.digest, "max_turns": 5, "minutes": 10}
    assert erik.post(reverse("sessions", args=["triage"]), form | {"minutes": 0}).status_code == 400
    started_at = erik.post(reverse("sessions", args=["triage"]), form)
    job = Job.objects.get(purpose="converse")
    assert started_at["Location"] == reverse("session", args=[job.pk])
    page = reverse("session", args=[job.pk])
    assert "Waiting for the worker" in erik.get(page).content.decode()
    assert erik.post(page, {"text": "Too early", "act": "send"}).status_code == 409
    model = Model(hands.fresh(job))
    assert erik.post(page, {"text": "<script>alert(1)</script>", "act": "send"}).status_code == 302
    live = erik.get(reverse("session-live", args=[job.pk])).content.decode()
    assert "answering message 1" in live
    assert "every 1s" in live
    model.answer("<b>No</b>")
    shown = erik.get(page).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "&lt;b&gt;No&lt;/b&gt;" in shown
    assert "4 turns left" in shown
    one = reverse("session-exchange", args=[job.pk, 1])
    assert erik.post(one, {"act": "grade", "severity": "high"}).status_code == 400
    assert erik.post(one, {"act": "grade", "severity": "high", "failure_mode": "leak"}).status_code == 302
    known = holdout(cast, "development")
    wanted = {"act": "draft", "evaluation_set": known.digest, "slice_name": "red-team", "expects": "refuse"}
    drafted = erik.post(one, wanted)
    assert drafted["Location"] == reverse("draft", args=[Draft.objects.get(frozen=None).pk])
    assert erik.post(page, {"act": "end"}).status_code == 302
    model.end("tester")
    assert attempts.accept(attempt=model.deliver()) is not None
    over = erik.get(page).content.decode()
    assert "See its record" in over
    assert "hx-get" not in over


def test_a_dead_process_is_told(cast: Cast) -> None:
    job = started(cast)
    model = Model(job)
    sessions.message_send(actor=cast.erik, job=hands.fresh(job), text="Killed while it answers")
    attempts.end(attempt=hands.fresh(model.attempt), state=AttemptState.LOST, reason="it was killed", retry=True)
    page = as_(cast.erik).get(reverse("session", args=[job.pk])).content.decode()
    assert "The process that held the model has ended: it was killed" in page
    assert "Killed while it answers" in page
    assert 'id="say"' not in page


def test_a_closed_session_on_pages(cast: Cast) -> None:
    job = started(cast, by=cast.dora, closed=True)
    said(job, Model(job), cast.dora, "Quokka try", "Quokka answer")
    for name, args in (("session", []), ("session-live", []), ("session-exchange", [1])):
        response = as_(cast.erik).get(reverse(name, args=[job.pk, *args]))
        assert "Quokka" not in response.content.decode()
    assert "Quokka" in as_(cast.carl).get(reverse("session", args=[job.pk])).content.decode()
    assert as_(cast.mallory).get(reverse("session", args=[job.pk])).status_code == 404
    assert as_(cast.carl).post(reverse("session", args=[job.pk]), {"text": "x", "act": "send"}).status_code == 409
    assert Exchange.objects.count() == 1
