"""The incident questions, for any moment, as known when; and what changed between releases or moments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from governance.errors import Invalid
from governance.models import Document, User
from governance.proof.answers import approval
from governance.proof.answers.inforce import Standing
from governance.proof.answers.side_by_side import Compared
from governance.selectors import as_of, ledger
from governance.selectors import documents as docs
from governance.services import people
from governance.services.reauthentication import Proof
from tests.support import papers
from tests.support.story import PASSWORD, PEOPLE, Story
from tests.training import continuity
from tests.training.served import again, happened, next_version, second_release, serving_release
from training.kinds import tuning as kinds
from training.selectors import changes, incident, safe, serving
from training.selectors.incident import Incident, Model, Paper
from training.services import incidents, rollbacks

DAY = timedelta(days=1)


@pytest.fixture
def served(story: Story) -> Story:
    return serving_release(story)


def only(found: Incident) -> Model:
    """The one thing that ran."""
    assert found.model is not None
    return found.model


def signers(paper: Paper | None) -> list[str]:
    assert paper is not None
    return [signer.printed_name for signer in paper.signers]


def ask(story: Story, time: datetime | None = None, size: int | None = None) -> Incident:
    known = incident.known_at(ledger.size() if size is None else size)
    services = serving.services([story.project], known.size)
    found = serving.find(services, story.project, " coding QUEUE ", "Production")
    assert found is not None
    return incident.answer(found, min(time or known.time, known.time), known, services)


def test_the_four_questions_are_answered_with_names_digests_and_entries(served: Story) -> None:
    found = ask(served)
    model = only(found)
    assert (
        found.headline
        == f"Chapter coder 1.0 v1 ran in Coding queue (production) at {found.time:%Y-%m-%d %H:%M:%S} UTC."
    )
    assert [(d.paper.document, d.said.rows) for d in model.data] == [
        (served["dataset"], papers.dataset({"size": 1})["rows"])
    ]
    assert signers(model.datasets[0]) == [PEOPLE["dataowner"][0]]
    assert [p.document for p in model.plan] == [served[name] for name in ("set", "rubric", "thresholds")]
    assert {s.printed_name for p in model.plan for s in p.signers} == {PEOPLE["officer"][0], PEOPLE["officer2"][0]}
    assert model.release is not None
    assert [(s.printed_name, s.role) for s in model.release.signers] == [(PEOPLE["officer"][0], "compliance_officer")]
    assert model.base is not None
    assert model.underpinning is not None
    assert (model.base.document, model.underpinning.name) == (served["base"], papers.base_model({})["name"])
    assert [(doer.name, doer.did) for doer in model.doers] == [
        (PEOPLE["engineer"][0], "launched the run"), (PEOPLE["engineer"][0], "launched the evaluation"),
    ]  # fmt: skip
    assert (model.verdict, model.proven, model.approved_then) == ("PASS", True, True)
    assert [gap.what for gap in found.gaps] == ["The last safe version"]
    assert {d.digest for d in found.rests_on} >= {served["service"].digest, served["release"].digest}


def test_before_the_first_deployment_and_in_the_future(served: Story) -> None:
    found = ask(served, datetime(2026, 1, 9, tzinfo=UTC))
    assert (found.ran.state, found.models) == ("before", ())
    assert "Nothing on record ran" in found.headline
    known = incident.known_at(ledger.size())
    with pytest.raises(Invalid, match="later than what is known"):
        incident.answer(found.service, known.time + DAY, known, [found.service])
    assert serving.services([served.project], served["service"].seq) == []


def test_what_nobody_can_know_is_said_with_the_reason(served: Story) -> None:
    rollbacks.record(
        actor=served.people["engineer"], deployment=served["service"], what="deployed", at=timezone.now(),
        reason="A trial.", stated="something bought",
    )  # fmt: skip
    found = ask(served)
    model = only(found)
    assert (model.proven, model.approved_then, model.release, model.base) == (False, False, None, None)
    assert {gap.what for gap in found.gaps} == {
        "Which training set", "Who evaluated and approved it", "Which base-model version",
    }  # fmt: skip
    assert all("something bought" in gap.because for gap in found.gaps)
    assert found.last_safe is not None
    assert found.last_safe.document == served["release"]


def test_as_it_was_and_as_it_is_known_to_have_been(served: Story) -> None:
    size, then = ledger.size(), ledger.time_of(ledger.size())
    continuity.revoke(served, "release")
    incidents.mark(
        actor=served.people["officer"], release=served["release"], title="Refused every claim", seen_at=then,
        reason="It refused.",
    )  # fmt: skip
    now = only(ask(served, then))
    assert now.release is not None
    assert (now.release.then.standing, now.release.line.standing.standing) == (Standing.IN_FORCE, Standing.REVOKED)
    assert (now.approved_then, [m.body.title for m in now.marks]) == (True, ["Refused every claim"])
    assert any("revoked" in reason for reason in now.unsafe)
    past = only(ask(served, then, size))
    assert past.release is not None
    assert (past.release.line.standing.standing, past.marks, past.unsafe) == (Standing.IN_FORCE, (), ())
    assert not only(ask(served)).approved_then


def test_no_word_is_green_where_something_below_was_not_in_force(served: Story) -> None:
    """The release alone is approved; what it rests on and was taken back, or ran out, stands beside the word."""
    sound = only(ask(served))
    assert (sound.approval, sound.shaken) == (approval.APPROVED, ())
    last = max(paper.line.standing.until for paper in (*sound.plan, *sound.datasets) if paper.line.standing.until)
    continuity.revoke(served, "dataset")
    found = only(ask(served))
    assert (found.approval, found.approved_then) == (approval.PARTLY, True)
    assert [(paper.document, paper.then.standing) for paper in found.shaken] == [(served["dataset"], Standing.REVOKED)]
    assert any(str(served["dataset"]) in reason for reason in found.unsafe)
    # Years later all has run out, and nobody went back on it: safe to go back to is what its own sign-off says.
    facts = safe.know([served["release"]], ledger.size(), last + 2000 * DAY, [])
    assert {*facts.shaken(served["release"])} >= {served[name] for name in ("dataset", "set", "rubric", "base")}


def test_names_are_as_they_were_printed(served: Story) -> None:
    User.objects.filter(username="officer").update(printed_name="Renamed Since")
    assert signers(only(ask(served)).release) == [PEOPLE["officer"][0]]


def test_what_changed_since_the_last_safe_version(served: Story, django_assert_max_num_queries) -> None:
    second_release(served)
    owner = served.people["owner"]
    happened(served, "deployed", timezone.now(), "second")
    people.role_grant(
        actor=owner, user=served.people["expert"], role="auditor", project=served.project, proof=Proof(PASSWORD)
    )
    size = ledger.size()
    with django_assert_max_num_queries(60) as first:
        found = ask(served, size=size)
    assert found.last_safe is not None
    assert found.last_safe.document == served["release"]
    changed = found.changed
    assert changed is not None
    assert changed.results is not None
    by_kind = {one.document.kind: one for one in changed.differences}
    data = by_kind[kinds.DATASET]
    assert (data.before, data.after) == (served["dataset 1"], served["dataset"])
    assert {told.path for told in data.changes} >= {"Rows"}
    (rows,) = changed.rows
    assert (rows.after, rows.same_files, rows.new_files, rows.gone_files) == (900, 0, 1, 1)
    assert any("Learning rate" in told.path for told in by_kind[kinds.RUN_SPEC].changes)
    assert kinds.RELEASE in by_kind
    assert served["base"] in changed.unchanged
    assert served["thresholds"] in changed.unchanged
    assert (changed.results.same_plan, changed.results.verdicts) == (True, ("PASS", "PASS"))
    assert all(one.by == "none" for one in changed.results.figures)
    moved = replace(changed.results.figures[0], metric="exact_match", after=None)
    assert (moved.was.endswith(" %"), moved.now, moved.by) == (True, "", "")
    figures = [("exact_match", "0.8", "0.85"), ("latency_p95", "1.5", "1.25")]
    assert [Compared("all", *one).by for one in figures] == ["+5 points", "-0.25 s"]
    for what in ("release", "second", "release", "second"):
        happened(served, "deployed", timezone.now(), what)
    size = ledger.size()
    with django_assert_max_num_queries(len(first)) as again:
        ask(served, size=size)
    assert len(again) == len(first)
    assert [topic for topic, _ in changed.topics][:2] == ["training data", "how it was trained"]
    back = changes.between(served["second"], served["release"], ledger.size())
    assert back.roles == (), "the role was given after both were agreed"
    assert not back.policy_changed
    assert {one.document.kind for one in back.differences} == set(by_kind)


def test_what_changed_in_a_project_between_two_moments(served: Story) -> None:
    start = as_of.at(timezone.now())
    body = papers.dataset(served.bytes("more rows")) | {"rows": 900}
    newer = next_version(served, "engineer", "dataset", kinds.DATASET, body, contract="contract")
    served.made["dataset 2"] = newer
    served.sign("dataset 2", requester="engineer", signers=("dataowner",))
    continuity.revoke(served, "release")
    people.role_grant(
        actor=served.people["owner"], user=served.people["expert"], role="auditor", project=served.project,
        proof=Proof(PASSWORD),
    )  # fmt: skip
    end = as_of.at(timezone.now())
    found = changes.of_project(served.project, start, end)
    assert [(one.before, one.after) for one in found.differences] == [(served["dataset"], newer)]
    assert {(c.document, c.after.standing) for c in found.standings} == {
        (newer, Standing.IN_FORCE), (served["dataset"], Standing.SUPERSEDED), (served["release"], Standing.REVOKED),
    }  # fmt: skip
    assert [(r.name, r.role, r.given, r.everywhere) for r in found.roles] == [
        (PEOPLE["expert"][0], "auditor", True, False)
    ]
    assert not found.policy_changed
    assert changes.of_project(served.project, end, end).nothing
    continuity.forged(newer, seq=newer.seq + 1, rows=1)
    assert changes.of_project(served.project, start, end).differences == found.differences, "no entry tells of it"


def test_a_file_that_runs_somewhere_is_traced_to_where_it_came_from(served: Story) -> None:
    (adapter,) = docs.envelope(served["record"]).body["files"]
    every = Document.objects.filter(project=served.project) | Document.objects.filter(project=None)
    documents = list(every.filter(kind__in=[*incident.FILES_OF, kinds.RELEASE]).select_related("project", "series"))
    services = serving.services([served.project])
    (found,) = incident.carriers(documents, adapter["sha256"], services)
    assert (found.document, found.paths, found.releases) == (
        served["record"], (adapter["path"],), (served["release"],),
    )  # fmt: skip
    assert [(service.title, len(spans)) for service, spans in found.ran] == [("Coding queue (production)", 1)]
    (base,) = incident.carriers(documents, docs.envelope(served["base"]).body["files"][0]["sha256"], services)
    assert base.document == served["base"]
    assert incident.carriers(documents, "sha256:" + "0" * 64, services) == []


def test_a_rollback_that_was_recorded_anew_counts_no_more(served: Story) -> None:
    """What is recorded again about one moment takes the earlier record's place, in the rule of safety too."""
    again(served)
    at = timezone.now()
    happened(served, "deployed", at, "second")
    back = at + timedelta(microseconds=1)
    happened(served, "rolled back", back, "release")
    (one,) = ask(served).before
    assert one.reasons == (f"rolled back from on {back:%Y-%m-%d %H:%M} UTC: Decided in the morning meeting.",)
    happened(served, "stopped", back, reason="It was switched off, not rolled back.")
    assert [(one.name, one.reasons) for one in ask(served).before if "1.1" in one.name] == [(one.name, ())]
    size = ledger.size()
    happened(served, "deployed", timezone.now(), "record")
    assert ask(served, back, size).ran.state == "nothing"
