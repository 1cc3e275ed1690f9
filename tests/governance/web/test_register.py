"""The register as a page and as a table."""

from datetime import timedelta

import time_machine
from django.urls import reverse
from django.utils import timezone

from governance.proof.history.register import REFUSAL_COLUMNS
from governance.selectors import register as select
from governance.services import jobs
from governance.web.views import register as view
from tests.governance.web.world import World, evaluation_spec


def test_a_run_stands_in_the_register_and_in_its_table(world: World, as_) -> None:
    spec = evaluation_spec(world)
    armed = jobs.launch(actor=world.engineer, spec=spec, arm=True)
    of = f"?project={world.project.slug}"
    auditor, engineer, outsider = as_(world.auditor), as_(world.engineer), as_(world.outsider)
    page = engineer.get(reverse("register") + of).content.decode()
    assert reverse("run", args=[armed.pk]) in page
    rows = b"".join(auditor.get(reverse("register-csv") + of).streaming_content).decode().splitlines()
    assert rows[0] == "No.,Entry,When,What,Identifier,Rests on,State,Last entry"
    assert [row.split(",")[4] for row in rows[1:]] == [str(armed.pk)]
    assert auditor.get(reverse("register") + "?table=refused").status_code == 200
    assert reverse("run", args=[armed.pk]) in engineer.get(reverse("register")).content.decode()  # of the one project
    assert "the whole organisation" not in engineer.get(reverse("register")).content.decode()
    foreign = outsider.get(reverse("register") + of)
    assert foreign.status_code == 400
    assert world.project.name not in foreign.content.decode()
    assert reverse("run", args=[armed.pk]) not in outsider.get(reverse("register")).content.decode()
    page = auditor.get(reverse("register") + of).content.decode()
    for kind, asked in (("register", "First day"), ("audit-sample", "Of what")):
        address = reverse("project-report-ask", args=[world.project.slug, kind])
        assert address in page
        assert asked in auditor.get(address).content.decode()
        assert address not in engineer.get(reverse("register")).content.decode()
    assert auditor.get(reverse("register") + "?since=0001-01-01&until=9999-12-31").status_code == 200
    wrong = auditor.get(reverse("register") + "?since=2026-02-01&until=2026-01-01")
    assert wrong.status_code == 400
    assert "earlier" in wrong.content.decode() or "later one" in wrong.content.decode()


def test_a_register_that_is_too_long_for_a_page_leads_to_the_newest_and_to_the_sealed_one(
    world: World, as_, monkeypatch
) -> None:
    spec = evaluation_spec(world)
    armed = jobs.launch(actor=world.engineer, spec=spec, arm=True)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        jobs.cancel(actor=world.engineer, job=armed)
    monkeypatch.setattr(select, "MOST", 1)
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    auditor, of = as_(world.auditor), f"?project={world.project.slug}"
    page = auditor.get(reverse("register") + f"{of}&since=2026-01-01")
    assert page.status_code == 400
    text = page.content.decode()
    assert f"ask from {tomorrow} on" in text
    seal = reverse("project-report-ask", args=[world.project.slug, "register"]) + "?p-first=2026-01-01"
    assert seal in text
    assert 'value="2026-01-01"' in auditor.get(seal).content.decode()
    assert f"{of}&amp;since={tomorrow}" in text
    newest = auditor.get(reverse("register") + f"{of}&since={tomorrow}").content.decode()
    assert reverse("run", args=[armed.pk]) in newest
    assert "cancelled" in newest
    assert seal not in as_(world.engineer).get(reverse("register") + of).content.decode()
    for address in (reverse("register-csv") + of, f"/api/v1/register{of}"):
        refused = auditor.get(address)
        assert (refused.status_code, "sealed register" in refused.content.decode()) == (400, True), address
    monkeypatch.setattr(select, "MOST", 0)
    text = auditor.get(reverse("register") + of).content.decode()
    assert "expected fewer: ask for the sealed" in text
    assert "newest that fit" not in text


def test_a_refused_act_is_told_in_words_with_each_document_by_itself() -> None:
    about = [f"sha256:{digit * 64}" for digit in "ab"]
    row = ("X1", 55, "2026-11-27T00:18:40Z", "run.launch", ", ".join(about), "evaluation_set, rubric")
    cells = {cell.column: cell for cell in view._cells(REFUSAL_COLUMNS, row)}
    assert (cells["Act"].text, cells["Checks"].text) == ("launch a training run", "evaluation set, rubric")
    assert (cells["About"].digests, cells["About"].page) == (tuple(about), "document")
