"""A policy written without a line of JSON: from a template, in a form, read in words, compared in words."""

import re
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from governance import policy_words
from governance.errors import Refused
from governance.models import Document, Draft
from governance.policy import PolicyBody, SigningRule
from governance.registry import KINDS, POLICY_TEMPLATES
from governance.services import disposal, documents
from governance.services.signing_rules import governing
from tests.governance.web.world import World, agree, policy_body

BEGIN = "shelf-draft-begin"


def begun(client: Client, template: str = "medium") -> Draft:
    page = client.get(reverse(BEGIN, args=["governance.policy"])).content.decode()
    assert POLICY_TEMPLATES[template].about in page.replace("&#x27;", "'")
    answer = client.post(reverse(BEGIN, args=["governance.policy"]), {"template": template})
    assert answer.status_code == 302
    draft: Draft = Draft.objects.latest("updated_at")
    assert answer["Location"] == reverse("policy-draft", args=[draft.pk])
    return draft


def typed(client: Client, draft: Draft) -> dict[str, Any]:
    """Return what a browser would send if it sent the form as it is shown."""
    form = client.get(reverse("policy-draft", args=[draft.pk])).context["form"]
    found: dict[str, Any] = {}
    for each in (form.head, *(part.form for part in form.parts)):
        for field in each:
            value = field.value()
            if value not in (None, "", [], False):
                found[field.html_name] = value
    return found


@pytest.mark.parametrize("template", ["small", "medium", "large"])
def test_the_form_says_what_the_template_says(world: World, as_, template: str) -> None:
    """Saving the form unchanged changes nothing: no rule is lost between JSON and form."""
    client = as_(world.owner)
    draft = begun(client, template)
    before = PolicyBody.model_validate(draft.body)
    answer = client.post(reverse("policy-draft", args=[draft.pk]), typed(client, draft))
    assert answer.status_code == 302, answer.context["form"].head.errors
    draft.refresh_from_db()
    assert draft.revision == 2
    assert PolicyBody.model_validate(draft.body) == before


RULED: dict[str, dict[str, Any]] = {
    "roles": {"roles": {"owner": 2}},
    "any_of": {"any_of": {"roles": ["data_owner", "domain_expert"], "count": 2}},
    "validity_days": {"validity_days": 77},
    "method": {"method": "passkey"},
    "exclude": {"exclude": ["dataset_author"]},
    "request_days": {"request_days": 33},
    "remind_days": {"remind_days": 4},
    "escalate_days": {"escalate_days": 9, "escalate_to": "owner"},
    "escalate_to": {"escalate_days": 8, "escalate_to": "data_owner"},
    "review_days": {"review_days": 60},
    "open_all": {"open_all": True},
    "sample": {"sample": 12},
    "identity": {"identity": True},
}
STATED: dict[str, Any] = {
    "title": "Another policy",
    "tier": "high",
    "rules": {},
    "checks": {"dataset_size": "hard"},
    "max_attempts": 7,
    "retention": {"evals.rubric": 400},
    "periods": {"lifecycle_stale": 14},
}


@pytest.mark.parametrize("name", SigningRule.model_fields)
def test_whatever_a_rule_says_is_kept_by_the_form_and_told(world: World, as_, name: str) -> None:
    """A field that the form forgot would be lost by saving; one that the words forgot, signed unseen."""
    kind, plain = "training.dataset", policy_body(checks={})
    changed = plain | {"rules": plain["rules"] | {kind: plain["rules"][kind] | RULED[name]}}
    assert kept(world, as_, changed) == PolicyBody.model_validate(changed)
    before, after = policy_words.told(plain), policy_words.told(changed)
    assert before["documents"]["dataset"] != after["documents"]["dataset"]
    assert {k: v for k, v in before["documents"].items() if k != "dataset"} == {
        k: v for k, v in after["documents"].items() if k != "dataset"
    }
    words = [policy_words.rule_words(kind, PolicyBody.model_validate(b).rules[kind]) for b in (plain, changed)]
    assert words[0] != words[1]


@pytest.mark.parametrize("name", PolicyBody.model_fields)
def test_whatever_a_policy_says_once_is_kept_by_the_form_and_told(world: World, as_, name: str) -> None:
    plain = policy_body(checks={})
    rules = plain["rules"] | {"training.dataset": plain["rules"]["training.dataset"] | {"validity_days": 77}}
    changed = plain | {name: rules if name == "rules" else STATED[name]}
    assert kept(world, as_, changed) == PolicyBody.model_validate(changed)
    assert policy_words.told(plain) != policy_words.told(changed)


def kept(world: World, as_, body: dict[str, Any]) -> PolicyBody:
    """Return what is left of a draft that is opened in the form and saved as it is shown."""
    client = as_(world.owner)
    draft = begun(client)
    draft = documents.draft_edit(actor=world.owner, draft=draft, revision=draft.revision, body=body)
    assert client.post(reverse("policy-draft", args=[draft.pk]), typed(client, draft)).status_code == 302
    draft.refresh_from_db()
    return PolicyBody.model_validate(draft.body)


