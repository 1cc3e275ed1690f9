"""A receipt reads like the page that was shown: its headings, its fields and their order, and every value."""

import json
import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import Report
from governance.proof.formats.fields import moment
from governance.proof.sections.blocks import DataTable, FactsTable, Heading, Paragraph
from governance.reports import words
from governance.reports.gathered import gather
from governance.reports.model import ReportData, Section
from governance.reports.receipt import report_data
from governance.selectors.presentation import present
from governance.services import signing
from tests.governance.web import reviewed
from tests.governance.web.world import PASSWORD

# Keys that name a section to programs, where the page and the receipt use its label.
CODED = {"name", "kind", "id", "version", "path", "role", "ok", "asked", "counts", "agreed"}


class Drawn(HTMLParser):
    """The labels of a page's terms and heads of its tables, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside: str | None = None
        self.labels: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.inside = tag if tag in ("dt", "h3") else self.inside if tag in ("dt", "h3") else None

    def handle_data(self, data) -> None:
        if self.inside and data.strip():
            self.labels.append(" ".join(data.split()))
            self.inside = None


@pytest.fixture
def signed(db, state):
    """A second version with changes, comments and cases to review, and the receipt of the signature given on it."""
    made = reviewed.build(sample=0)
    shown = present(made.world.officer, made.request, "compliance_officer")
    page = Client()
    page.force_login(made.world.officer, backend="django.contrib.auth.backends.ModelBackend")
    html = page.get(reverse("request", args=[made.request.pk])).content.decode()
    signature = signing.sign(
        actor=made.world.officer, request=made.request, role="compliance_officer", meaning="I approve", reason="Read",
        password=PASSWORD, presented=shown.digest, shown_at=shown.ledger_size,
    )  # fmt: skip
    return shown.content, html, report_data(gather(Report.objects.get(signature=signature)))


def texts(sections) -> list[str]:
    found = []
    for section in sections:
        found.append(section.title)
        for block in section.blocks:
            if isinstance(block, Paragraph | Heading):
                found.append(block.text)
            elif isinstance(block, FactsTable):
                found += [str(part) for fact in block.rows for part in (fact.label, fact.value)]
            elif isinstance(block, DataTable):
                found += [
                    block.caption,
                    *(c.title for c in block.columns),
                    *(str(v) for row in block.rows for v in row),
                ]
    return found


def part(data: ReportData, kind: str) -> Section:
    (found,) = [section for section in data.sections if section.title.startswith(f"{kind}: ")]
    return found


def test_nothing_that_was_shown_is_left_out(signed) -> None:
    content, _, data = signed
    printed = "\n".join(texts(data.sections))

    def leaves(value, key=""):
        if isinstance(value, dict):
            for name, each in value.items():
                yield from leaves(each, name)
        elif isinstance(value, list):
            for each in value:
                yield from leaves(each, key)
        elif value not in (None, "") and key not in CODED and not isinstance(value, bool):
            yield key, value

    missing = []
    for key, value in leaves(content):
        forms = {str(value), str(value).replace("_", " ")}
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
            forms |= {str(moment(value)), words.moment(moment(value))}
        if key == "size":
            forms |= {f"{value} bytes"}
        if key in ("by", "signer") and value in json.dumps(content["documents"]):
            continue
        if key in ("label", "digest", "number") or any(form in printed for form in forms):
            continue
        missing.append((key, value))
    assert not missing


def test_it_has_the_headings_of_the_page_in_their_order(signed) -> None:
    _, html, data = signed
    page = [label for label in Drawn(html).labels if label in {"What changed", "Comments and questions"}]
    blocks = [block.text for kind in ("Evaluation set", "Rubric") for block in part(data, kind).blocks
              if isinstance(block, Heading)]  # fmt: skip
    assert [text for text in blocks if text in page] == ["What changed", "What changed", "Comments and questions"]
    assert blocks == ["What changed", "Content", "What changed", "Content", "Comments and questions"]
    titles = [section.title.split(":")[0] for section in data.sections]
    assert titles[:4] == ["The signed statement", "What the signer was shown", "Evaluation set", "Rubric"]


def test_the_content_has_the_fields_of_the_page_in_their_order(signed) -> None:
    _, html, data = signed
    blocks = part(data, "Rubric").blocks
    start = next(i for i, block in enumerate(blocks) if isinstance(block, Heading) and block.text == "Content")
    labels = [
        label
        for block in blocks[start + 1 :]
        for label in ([fact.label for fact in block.rows] if isinstance(block, FactsTable) else
                      [block.caption] if isinstance(block, DataTable) else [])
    ]  # fmt: skip
    first = list(dict.fromkeys(re.sub(r" \d.*", "", label.split(" › ")[0]) for label in labels))
    top = html[html.index('<summary data-key="' + data.nodes[1].digest + '-content"') :]
    drawn = Drawn(top[: top.index("Comments and questions")]).labels
    assert [label for label in drawn if label in first] == [label for label in first if label in drawn]
    assert {"Title", "Criteria", "Output", "Prompt"} <= set(first)


def test_what_changed_is_told_side_by_side(signed) -> None:
    content, _, data = signed
    tables = [block for block in part(data, "Rubric").blocks if isinstance(block, DataTable)]
    changed = [table for table in tables if [c.title for c in table.columns] == ["Where", "Before", "Now"]]
    told = next(one for one in content["documents"] if one["label"] == "rubric")
    expected = [change for section in told["sections"] for change in section["changes"]]
    assert [row[2] for table in changed for row in table.rows] == [change["after"] or "removed" for change in expected]
    assert expected
