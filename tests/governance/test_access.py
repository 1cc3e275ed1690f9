"""The one table: roles, actions, and that what belongs to another project does not exist."""

import ast
import importlib
import inspect
import pkgutil
import uuid
from collections.abc import Callable

import pytest

import governance.services
import training.services
from governance import access, store
from governance.access import ACTIONS, EVERYONE, OWNER, ROLES
from governance.errors import Denied, Invalid, NotFound
from governance.models import LedgerEvent
from governance.selectors import documents as docs
from governance.selectors import jobs as select_jobs
from governance.selectors import reports as select_reports
from governance.services import documents, files, people, reports, signing, signoff
from governance.services import jobs as service
from governance.services.reauthentication import Proof
from tests.governance import jobs
from tests.governance.cast import NOTE, PASSWORD, REASON


@pytest.fixture
def papers(world, monkeypatch):
    """Something of everything in the main project."""
    jobs.register(monkeypatch)
    note = world.note()
    world.agree(note)
    waiting = world.note("Waiting")
    return {
        "note": note,
        "waiting": waiting,
        "request": world.ask(waiting),
        "draft": world.draft(),
        "job": service.launch(actor=world.engineer, spec=note),
        "report": reports.request(actor=world.auditor, subject=note),
    }


ACTS: dict[str, Callable] = {
    "draft": lambda w, p, who: world_draft(w, who),
    "edit a draft": lambda w, p, who: documents.draft_edit(
        actor=who, draft=p["draft"], revision=1, body={"title": "X"}
    ),
    "freeze a draft": lambda w, p, who: documents.draft_freeze(actor=who, draft=p["draft"], revision=1),
    "submit a document": lambda w, p, who: w.note(by=who),
    "ask for signatures": lambda w, p, who: w.ask(p["note"], by=who),
    "sign": lambda w, p, who: signing.sign(actor=who, request=p["request"], role=OWNER, password=PASSWORD, **REASON),
    "reject": lambda w, p, who: signoff.reject(actor=who, request=p["request"], reason="No"),
    "withdraw": lambda w, p, who: signoff.withdraw(actor=who, request=p["request"]),
    "revoke": lambda w, p, who: w.revoke(p["note"], by=who),
    "launch": lambda w, p, who: service.launch(actor=who, spec=p["waiting"]),
    "cancel": lambda w, p, who: service.cancel(actor=who, job=p["job"]),
    "ask for a report": lambda w, p, who: reports.request(actor=who, subject=p["note"]),
    "upload": lambda w, p, who: files.upload(actor=who, project=w.project, chunks=[b"x"], name="x.txt"),
    "grant": lambda w, p, who: people.role_grant(
        actor=who, user=w.auditor, role="engineer", project=w.project, proof=Proof(PASSWORD)
    ),
}


def world_draft(world, who):
    return documents.draft_create(actor=who, project=world.project, kind=NOTE, body={"title": "X"})


def stored() -> set[str]:
    """Return the files in the byte store."""
    return {str(path) for path in store.root().rglob("*") if path.is_file()}


@pytest.mark.parametrize("act", ACTS)
def test_to_somebody_of_another_project_nothing_exists(world, papers, act) -> None:
    before = stored()
    with pytest.raises(NotFound) as problem:
        ACTS[act](world, papers, world.stranger)
    assert not isinstance(problem.value, Denied)
    for name in ("Main", "Note", "Waiting"):
        assert name not in str(problem.value)
    if act != "upload":  # an upload decides nothing and is no ledger event
        tried = LedgerEvent.objects.latest("entry_id")
        assert (tried.event, tried.actor) == ("refusal:access:denied", world.stranger.actor)
    assert stored() == before


@pytest.mark.parametrize("act", [name for name in ACTS if name not in ("ask for a report",)])
def test_an_auditor_reads_and_asks_for_reports_but_changes_nothing(world, papers, act) -> None:
    with pytest.raises(Denied) as problem:
        ACTS[act](world, papers, world.auditor)
    finding = problem.value.findings[0]
    assert finding.check == "access"
    assert finding.remedy
    assert finding.who


