"""Measures from outside in a form and from a table, with the files that show them."""

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from evals import documents as evals
from evals.services import measures as service
from evals.web.measures_form import MOST
from governance import store
from governance.models import Document
from governance.selectors import documents as docs
from governance.services import documents
from tests.governance.web.world import World

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def measure(number: int = 0, **changes: Any) -> dict[str, Any]:
    said = {
        "name": "override rate", "layer": "workflow", "value": "0.12", "unit": "share", "observed": "May 2026",
        "n": "400", "source": "desk log, report 7",
    } | changes  # fmt: skip
    return {f"m{number}-{name}": value for name, value in said.items()}


def address(world: World, name: str = "measures-new") -> str:
    return reverse(name, args=[world.project.slug])


def newest() -> Document:
    return Document.objects.filter(kind=evals.MEASURES).order_by("-seq")[0]


def test_measures_are_written_in_a_form_with_the_file_that_shows_them(world: World, as_) -> None:
    client = as_(world.officer)
    assert "measure:NAME" in client.get(address(world)).content.decode()
    more = client.post(address(world), {"act": "add", "rows": 1, "title": "Desk"} | measure()).content.decode()
    assert "Measure 2" in more
    assert 'value="0.12"' in more
    assert not Document.objects.filter(kind=evals.MEASURES).exists()
    file = SimpleUploadedFile("report.pdf", PDF)
    said = {"act": "save", "rows": 2, "title": "Desk, May", "base": "", "m0-evidence": file}
    second = measure(1, name="minutes", value="7.5", low="7.1", high="7.9", alpha="0.05", complete="", layer="")
    answer = client.post(address(world), said | measure() | second)
    assert answer.status_code == 302
    first, other = docs.envelope(newest()).body["measures"]
    assert (first["layer"], first["n"], first["evidence"]["path"]) == ("workflow", 400, "report.pdf")
    assert store.read(first["evidence"]["sha256"]) == PDF
    assert (other["low"], other["alpha"], other["evidence"]) == ("7.1", "0.05", None)
    page = client.get(answer["Location"]).content.decode()
    assert f"{address(world)}?base={newest().digest.replace(':', '%3A')}" in page


def test_a_new_version_begins_from_the_one_before_and_keeps_its_files(world: World, as_) -> None:
    client = as_(world.officer)
    file = SimpleUploadedFile("report.pdf", PDF)
    client.post(
        address(world), {"act": "save", "rows": 1, "title": "Desk", "base": "", "m0-evidence": file} | measure()
    )
    first = newest()
    page = client.get(address(world), {"base": first.digest}).content.decode()
    assert 'value="override rate"' in page
    later = {"act": "save", "rows": 1, "title": "Desk", "base": first.digest}
    assert client.post(address(world), later | measure(value="0.10")).status_code == 302
    second = newest()
    assert (second.number, second.series_id) == (2, first.series_id)
    (kept,) = docs.envelope(second).body["measures"]
    assert (kept["value"], kept["evidence"]["path"]) == ("0.10", "report.pdf")


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"value": "twelve"}, 400), ({"n": "0"}, 400), ({"n": "many"}, 400), ({"source": ""}, 400), ({"low": "0.5"}, 400)],
)
def test_what_is_no_measure_freezes_nothing(world: World, as_, changes: dict[str, Any], status: int) -> None:
    said = {"act": "save", "rows": 1, "title": "Desk", "base": ""}
    answer = as_(world.officer).post(address(world), said | measure(**changes))
    assert answer.status_code == status
    assert "desk log, report 7" in answer.content.decode() or "source" in changes
    assert not Document.objects.filter(kind=evals.MEASURES).exists()


@pytest.mark.attack(
    name="as an engineer, bring in figures by which the own model is judged",
    caught_by="engineers write no measures, by form, table or API; asked before a file is read",
    unless="somebody who may writes down what the engineer tells them",
)
def test_engineers_bring_no_measures(world: World, as_) -> None:
    said = {"act": "save", "rows": 1, "title": "Desk", "base": ""}
    assert as_(world.engineer).post(address(world), said | measure()).status_code == 403
    file = {"file": SimpleUploadedFile("m.csv", b"name,value\na,1\n")}
    assert as_(world.engineer).post(address(world, "measures-table"), file).status_code == 403
    assert as_(world.outsider).get(address(world)).status_code == 404
    assert not Document.objects.filter(kind=evals.MEASURES).exists()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Measure", "Figure", "Unit", "Month", "Cases", "Where from"])
    sheet.append(["override rate", 0.12, "share", "May 2026", 400, "desk log"])
    sheet.append(["minutes", 7.5, "minutes", "May 2026", 380, "desk log"])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


CSV = (
    b"Measure;Figure;Unit;Month;Cases;Where from\r\noverride rate;0.12;share;May 2026;400;desk log\r\n"
    b"minutes;7.5;minutes;May 2026;380;desk log\r\n"
)


