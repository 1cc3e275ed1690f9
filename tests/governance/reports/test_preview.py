"""A draft printed for discussion: what its kind would print, marked on every page, and proof of nothing."""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from governance.models import Document, Draft
from governance.proof.given import Given, verified
from governance.registry import KINDS
from governance.reports.preview import preview, preview_pdf
from governance.selectors import documents as docs
from governance.services import documents
from tests.governance.reports import poppler
from tests.support.stage import Stages
from tests.support.story import Story, told


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    with stages.committed(told, state, tmp_path) as made:
        yield made


def draft_of(story: Story, base: Document, **changes: object) -> Draft:
    envelope = docs.envelope(base)
    return documents.draft_create(
        actor=story.people["expert"],
        project=story.project,
        kind=base.kind,
        body=docs.display_body(base) | changes,
        references=[link.model_dump() for link in envelope.references],
        base=base,
    )


def test_a_plan_is_printed_by_its_kind_marked_and_proves_nothing(story: Story, tmp_path: Path) -> None:
    plan = story["thresholds"]
    draft = draft_of(story, plan, title="A stricter plan")
    before = Document.objects.count()
    pdf = preview_pdf(draft)
    assert (preview_pdf(draft), Document.objects.count()) == (pdf, before)
    file = tmp_path / "draft.pdf"
    file.write_bytes(pdf)
    with pikepdf.open(file) as opened:
        assert opened.check_pdf_syntax() == []
        assert not list(opened.attachments)
        count = len(opened.pages)
    for page in range(1, count + 1):
        text = " ".join(poppler.text(pdf, tmp_path, page=page).split())
        assert text.count("DRAFT") >= 3
        for said in ("This is no record: nobody has signed it", "Revision 1 of a draft, saved", f"of {count}"):
            assert said in text
    whole = " ".join(poppler.text(pdf, tmp_path).split())
    for said in (
        "A stricter plan", "Every page is marked DRAFT", "It has no digest yet", "What its signers would be told",
        "A hard threshold of the release stage releases only on PASS", story["set"].title,
    ):  # fmt: skip
        assert said in whole
    # By command, page and API: nothing is decided, in plain words, with the fingerprint and without.
    for root in (story.fingerprint, None):
        outcome = verified(file, Given(root=root))
        [line] = outcome.checks
        assert (outcome.code, "is a preview of a draft" in line.detail) == (2, True)
    report = tmp_path / "report.pdf"
    report.write_bytes(pdf + b"/ByteRange [0 1 2 3] /ETSI.CAdES.detached")
    assert verified(report, Given(root=story.fingerprint)).code == 1, "what bears a seal is judged as a report"


def test_what_is_not_whole_is_printed_as_it_is_typed_and_says_what_it_lacks(story: Story) -> None:
    draft = draft_of(story, story["thresholds"], title=5)
    draft.references = [{"role": "rubric", "digest": "sha256:" + "0" * 64}]
    told_ = preview(draft)
    lacking = " ".join(notice.text for notice in told_.lacking)
    for said in ("title: ", "evaluation_set: none is chosen", "there is no document sha256:000"):
        assert said in lacking
    assert told_.known == ()
    assert preview_pdf(draft).startswith(b"%PDF-1.7")


def test_every_kind_that_people_write_can_be_printed_before_it_is_frozen(story: Story) -> None:
    """As its kind sets it, from bytes that are stored nowhere: nothing may look for a row of the draft."""
    seen = {}
    for made in story.made.values():
        kind = KINDS[made.kind]
        if kind.authors and kind.sections is not None and made.kind not in seen:
            links = [link.model_dump() for link in docs.envelope(made).references]
            draft = Draft(
                kind=made.kind, series=made.series_id, project=made.project, title=made.title,
                body=docs.display_body(made), references=links, updated_at=made.created_at,
            )  # fmt: skip
            told_ = preview(draft)
            seen[made.kind] = (told_.lacking, told_.sections[0].blocks == tuple(kind.sections(made, draft.body)))
    assert len(seen) > 8
    assert {kind: found for kind, found in seen.items() if found[0]} == {}
    assert sum(same for _, same in seen.values()) > len(seen) / 2, seen
