"""Bodies as people read them."""

from typing import Any

from django.template.loader import render_to_string
from hypothesis import given

from governance.proof.words.difference_words import label
from governance.readable import Node, ordered, readable
from governance.web.curve import chart
from tests.evals.engine.builders import rubric_dict
from tests.governance.proof.words.test_differences import JSON


def shapes(node: Node) -> set[str]:
    inner = [row.node for row in node.rows] + [cell for cells in node.cells for cell in cells]
    return {node.shape}.union(*(shapes(one) for one in inner))


def test_members_come_in_the_schemas_order_all_the_way_down() -> None:
    from evals.engine.spec import RubricBody

    body = rubric_dict()
    scrambled = {key: body[key] for key in sorted(body)}
    scrambled["decoding"] = dict(sorted(body["decoding"].items()))
    found = ordered(scrambled, RubricBody)
    assert list(found)[:2] == ["title", "criteria"]
    assert list(found["decoding"]) == ["max_new_tokens", "do_sample", "batch_size", "precision"]
    assert found == body


def test_what_the_schema_says_of_a_member_is_told_however_deep() -> None:
    from evals.engine.spec import RubricBody

    judge = {"backend": "http", "price_in": "0.50", "price_out": "1.50", "parameters": {"seed": 0}}
    found = readable({"judges": {"helpful": judge}}, RubricBody)
    (told,) = found.rows[0].node.rows
    assert told.label == "helpful", "what somebody gave a name is called by it"
    helps = {row.label: row.help for row in told.node.rows}
    assert helps["Price in"] == "US dollars for a million tokens read"
    assert helps["Price out"] == "US dollars for a million tokens written"
    assert (helps["Backend"], helps["Parameters"]) == ("", ""), "what is said of a class is for programmers"
    assert "for a million tokens read" in render_to_string("governance/kinds/_node.html", {"node": found})


def test_words() -> None:
    assert label("max_new_tokens") == "Max new tokens"
    assert label("sha256") == "SHA-256"


def test_a_list_of_alike_objects_is_a_table() -> None:
    node = readable({"findings": [{"check": "a", "status": "ok"}, {"check": "b", "status": "fail"}]})
    assert node.rows[0].node.columns == ["Check", "Status"]


def test_a_digest_is_a_digest_and_text_is_never_markup() -> None:
    body = {"file": "sha256:" + "a" * 64, "note": "<script>alert(1)</script>", "<b>": "x"}
    html = render_to_string("governance/kinds/_node.html", {"node": readable(body)})
    assert "data-copy" in html
    assert "<script>" not in html
    assert "<b>" not in html


@given(JSON)
def test_any_body_can_be_drawn(value: Any) -> None:
    node = readable({"value": value, "list": [value, value], "map": {"a": value, "b": value}})
    html = render_to_string("governance/kinds/_node.html", {"node": node})
    assert html.count("<dl") == html.count("</dl>")


def test_steps_are_marked_at_whole_numbers() -> None:
    drawn = chart([{"step": step, "loss": 1 / step} for step in range(1, 149)])
    assert drawn is not None
    assert [tick.text for tick in drawn.xs] == ["1", "38", "74", "111", "148"]


def test_a_curve_needs_two_points_and_survives_nonsense() -> None:
    assert chart([]) is None
    assert chart([{"step": 1, "loss": 2.0}]) is None
    assert chart([{"step": "x", "loss": "NaN"}, {"step": 2, "loss": None}, {"loss": 1}]) is None
    drawn = chart([{"step": 1, "loss": 2.0}, {"step": 2, "loss": 2.0}])
    assert drawn is not None
    assert "nan" not in drawn.points


def test_a_falling_loss_falls_on_the_page() -> None:
    drawn = chart([{"step": step, "loss": 10 - step} for step in range(5)])
    assert drawn is not None
    heights = [float(pair.split(",")[1]) for pair in drawn.points.split()]
    assert heights == sorted(heights)