@pytest.mark.parametrize(("name", "content"), [("m.xlsx", workbook()), ("m.csv", CSV)])
def test_columns_of_a_table_are_picked_and_the_rest_goes_on_in_the_form(
    world: World, as_, name: str, content: bytes
) -> None:
    client, url = as_(world.officer), address(world, "measures-table")
    assert client.post(url, {"file": SimpleUploadedFile(name, content)}).status_code == 302
    page = client.get(url).content.decode()
    assert "2 rows" in page
    assert '<option value="Figure" selected>' in page  # guessed from the heading
    picked = {"name": "Measure", "value": "Figure", "unit": "Unit", "observed": "Month", "n": "Cases"}
    assert client.post(url, picked | {"source": "No such column"}).status_code == 400
    assert client.post(url, picked | {"source": "Where from"})["Location"] == address(world)
    form = client.get(address(world)).content.decode()
    assert 'value="7.5"' in form
    said = {"act": "save", "rows": 2, "title": "Desk, May", "base": ""}
    rows = measure(source="desk log") | measure(1, name="minutes", value="7.5", unit="minutes", n="380")
    assert client.post(address(world), said | rows).status_code == 302
    assert 'value="7.5"' not in client.get(address(world)).content.decode()  # what was frozen is not offered again


def rows_of(count: int) -> bytes:
    return b"name,value,unit,observed,n,source\n" + b"".join(
        b"rate %d,0.1,share,May,40,log\n" % n for n in range(count)
    )


def test_a_form_holds_as_many_measures_as_it_says_with_every_field_filled(world: World, as_) -> None:
    """Every field is sent: what a request may hold must not be found out by whoever typed eighty measures."""
    client = as_(world.officer)
    said: dict[str, Any] = {"act": "save", "rows": MOST, "title": "Desk", "base": ""}
    for number in range(MOST):
        said |= measure(number, name=f"rate {number}", slice="all", low="", high="", alpha="", complete="on")
    full = client.post(address(world), said | {"act": "add"}).content.decode()
    assert f"A form holds at most {MOST} measures" in full
    assert f"Measure {MOST + 1}" not in full
    assert 'value="add"' not in full
    assert client.post(address(world), said).status_code == 302
    assert len(docs.envelope(newest()).body["measures"]) == MOST
    one_more = client.post(address(world), said | {"rows": MOST + 1})
    assert (one_more.status_code, Document.objects.filter(kind=evals.MEASURES).count()) == (400, 1)
    assert f"found {MOST + 1} measures, a form holds at most {MOST}" in one_more.content.decode()


def test_no_measure_is_cut_off_a_table_or_a_version_before(world: World, as_) -> None:
    client = as_(world.officer)
    table = SimpleUploadedFile("m.csv", rows_of(MOST + 1))
    refused = client.post(address(world, "measures-table"), {"file": table})
    assert refused.status_code == 400
    assert f"found {MOST + 1} measures, a form holds at most {MOST}; bring more as a table by API" in (
        refused.content.decode()
    )
    assert "At most 80 rows" in client.get(address(world, "measures-table")).content.decode()
    one = {"value": "0.1", "unit": "share", "observed": "May", "n": "40", "source": "log"}
    rows = [one | {"name": f"rate {number}"} for number in range(MOST + 1)]
    made = service.bring(actor=world.officer, project=world.project, title="Many", rows=rows)
    later = client.get(address(world), {"base": made.digest})
    assert later.status_code == 400
    assert f"found {MOST + 1} measures" in later.content.decode()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("m.csv", b"name,value\n", "0 rows below 2 columns"),
        ("m.csv", b"name,name\na,b\n", "two columns of one name"),
        ("m.csv", b"name,value\na\n", "1 cells"),
        ("m.txt", b"name,value\na,b\n", "a file of another kind"),
        ("m.xlsx", b"PK\x03\x04nothing", "no workbook"),
    ],
)
def test_what_is_no_table_is_said(world: World, as_, name: str, content: bytes, why: str) -> None:
    answer = as_(world.officer).post(address(world, "measures-table"), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 400
    assert why in answer.content.decode()


def test_a_formula_is_no_figure(world: World, as_) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name", "value"])
    sheet.append(["a", "=1+1"])
    target = io.BytesIO()
    book.save(target)
    file = SimpleUploadedFile("m.xlsx", target.getvalue())
    answer = as_(world.officer).post(address(world, "measures-table"), {"file": file})
    assert (answer.status_code, "a formula" in answer.content.decode()) == (400, True)


def test_thresholds_offer_the_measures_there_are(world: World, as_) -> None:
    said = {"act": "save", "rows": 1, "title": "Desk", "base": ""}
    as_(world.officer).post(address(world), said | measure())
    draft = documents.draft_create(
        actor=world.engineer, project=world.project, kind="evals.thresholds", body={"title": "", "thresholds": []}
    )
    page = as_(world.engineer).get(reverse("thresholds-draft", args=[draft.pk])).content.decode()
    assert 'value="measure:override rate"' in page