def test_lists_and_look_ups_show_nothing_of_other_projects(world, papers) -> None:
    stranger = world.stranger
    assert papers["note"] not in docs.visible(stranger)
    assert world.policy in docs.visible(stranger)  # the shelf is everybody's who holds a role
    assert not select_jobs.visible(stranger).exists()
    assert not select_reports.visible(stranger).exists()
    for look, key in (
        (docs.get, papers["note"].digest),
        (select_jobs.get, str(papers["job"].pk)),
        (select_reports.get, str(papers["report"].pk)),
    ):
        with pytest.raises(NotFound) as hidden:
            look(stranger, key)
        with pytest.raises(NotFound) as absent:
            look(stranger, "sha256:" + "0" * 64 if look is docs.get else str(uuid.uuid4()))
        assert str(hidden.value) == str(absent.value)
        assert look(world.auditor, key)
    for look in (select_jobs.get, select_reports.get):
        with pytest.raises(NotFound):
            look(world.engineer, "../etc/passwd")


def test_without_any_role_not_even_the_shelf_exists(world) -> None:
    nobody = world.enrol("nobody")
    assert not docs.visible(nobody).exists()
    with pytest.raises(NotFound):
        docs.get(nobody, world.policy.digest)


def test_references_do_not_reach_into_other_projects(world, papers) -> None:
    with pytest.raises(Invalid) as problem:
        documents.document_submit(
            actor=world.stranger,
            project=world.projects["other"],
            kind=NOTE,
            body={"title": "Spy"},
            references=[{"role": "about", "digest": papers["note"].digest}],
        )
    assert "there is no document" in str(problem.value)


def test_a_series_of_another_project_cannot_be_continued(world, papers) -> None:
    with pytest.raises(Invalid):
        documents.document_submit(
            actor=world.stranger,
            project=world.projects["other"],
            kind=NOTE,
            body={"title": "Spy"},
            base=papers["note"],
        )


def test_the_table_names_only_known_roles_and_refuses_doubles() -> None:
    assert set(ROLES) == EVERYONE
    for action in ACTIONS.values():
        assert action.roles <= EVERYONE
        assert bool(action.roles) != action.own
        assert action.label
    with pytest.raises(ValueError, match="registered already"):
        access.register_action("signoff.sign", "sign", {OWNER})
    with pytest.raises(ValueError, match="unknown roles"):
        access.register_action("test.action", "test", {"emperor"})
    assert "test.action" not in ACTIONS


def test_an_unknown_action_is_a_programming_error(world) -> None:
    with pytest.raises(KeyError):
        access.require(world.owner, "no.such.action", None)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_action_is_allowed_to_its_roles_and_to_no_others(world, action) -> None:
    for role in sorted(ROLES):
        user = world.people.get(f"a_{role}") or world.enrol(f"a_{role}", role, world.project)
        own = ACTIONS[action].own
        assert access.can(user, action, world.project) == (own or role in ACTIONS[action].roles), role
        assert access.can(user, action, None) == own
        assert access.can(user, action, world.projects["other"]) == own


def acts_that_ask() -> set[str]:
    """Return the actions of every mutation in whose body somebody shows anew who they are."""
    found = set()
    for package in (governance.services, training.services):
        for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(one.name)
            for node in ast.walk(ast.parse(inspect.getsource(module))):
                if not isinstance(node, ast.With) or not any(
                    isinstance(call, ast.Call)
                    and ast.unparse(call.func) in ("reauthentication.require", "authenticate")
                    for call in ast.walk(node)
                ):
                    continue
                opened = node.items[0].context_expr
                assert isinstance(opened, ast.Call)
                [named] = [word.value for word in opened.keywords if word.arg == "action"]
                found.add(eval(ast.unparse(named), vars(module)))
    return found


def test_no_token_does_what_asks_anew_who_one_is() -> None:
    asking = acts_that_ask()
    assert {"signoff.sign", "signoff.delegate", "signoff.condition", "passkey.vouch", "standing_approval.stop"} < asking
    assert {name: access.ACTIONS[name].scope for name in asking} == dict.fromkeys(asking)