def test_periods_and_how_long_files_are_kept_are_set_in_the_form(world: World, as_) -> None:
    client = as_(world.owner)
    draft = begun(client)
    given = typed(client, draft) | {"period_lifecycle_stale": "14", "retention_evals.rubric": "400"}
    assert client.post(reverse("policy-draft", args=[draft.pk]), given).status_code == 302
    draft.refresh_from_db()
    assert (draft.body["periods"], draft.body["retention"]) == ({"lifecycle_stale": 14}, {"evals.rubric": 400})
    made = documents.draft_freeze(actor=world.owner, draft=draft, revision=draft.revision)
    page = client.get(reverse("document", args=[made.digest])).content.decode()
    assert "A source of lifecycle dates is stale after" in page
    assert "14 days" in page
    assert re.search(r"Rubric</th>\s*<td data-label=\"Kept at least\">400 days", page)
    other = begun(client)
    for wrong in ({"period_lifecycle_stale": "366"}, {"retention_evals.rubric": "36501"}):
        assert client.post(reverse("policy-draft", args=[other.pk]), given | wrong).status_code == 400
    less = {name: value for name, value in given.items() if name != "retention_evals.rubric"}
    assert client.post(reverse("policy-draft", args=[other.pk]), less).status_code == 302
    other.refresh_from_db()
    assert "retention" not in other.body


def test_a_rule_changed_in_the_form_is_frozen_and_compared_in_words(world: World, as_) -> None:
    client = as_(world.second_owner)
    first = client.post(reverse("next-version", args=[world.policy.digest]), {"template": ""})
    draft: Draft = Draft.objects.latest("updated_at")
    assert first["Location"] == reverse("policy-draft", args=[draft.pk])
    given = typed(client, draft) | {
        "training.release-role_owner": "2",
        "training.release-any_count": "1",
        "training.release-any_roles": ["domain_expert", "data_owner"],
        "training.release-method": "passkey",
        "training.release-exclude": ["dataset_author"],
        "training.release-escalate_days": "5",
        "training.release-escalate_to": "owner",
        "training.release-identity": "on",
        "check_dataset_size": "hard",
    }
    assert client.post(reverse("policy-draft", args=[draft.pk]), given).status_code == 302
    draft.refresh_from_db()
    rule = PolicyBody.model_validate(draft.body).rules["training.release"]
    assert (rule.roles["owner"], rule.method, rule.exclude, rule.identity) == (2, "passkey", ["dataset_author"], True)
    assert rule.any_of is not None
    assert rule.any_of.roles == ["data_owner", "domain_expert"]
    assert (rule.escalate_days, rule.escalate_to) == (5, "owner")
    frozen = client.post(reverse("freeze", args=[draft.pk]), {"revision": str(draft.revision)})
    page = client.get(frozen["Location"]).content.decode()
    words = re.sub(r"\s+", " ", page)
    assert "2 × owner, and 1 of: data owner, domain expert" in words
    assert "Not: whoever wrote a dataset it rests on" in words
    assert "old to the owner after 5 days" in words
    document = Document.objects.latest("seq")
    response = client.get(reverse("document", args=[document.digest]))
    changes = {
        change["where"]: (change["before"], change["after"])
        for section in response.context["reading"].difference["sections"]
        for change in section["changes"]
    }
    assert changes["Documents › Release › Who signs"] == (
        "1 × compliance officer and 1 × owner",
        "1 × compliance officer and 2 × owner, and 1 of: data owner, domain expert",
    )
    assert changes["Checks › Enough rows"] == (None, "hard")


def test_what_cannot_be_is_marked_and_nothing_is_saved(world: World, as_) -> None:
    client = as_(world.owner)
    draft = begun(client)
    wrong = typed(client, draft) | {"training.dataset-validity_days": "0", "training.dataset-role_owner": "99"}
    answer = client.post(reverse("policy-draft", args=[draft.pk]), wrong)
    assert answer.status_code == 400
    (part,) = [p for p in answer.context["form"].parts if p.form.errors]
    assert (part.kind, part.open) == ("training.dataset", True)
    assert set(part.form.errors) == {"validity_days", "role_owner"}
    draft.refresh_from_db()
    assert draft.revision == 1


def test_a_draft_that_lacks_something_is_saved_and_says_so(world: World, as_) -> None:
    client = as_(world.owner)
    draft = begun(client, "small")
    given = typed(client, draft)
    for name in ("governance.waiver-any_count", "governance.waiver-any_roles"):
        del given[name]
    assert client.post(reverse("policy-draft", args=[draft.pk]), given).status_code == 302
    response = client.get(reverse("policy-draft", args=[draft.pk]))
    assert any("governance.waiver" in where for where, _ in response.context["complaints"])
    (part,) = [p for p in response.context["form"].parts if p.open]
    assert part.kind == "governance.waiver"


