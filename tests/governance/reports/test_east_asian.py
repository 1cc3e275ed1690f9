"""Names and texts in Chinese, Japanese and Korean: printed as they are written, read back, and held to the evidence."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from governance.models import Report
from governance.proof.charts.drawn import picture
from governance.proof.charts.lettering import few, pieces
from governance.proof.files.report_file import verify_report
from governance.proof.pages.compare import lined
from governance.proof.pages.drawn_charts import differs
from governance.proof.reading.text import read_pages
from governance.proof.sections.blocks import KeyFigures
from governance.reports import fonts, style
from governance.reports.build import build_pdf
from governance.reports.gathered import gather
from governance.reports.layout import Prose
from governance.reports.stamp import draw_stamp
from governance.reports.tags import Element
from governance.services import reports
from tests.governance.reports import poppler, sample
from tests.governance.reports import test_figures as figures
from tests.governance.reports.lies import Told, drawn, edited, node, signed
from tests.governance.reports.test_lineage import built
from tests.support import story as stories
from tests.support.stage import Stages
from tests.support.story import Story
from training.services import releases

SIGNER, AUTHOR = "山田太郎", "Ольга Петрова"
TITLE = "당뇨병 코드 분류기 糖尿病编码分类器 2.0"
REASON = "すべての評価指標が閾値を満たしており、残留リスクは受容可能である（詳細はmodel-card v2を参照）。"
NAMES = {"owner": "김철수", "officer": SIGNER, "engineer": AUTHOR, "expert": "王小明"}


class Eastern(Story):
    """The story with people, a release and reasons of other scripts."""

    def release(self) -> None:
        self.made["release"] = releases.propose(
            actor=self.people["engineer"], result=self["result"], title=TITLE, note=REASON
        )
        self.sign("release", requester="engineer", signers=("officer",))


def told_in_the_east() -> Story:
    people = {name: (NAMES.get(name, printed), *rest) for name, (printed, *rest) in stories.PEOPLE.items()}
    with patch.object(stories, "PEOPLE", people), patch.object(stories, "REASON", REASON):
        return Eastern().tell()


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    with stages.committed(told_in_the_east, state, tmp_path) as made:
        yield made


def test_a_report_says_who_signed_and_verifies(story: Story, tmp_path: Path) -> None:
    pdf = built(story.report("release"))
    outcome = verify_report(pdf, story.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    text = poppler.text(pdf, tmp_path)
    assert all(said in text for said in (SIGNER, AUTHOR, TITLE, "王小明")), "whoever copies a name gets it as written"
    assert "‹U+" not in text
    assert REASON.replace(" ", "") in text.replace(" ", "")


def test_receipts_registers_and_other_reports_say_them_too(story: Story, tmp_path: Path) -> None:
    owner = story.people["owner"]
    [receipt, *_] = Report.objects.filter(signature__signer=story.people["officer"])
    access = reports.request(actor=owner, kind="access", project=story.project)
    register, extract = (reports.request(actor=owner, kind=kind) for kind in ("register", "ledger-extract"))
    for report, said in ((receipt, SIGNER), (access, SIGNER), (register, ""), (extract, AUTHOR)):
        pdf = built(report)
        assert verify_report(pdf, story.fingerprint).code == 0, report.kind
        text = poppler.text(pdf, tmp_path)
        assert said in text, report.kind
        assert "‹U+" not in text


@pytest.mark.parametrize("name", ["血液", "심장 질환", "A 血液", "東京大学医学部附属病院の正確度評価指標、全症例"])
def test_charts_are_drawn_again_with_their_names(name: str) -> None:
    data = figures.charts(name)
    pages = read_pages(build_pdf(data, sample.EVIDENCE))
    charts: list[Any] = [block for block in data.first[0].blocks if not isinstance(block, KeyFigures)]
    found = zip(pages.root.all("Figure"), charts, strict=False)
    assert [differs(figure, picture(chart)) for figure, chart in found] == [""] * len(charts)


def _cover(height: float) -> Any:
    """White over some of the title: what is `height` of its size above the line, a twentieth of it deep."""

    def change(pdf: Any) -> None:
        y = 733.0
        rect = f"n {style.LEFT} {y + 25 * height:.2f} 470 1.25 re f*"
        drawn(f"/Artifact BMC\n1 1 1 rg\n{rect}\nEMC", page=0)(pdf)

    return change


def test_lies_over_names_are_found(story: Story) -> None:
    """Another name, another spelling of it, and parts of characters that are covered."""
    told = Told(gather(story.report("release")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    lies = {
        "another signer": (signed(printed_name="田中花子"), "signed by is printed as"),
        "a character of the signer's": (signed(printed_name="山田大郎"), "signed by is printed as"),
        "the name in Latin": (signed(printed_name="Yamada Taro"), "signed by is printed as"),
        "the name spelled out": (signed(printed_name="‹U+5C71›田太郎"), "signed by is printed as"),
        "the name in two": (signed(printed_name="山田 太郎"), "signed by is printed as"),
        "another author": (node(0, author="Ольга Петров"), "Author"),
        "another syllable": (lambda d: replace(d, title=TITLE.replace("기", "가")), "running title is"),
        "a look-alike": (lambda d: replace(d, title=TITLE.replace("类", "類")), "running title is"),
    }
    missed = {}
    for name, (lie, words) in lies.items():
        found = told.lied(lie(told.data))
        if words not in " ".join(found):
            missed[name] = found[:3]
    for height in (-0.1, 0.02, 0.4, 0.78):
        found = told.wrong(edited(told.pdf, _cover(height)))
        if "is covered" not in " ".join(found):
            missed[f"covered at {height}"] = found[:3]
    assert not missed


SENTENCE = "承認の理由：すべての評価指標が閾値を満たしており、残留リスクは受容可能である（詳細はmodel-card v2を参照）。"


def test_lines_end_between_characters_but_not_before_or_after_every_one() -> None:
    whole = fonts.wrap(SENTENCE, fonts.SANS, 8.7, 100)
    assert whole == [
        "承認の理由：すべての評", "価指標が閾値を満たして", "おり、残留リスクは受容", "可能である（詳細は",
        "model-card v2を参照）。",
    ]  # fmt: skip
    for room in range(30, 300):
        lines = fonts.wrap(f"Reason: {SENTENCE}", fonts.SANS, 8.7, room)
        assert lined(lines, f"Reason: {SENTENCE}")
        assert all(fonts.width(line, fonts.SANS, 8.7) <= room for line in lines)
        assert not [line for line in lines if line[0] in "、。）ー" or line[-1] == "（"]
    korean = fonts.wrap("한국어 문장은 띄어쓰기로 나뉜다", fonts.SANS, 8.7, 60)
    assert korean == ["한국어 문장은", "띄어쓰기로", "나뉜다"], "words of Hangul stay whole"
    filled = fonts.wrap("Reason: 山田太郎", fonts.SANS, 8.7, fonts.width("Reason: 山田", fonts.SANS, 8.7) + 1)
    assert filled == ["Reason: 山田", "太郎"], "what is begun is filled"
    cut = few(SENTENCE, fonts.SANS, 8.7, 100, 2)
    assert cut == ["承認の理由：すべての評", "価指標が閾値を満たし…"], "no space where there is none"
    assert fonts.clip(SENTENCE, fonts.SANS, 8.7, 40) == "承認の…"


def test_running_text_is_filled_and_bold_is_not_faked() -> None:
    told = Prose.of(SENTENCE * 2, style.ITEM, Element("P"), bullet="–", lead="理由")
    _, height = told.wrap(style.MEASURE, 999)
    lines = told.blPara.lines
    assert height == len(lines) * style.ITEM.leading
    assert len(lines) == 3, "as many as its characters fill"
    assert {word.fontName for line in lines for word in line.words} == {fonts.SERIF, fonts.CJK}
    assert told.plain == SENTENCE * 2


def test_each_character_goes_to_the_face_that_has_it_or_is_spelled_out() -> None:
    text = fonts.printable(
        "Sealed by 山田太郎 (Ольга) 김철수 \u3164 שלום สวัสดี नमस्ते 😀 﨑 \uf9e1 葛\U000e0100", fonts.SANS
    )
    spelled = "".join(part for face, part in pieces(text, fonts.SANS) if face == fonts.SANS)
    assert "山田太郎" in text
    assert "김철수" in text
    assert "‹U+3164›" in text, "a character that leaves no ink"
    assert "‹U+05E9›" in spelled, "what is written from right to left"
    assert "‹U+0E2A›" in spelled, "what is joined to others"
    assert "‹U+0928›" in spelled
    assert "‹U+1F600›" in spelled
    assert "葛‹U+E0100›" in text
    assert "﨑 \uf9e1" in text, "variants are kept, not exchanged for the common form"
    assert fonts.printable("Cafe\u0301 \uf9e1", fonts.SANS) == "Café \uf9e1"
    assert "".join(part for _, part in pieces(text, fonts.SANS)) == text
    assert pieces("山田, Ada", fonts.SERIF_BOLD) == [(fonts.CJK, "山田"), (fonts.SERIF_BOLD, ", Ada")]
    assert pieces("", fonts.SANS) == []


def test_the_seal_names_an_organisation(tmp_path: Path) -> None:
    at = datetime(2026, 6, 14, 9, 30, 5, tzinfo=UTC)
    page = draw_stamp(name="株式会社山田", reason="검사", at=at, certificate="山田 CA", fingerprint=bytes(32))
    text = poppler.text(page, tmp_path)
    assert "Sealed by 株式会社山田" in text
    assert "certificate: 山田 CA" in text
