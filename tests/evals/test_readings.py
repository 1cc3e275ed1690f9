"""A result read in other ways: by other limits, as a log of Inspect; never by whom the cases are hidden from."""

import io
import json
import zipfile
from typing import Any

from django.urls import reverse

from evals.engine.spec import EvaluationResultBody
from governance import store
from governance.models import Document, LedgerEvent
from governance.selectors import documents as docs
from governance.selectors import ledger
from tests.evals.looked import MISSING, WRONG, content, result
from tests.evals.test_failures import api, page
from tests.evals.test_judging import judged

__all__ = ["judged"]


def members(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_other_limits_are_tried_on_the_page_and_nothing_is_kept(site, judged: Document) -> None:
    browser, url = page(site, "officer"), reverse("what-if", args=[judged.digest])
    assert f'href="{url}"' in browser.get(reverse("document", args=[judged.digest])).content.decode()
    form = browser.get(url).content.decode()
    assert "Signed: at least" in form
    assert "Binds nothing" not in form
    kept = Document.objects.count(), ledger.size()
    asked = browser.post(url, {"limit_0": "0.999", "limit_1": "0.5", "limit_2": "0.1"})
    words = asked.content.decode()
    assert asked.status_code == 200, words
    assert "What if. Binds nothing." in words
    assert "INCONCLUSIVE" in words
    assert "required at least 99.9 %: not shown" in words
    assert "99.7 %" in words
    assert (Document.objects.count(), ledger.size()) == kept
    for wrong in ("1.5", "much", ""):
        refused = browser.post(url, {"limit_0": wrong, "limit_1": "0.5", "limit_2": "0.1"})
        assert refused.status_code == 400, wrong
        assert "Binds nothing" not in refused.content.decode()


def test_who_must_not_see_the_cases_gets_neither(site, judged: Document) -> None:
    browser, before = page(site, "engineer"), ledger.size()
    for name in ("what-if", "inspect-log"):
        url = reverse(name, args=[judged.digest])
        assert browser.get(url).status_code == 403
        assert url not in browser.get(reverse("document", args=[judged.digest])).content.decode()
    assert browser.post(reverse("what-if", args=[judged.digest]), {"limit_0": "0.1"}).status_code == 403
    assert api(site, "engineer").get(f"/api/v1/results/{judged.digest}/inspect-log").status_code == 403
    assert LedgerEvent.objects.filter(event="refusal:access:denied", entry_id__gte=before).count() == 4


def test_a_result_leaves_as_a_log_of_inspect(site) -> None:
    found = result(site)
    answer = api(site, "engineer").get(f"/api/v1/results/{found.digest}/inspect-log")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f"{found.digest[7:19]}.eval")
    log = members(content(answer))
    assert log["header.json"]["eval"]["task"] == "Development phrases"
    assert log["header.json"]["eval"]["created"].startswith("20")
    assert log[f"samples/{WRONG}_epoch_1.json"]["scores"]["passed"]["value"] == 0
    assert log[f"samples/{MISSING}_epoch_1.json"]["error"]["message"] == "no answer; counted as a failure"
    url = reverse("inspect-log", args=[found.digest])
    assert f'href="{url}"' in page(site, "engineer").get(reverse("document", args=[found.digest])).content.decode()
    assert members(content(page(site, "engineer").get(url))) == log

    outputs = store.path_of(docs.model_body(found, EvaluationResultBody).outputs.sha256)
    outputs.chmod(0o640)
    outputs.write_bytes(outputs.read_bytes().replace(b"skin", b"ears"))
    assert api(site, "engineer").get(f"/api/v1/results/{found.digest}/inspect-log").status_code == 400