def test_somebody_saved_in_between(world: World, as_) -> None:
    client = as_(world.owner)
    draft = begun(client)
    given = typed(client, draft)
    assert as_(world.second_owner).post(reverse("policy-draft", args=[draft.pk]), given).status_code == 302
    mine = client.post(reverse("policy-draft", args=[draft.pk]), given | {"title": "Mine"})
    assert mine.status_code == 409
    assert "Mine" in mine.context["form"]["body"].value()
    assert ("Title", "Standard policy", "Mine") in {(c.path, c.old, c.new) for c in mine.context["theirs"]}


def test_any_json_can_be_opened_as_a_form(world: World, as_) -> None:
    client = as_(world.owner)
    draft = begun(client)
    for body in ({}, {"rules": [], "checks": 3}, {"rules": {"training.dataset": {"roles": "x"}}, "title": 7}):
        Draft.objects.filter(pk=draft.pk).update(body=body)
        assert client.get(reverse("policy-draft", args=[draft.pk])).status_code == 200


def test_only_policies_have_it_and_only_members_see_it(world: World, as_) -> None:
    client = as_(world.owner)
    assert client.post(reverse(BEGIN, args=["governance.policy"]), {"template": "huge"}).status_code == 404
    draft = begun(client)
    Draft.objects.filter(pk=draft.pk).update(kind="training.base_model")
    assert client.get(reverse("policy-draft", args=[draft.pk])).status_code == 404


def test_the_api_offers_the_templates(world: World, as_) -> None:
    client = as_(world.engineer)
    found = client.get("/api/v1/kinds/governance.policy/templates").json()
    assert [t["name"] for t in found] == ["small", "medium", "large"]
    assert found[0]["body"] == POLICY_TEMPLATES["small"].body()
    assert client.get("/api/v1/kinds/evals.rubric/templates").json() == []
    assert client.get("/api/v1/kinds/no.such/templates").status_code == 404


LATER_KINDS = ["governance.waiver", "governance.retrospective", "training.standing_approval", "governance.disposal"]


def signed_before(world: World, kind: str) -> Document:
    """Have a policy signed as when there was no such kind of document yet."""
    body = policy_body(title="Signed long ago")
    del body["rules"][kind]
    with patch.dict(KINDS, {kind: replace(KINDS[kind], signed=False)}):
        old = documents.document_submit(
            actor=world.second_owner, project=None, kind="governance.policy", body=body, base=world.policy
        )
        agree([old], world.second_owner, world.owner, world.officer)
    return old


@pytest.mark.parametrize("kind", LATER_KINDS)
def test_a_policy_signed_before_there_was_a_kind_says_which_it_is_and_how_it_is_mended(
    world: World, as_, kind: str
) -> None:
    """Policies that were signed earlier have no rule for what came later; the refusal leads to their next version."""
    old = signed_before(world, kind)
    label = KINDS[kind].label
    with pytest.raises(Refused) as refusal:
        governing([Document(kind=kind, project=None if KINDS[kind].shelf else world.project)])
    [finding] = refusal.value.findings
    assert (
        f"Signed long ago v2 ({old.digest}), the policy in force for the standard tier, has no rule for: {label}"
        in (finding.found)
    )
    assert f"add a rule for {label}" in finding.remedy
    assert finding.who == "compliance officer, owner"
    assert "outdated" not in finding.as_dict()


def test_the_page_and_the_api_lead_to_the_policys_next_version(world: World, as_) -> None:
    old = signed_before(world, "governance.disposal")
    listed = disposal.draft(actor=world.owner, title="Away", reason="Asked", legal_basis="Art. 17", openings=[1])
    paper = documents.draft_freeze(actor=world.owner, draft=listed, revision=listed.revision)
    client = as_(world.owner)
    answer = client.post(reverse("request-signatures"), {"document": paper.digest})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Signed long ago v2" in page
    assert "add a rule for disposal" in page
    there = reverse("next-version", args=[old.digest])
    assert f'href="{there}"' in page
    told = client.post("/api/v1/requests", {"documents": [paper.digest]}, content_type="application/json")
    assert told.status_code == 409
    assert old.digest in told.json()["findings"][0]["found"]
    # Followed: the next version has the rule, is signed as a policy is, and then the disposal can be asked for.
    assert client.get(there).status_code == 200
    mended = documents.document_submit(
        actor=world.second_owner, project=None, kind="governance.policy", body=policy_body(), base=old
    )
    agree([mended], world.second_owner, world.owner, world.officer)
    assert client.post(reverse("request-signatures"), {"document": paper.digest}).status_code == 302
