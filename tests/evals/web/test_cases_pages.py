"""The pages of cases: brought in, looked through, compared, handed out, retired, and kept from those who train."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from governance.models import Document, Draft
from governance.services.documents import draft_freeze
from tests.governance.web.world import World

TABLE = (
    "id,input,target,slices,provenance\na,What is 1 plus 2?,3,sums,by hand\nb,<b>Name</b> a fish,cod,words,by hand\n"
)
SET = {"title": "Sums", "description": "Two", "task": "generation", "slice_0": "arithmetic", "role_0": "regression",
       "slice_1": "words", "role_1": "common"}  # fmt: skip


def chosen(content: str, **more: str) -> dict[str, object]:
    file = SimpleUploadedFile("cases.csv", content.encode())
    return {"form": "csv", "files": [file], "purpose": "holdout", **more}


def brought(world: World, client, content: str = TABLE, **more: str) -> Document:
    slug = world.project.slug
    answer = client.post(reverse("cases-bring", args=[slug]), chosen(content, **more))
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    again = client.post(reverse("cases-understood", args=[slug]), SET | more)
    assert again.status_code == 302, again.content.decode()[-3000:]
    draft = Draft.objects.get(pk=again["Location"].rstrip("/").rsplit("/", 1)[-1])
    actor = draft.contributors.get()
    return draft_freeze(actor=actor, draft=draft, revision=1)


def test_cases_are_looked_through_before_they_become_a_set(world: World, as_) -> None:
    client, slug = as_(world.officer), world.project.slug
    assert "Spreadsheet" in client.get(reverse("cases-bring", args=[slug])).content.decode()
    assert client.get(reverse("cases-understood", args=[slug])).status_code == 302
    assert client.post(reverse("cases-bring", args=[slug]), chosen(TABLE)).status_code == 302
    assert not Draft.objects.filter(frozen=None).exists()
    page = client.get(reverse("cases-understood", args=[slug]), {"slice": "words"}).content.decode()
    assert "&lt;b&gt;Name&lt;/b&gt; a fish" in page
    assert "1 of 2 cases" in page
    assert "What is 1 plus 2?" not in page
    assert "the description of slice" in page
    assert as_(world.second_officer).get(reverse("cases-understood", args=[slug])).status_code == 302
    made = client.post(reverse("cases-understood", args=[slug]), SET)
    draft = Draft.objects.get(frozen=None)
    assert made["Location"] == reverse("draft", args=[draft.pk])
    assert draft.body["roles"] == {"sums": "regression"}
    assert client.get(reverse("cases-understood", args=[slug])).status_code == 302


@pytest.mark.parametrize(("form", "ending"), [("xlsx", "xlsx"), ("parquet", "parquet"), ("promptfoo", "yaml")])
def test_what_was_handed_out_can_be_brought_back_on_the_page(world: World, as_, form: str, ending: str) -> None:
    client = as_(world.officer)
    made = brought(world, client)
    content = client.get(reverse("cases-download", args=[made.digest]), {"format": form}).content
    file = SimpleUploadedFile(f"cases.{ending}", content)
    wanted = {"form": form, "files": [file], "purpose": "holdout", "provenance": "brought back"}
    answer = client.post(reverse("cases-bring", args=[world.project.slug]), wanted)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    page = client.get(reverse("cases-understood", args=[world.project.slug])).content.decode()
    assert "What is 1 plus 2?" in page


def test_problems_are_listed_by_place_and_nothing_is_kept(world: World, as_) -> None:
    client = as_(world.officer)
    answer = client.post(reverse("cases-bring", args=[world.project.slug]), chosen(TABLE.replace("b,<b>", "a,<b>")))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "line 3" in page
    assert "taken by" in page
    assert client.get(reverse("cases-understood", args=[world.project.slug])).status_code == 302
    wrong = client.post(reverse("cases-bring", args=[world.project.slug]), chosen(TABLE, columns="nonsense"))
    assert b"Line 1: found" in wrong.content


def test_who_may_see_the_cases_of_a_holdout(world: World, as_) -> None:
    made = brought(world, as_(world.officer))
    for name in ("cases", "cases-download", "cases-changes", "cases-retire"):
        url = reverse(name, args=[made.digest])
        assert as_(world.engineer).get(url).status_code == 403, name
        assert as_(world.outsider).get(url).status_code == 404, name
        assert as_(world.officer).get(url).status_code == 200, name
    link, page = reverse("cases", args=[made.digest]), reverse("document", args=[made.digest])
    assert link in as_(world.officer).get(page).content.decode()
    kept = as_(world.engineer).get(page).content.decode()
    assert link not in kept, "to follow it would be refused, and go on the ledger"
    assert "cases kept from your role" in kept
    denied = as_(world.engineer).post(reverse("cases-bring", args=[world.project.slug]), chosen(TABLE))
    assert denied.status_code == 403
    assert b"holdout" in denied.content


@pytest.mark.parametrize("form", ["canonical", "xlsx", "csv", "chat", "inspect", "lm-eval", "promptfoo", "parquet"])
def test_every_format_can_be_downloaded(world: World, as_, form: str) -> None:
    client = as_(world.officer)
    made = brought(world, client, TABLE.replace("<b>", "").replace("</b>", ""))
    answer = client.get(reverse("cases-download", args=[made.digest]), {"format": form})
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    assert answer.content


def test_what_changed_and_by_whom(world: World, as_) -> None:
    client = as_(world.officer)
    first = brought(world, client)
    changed = TABLE.replace("cod,words", "cod,sums").replace("1 plus 2", "1 plus 3") + "c,Name a bird,tit,words,new\n"
    second = brought(world, as_(world.owner), changed, base=first.digest)
    page = client.get(reverse("cases-changes", args=[second.digest])).content.decode()
    assert "<del>2</del><ins>3</ins>" in page
    assert "1 of them moved between slices" in page
    assert "Olive Owner" in page
    assert "1 added" in page
    first_page = client.get(reverse("cases-changes", args=[first.digest])).content.decode()
    assert "This is the first version" in first_page


def test_a_case_is_retired(world: World, as_) -> None:
    client = as_(world.officer)
    first = brought(world, client)
    url = reverse("cases-retire", args=[first.digest])
    page = client.get(url, {"case": "b"}).content.decode()
    assert "a fish" in page
    assert client.post(url, {"case": "nobody", "reason": "x"}).status_code == 400
    new = {"id": "b2", "messages": [{"role": "user", "content": "Name a tree"}], "target": "oak", "slices": ["words"],
           "provenance": "by hand"}  # fmt: skip
    answer = client.post(url, {"case": "b", "reason": "leaked", "replacement": json.dumps(new, indent=1)})
    assert answer.status_code == 302
    draft = Draft.objects.get(frozen=None)
    second = draft_freeze(actor=world.officer, draft=draft, revision=1)
    page = client.get(reverse("cases-changes", args=[second.digest])).content.decode()
    assert "retired: leaked" in page


def test_graders_become_a_rubric_after_they_were_shown(world: World, as_) -> None:
    client, url = as_(world.engineer), reverse("graders-bring", args=[world.project.slug])
    grader = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}",
              "reference": "{{item.target}}", "operation": "eq"}  # fmt: skip
    code = {"type": "python", "name": "code", "source": "print()"}
    file = SimpleUploadedFile("g.json", json.dumps([grader, code]).encode())
    page = client.post(url, {"title": "Same", "files": [file]})
    assert page.status_code == 200
    assert b"no code is run" in page.content
    assert not Draft.objects.filter(frozen=None).exists()
    assert client.post(url, {"keep": "1"}).status_code == 302
    assert Draft.objects.get(frozen=None).body["criteria"][0]["grader"] == "exact"
    bad = client.post(url, {"title": "Same", "files": [SimpleUploadedFile("g.json", b"{")]})
    assert bad.status_code == 400


def test_reports_tell_counts_and_ids_and_never_a_case(world: World, as_) -> None:
    from evals import reports
    from governance.selectors.documents import display_body

    client = as_(world.officer)
    first = brought(world, client)
    second = brought(world, client, TABLE.replace("cod,words", "cod,sums") + "c,Name a bird,tit,words,new\n",
                     base=first.digest)  # fmt: skip
    told = str(reports.evaluation_set(second, display_body(second)))
    assert "1: c" in told
    assert "1: b" in told
    assert "Name" not in told
    assert "Added" not in str(reports.evaluation_set(first, display_body(first)))
