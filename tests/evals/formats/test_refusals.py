"""Whatever cannot be taken over is refused with its place, or left out by name: nothing is repaired unsaid."""

import json
import re
import zipfile
from io import BytesIO

import openpyxl
import pytest

from evals.formats import openai_grader
from evals.formats.reading import SourceFile, Unreadable
from evals.formats.registry import FORMATS
from tests.evals.formats.hands import WRITTEN, notes, problems, read
from tests.evals.formats.samples import PLAIN, case

LINE = '{"id":"a","messages":[{"role":"user","content":"x"}],"slices":[],"provenance":"p"}\n'
TASK = """task: t
dataset_path: json
dataset_kwargs: {data_files: rows.jsonl}
output_type: generate_until
doc_to_text: "{{q}}"
doc_to_target: "{{a}}"
"""
ROWS = '{"q":"what?","a":"that"}\n'
FOO = """prompts: ['Say {{x}}']
tests:
  - vars: {x: hello}
    assert:
      - {type: equals, value: hello}
"""


@pytest.mark.parametrize(
    ("form", "files", "told"),
    [
        ("canonical", {"a.jsonl": LINE + LINE.replace("user", "tool")}, "a.jsonl, line 2: "),
        ("canonical", {"a.jsonl": LINE + LINE}, "a.jsonl, line 2: found the id 'a', taken by a.jsonl, line 1"),
        ("canonical", {"a.jsonl": LINE + "\n" + LINE.replace('"a"', '"b"')}, "line 2: .* blank"),
        ("canonical", {"a.jsonl": ""}, "an empty file"),
        ("canonical", {"a.txt": LINE}, r"a name that ends in \.jsonl"),
        ("canonical", {"a.jsonl": LINE.replace('"slices"', '"slice"')}, "slice: Extra inputs"),
        (
            "chat",
            {"a.jsonl": '{"messages":[{"role":"tool","content":"x"}]}'},
            r"line 1, messages\[0\]: found role 'tool'",
        ),
        ("chat", {"a.jsonl": '{"messages":[{"role":"user","content":["x"]}]}'}, "content of type list"),
        ("chat", {"a.jsonl": '{"messages":[]}'}, "a list of messages"),
        ("chat", {"a.jsonl": '{"messages":1,"messages":2}'}, "twice"),
        ("csv", {"a.csv": b"\xff\xfe"}, "line 1: found bytes that are not UTF-8"),
        ("csv", {"a.csv": "input,target\na,b\nc\n"}, "line 3: found 1 cells, expected 2"),
        ("csv", {"a.csv": "input,input\na,b\n"}, "'input' twice"),
        ("csv", {"a.csv": "question\nwhat\n"}, r"expected a column input"),
        ("csv", {"a.csv": 'input,passages\nwhat,"[{"\n'}, "line 2, column passages"),
        ("csv", {"a.csv": 'input\n"what\n'}, "RFC 4180"),
        ("csv", {"a.csv": "input\nwh\x00at\n"}, "line 2: found a NUL"),
        ("csv", {"a.csv": "input,weight\nwhat,heavy\n"}, "line 2: .*weight.*plain decimal"),
        ("inspect", {"a.jsonl": '{"input":"x","sandbox":"docker"}'}, "line 1: found the members sandbox"),
        ("inspect", {"a.jsonl": '{"input":"x","choices":["a","b"],"target":["A","B"]}'}, "one letter from A to B"),
        (
            "inspect",
            {"a.jsonl": '{"input":"x","target":"t","metadata":{"countersign":{"id":"z"}}}'},
            "members \\['id'\\]",
        ),
        ("lm-eval", {"t.yaml": TASK, "other.jsonl": ROWS}, "'rows.jsonl'.*one brought along: other.jsonl"),
        ("lm-eval", {"t.yaml": TASK.replace("json\n", "super_glue\n", 1), "rows.jsonl": ROWS}, "nothing is fetched"),
        ("lm-eval", {"t.yaml": TASK.replace("rows.jsonl", "'https://x/rows.jsonl'"), "rows.jsonl": ROWS}, "https"),
        ("lm-eval", {"t.yaml": TASK + "process_docs: !function utils.f\n", "rows.jsonl": ROWS}, "line 7: .*!function"),
        ("lm-eval", {"t.yaml": TASK + "process_docs: f\n", "rows.jsonl": ROWS}, "code that changes the rows"),
        ("lm-eval", {"t.yaml": TASK + "include: other.yaml\n", "rows.jsonl": ROWS}, "another file"),
        ("lm-eval", {"t.yaml": TASK.replace("{{q}}", "{{q|upper}}"), "rows.jsonl": ROWS}, "nothing is computed"),
        ("lm-eval", {"t.yaml": TASK.replace("{{q}}", "{% if q %}"), "rows.jsonl": ROWS}, "nothing is computed"),
        (
            "lm-eval",
            {"t.yaml": TASK.replace("{{q}}", "{{nothing}}"), "rows.jsonl": ROWS},
            "rows.jsonl, line 1: .*nothing",
        ),
        ("lm-eval", {"t.yaml": TASK, "rows.jsonl": '{"q":"x","a":"[1]"}\n'}, "takes for a list"),
        ("lm-eval", {"t.yaml": "a: &x [1]\nb: *x\n"}, "line 1: found the anchor or alias 'x'"),
        ("lm-eval", {"t.yaml": "a: 1\na: 2\n"}, "line 2: found the key 'a' a second time"),
        ("lm-eval", {"t.yaml": "!!python/object/apply:os.system ['true']\n"}, "no plain YAML"),
        ("promptfoo", {"p.yaml": FOO.replace("Say {{x}}", "file://p.txt")}, "the prompt 'file://p.txt'"),
        ("promptfoo", {"p.yaml": FOO.replace("x: hello", "x: file://x.txt")}, r"line 3, tests\[0\]: .*elsewhere"),
        ("promptfoo", {"p.yaml": FOO.replace("{{x}}", "{{x | upper}}")}, "nothing is computed"),
        ("promptfoo", {"p.yaml": FOO.replace("x: hello", "x: [a, b]")}, "'x' as list"),
        ("promptfoo", {"p.yaml": "prompts: [x]\ntests: file://t.csv\n"}, "both written in the file"),
        ("parquet", {"a.parquet": b"PAR1nothing"}, "no Parquet"),
        ("xlsx", {"a.xlsx": b"PK\x03\x04"}, "no workbook"),
    ],
)
def test_each_refusal_names_the_place(tmp_path, form, files, told):
    found = read(tmp_path, form, files)
    assert not found.ok
    assert re.search(told, problems(found)), problems(found)


def test_reading_goes_on_after_a_problem_so_that_all_are_told(tmp_path):
    found = read(tmp_path, "csv", {"a.csv": "id,input,weight\na,x,1\nb,,1\nc,y,no\nd,z,2\n"})
    assert [problem.place.at for problem in found.problems] == ["line 3", "line 4"]
    assert [made.id for made in found.cases] == ["a", "d"]


def workbook(change) -> bytes:
    book = openpyxl.load_workbook(BytesIO(FORMATS["xlsx"].write(PLAIN)["cases.xlsx"]))
    change(book)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("cell", "value", "told"),
    [
        ("D2", "=1+1", "sheet Cases, cell D2: found a formula"),
        ("N2", 2.5, "sheet Cases, cell N2: found float '2.5'"),
        ("D3", True, "sheet Cases, cell D3: found bool"),
        ("R2", "stray", "cell R2: found a cell without a heading"),
        ("H2", "{", "cell H2: found '{', expected JSON"),
        ("A3", "one", "row 3: found the id 'one', taken by"),
    ],
)
def test_cells_that_are_no_text_are_refused_by_name(tmp_path, cell, value, told):
    found = read(tmp_path, "xlsx", {"a.xlsx": workbook(lambda book: book["Cases"].__setitem__(cell, value))})
    assert told in problems(found)


def test_a_spreadsheet_saved_again_by_the_library_is_the_same_cases(tmp_path):
    assert read(tmp_path, "xlsx", {"a.xlsx": workbook(lambda book: None)}).cases == PLAIN


def test_no_written_cell_is_a_formula():
    book = openpyxl.load_workbook(BytesIO(FORMATS["xlsx"].write(PLAIN)["cases.xlsx"]))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_slices_roles_and_labels_of_a_workbook_are_read(tmp_path):
    def change(book):
        book["Slices"].append(["attack", "people who try", "red_team"])
        book["Slices"].delete_rows(2, 1)
        book["Labels"].append(["eye"])
        book.create_sheet("Scratch")["A1"] = "x"

    written = FORMATS["xlsx"].write([case("a", slices=["common"])])["cases.xlsx"]
    book = openpyxl.load_workbook(BytesIO(written))
    change(book)
    target = BytesIO()
    book.save(target)
    found = read(tmp_path, "xlsx", {"a.xlsx": target.getvalue()})
    assert (found.slices["attack"], found.roles, found.labels) == ("people who try", {"attack": "red_team"}, ["eye"])
    assert "the sheet 'Scratch'" in notes(found, "left out")


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path):
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    assert "no workbook that is read here" in problems(read(tmp_path, "xlsx", {"a.xlsx": target.getvalue()}))


def test_what_is_left_out_or_supplied_is_told_and_counted(tmp_path):
    found = read(tmp_path, "csv", {"a.csv": "input,colour\nx,red\ny,blue\n"})
    assert found.ok
    assert notes(found, "left out") == ["the column 'colour'"]
    assert {(note.what, note.count) for note in found.notes if note.kind == "supplied"} == {
        ("ids", 2),
        ("provenance", 2),
    }


def test_samples_that_inspect_wrote(tmp_path):
    found = read(tmp_path, "inspect", {"samples.jsonl": (WRITTEN / "inspect" / "samples.jsonl").read_bytes()})
    assert problems(found) == ""
    one, chosen, colours, chat = found.cases
    assert (one.id, one.target, one.metadata) == ("1", "3", {"source": "written here", "level": "2"})
    assert (chosen.target, chosen.choices) == ("cod, fresh", ["cat", "cod, fresh"])
    assert colours.answers == ("red", "blue", "yellow")
    assert [message.role for message in chat.messages] == ["system", "user"]
    assert "metadata 'level' as text" in notes(found, "supplied")


@pytest.mark.parametrize("task", ["triage", "sums"])
def test_tasks_are_read_as_the_harness_reads_them(tmp_path, task):
    folder = WRITTEN / "lm_eval"
    found = read(
        tmp_path, "lm-eval", {name: (folder / name).read_bytes() for name in (f"{task}.yaml", f"{task}.jsonl")}
    )
    assert problems(found) == ""
    told = json.loads((folder / "as_read.json").read_text())["read"][task]
    for made, seen in zip(found.cases, told, strict=True):
        right = seen["choices"][seen["target"]] if seen["choices"] else seen["target"]
        assert (made.messages[0].content, made.target, made.choices) == (seen["text"], right, seen["choices"] or [])
    assert "metric_list of the task" in notes(found, "left out")


def test_the_documented_sample_of_promptfoo(tmp_path):
    sample = (WRITTEN / "promptfoo" / "promptfooconfig.yaml").read_bytes()
    found = read(tmp_path, "promptfoo", {"promptfooconfig.yaml": sample})
    assert problems(found) == ""
    assert [(c.messages[0].content, c.target, c.group) for c in found.cases] == [
        ("Convert this English to French: Hello world", "Bonjour le monde", "test-1"),
        ("Translate to French: Hello world", "Bonjour le monde", "test-1"),
        ("Convert this English to Spanish: Where is the library?", "Dónde está la biblioteca", "test-2"),
        ("Translate to Spanish: Where is the library?", "Dónde está la biblioteca", "test-2"),
    ]
    assert [criterion["grader"] for criterion in found.criteria] == ["containment", "containment"]
    assert "the providers" in notes(found, "left out")


def test_assertions_that_do_not_map_are_left_out_by_name(tmp_path):
    more = FOO + "      - {type: javascript, value: 'process.exit()'}\n      - {type: llm-rubric, value: polite}\n"
    found = read(tmp_path, "promptfoo", {"p.yaml": more})
    assert found.ok
    assert set(notes(found, "left out")) == {"assertions of type 'javascript'", "assertions of type 'llm-rubric'"}


GRADER = {
    "type": "string_check", "name": "same", "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}",
    "operation": "eq",
}  # fmt: skip


def graders(tmp_path, value):
    path = tmp_path / "grader.json"
    path.write_text(json.dumps(value))
    return openai_grader.read([SourceFile("grader.json", path)])


def test_graders_become_criteria_and_the_rest_is_listed(tmp_path):
    judged = {
        "type": "score_model", "name": "tone", "model": "gpt-x", "range": [1, 5], "pass_threshold": 4,
        "input": [{"role": "user", "content": "Rate {{ sample.output_text }} for {{item.question}}"}],
    }  # fmt: skip
    labelled = judged | {"type": "label_model", "name": "kind", "labels": ["good", "bad"], "passing_labels": ["good"]}
    similar = GRADER | {
        "type": "text_similarity",
        "evaluation_metric": "rouge_l",
        "pass_threshold": 0.7,
        "name": "like",
    }
    multi = {
        "type": "multi",
        "graders": {
            "a": GRADER,
            "b": GRADER | {"name": "holds", "operation": "ilike"},
            "c": similar,
            "d": similar | {"name": "near", "evaluation_metric": "cosine"},
            "e": {"type": "python", "name": "code", "source": "def grade(): ..."},
            "f": judged,
            "g": labelled,
        },
        "calculate_output": "a + b",
    }
    found = graders(tmp_path, multi)
    assert [(c["name"], c["grader"]) for c in found.criteria] == [
        ("same", "exact"), ("holds", "containment"), ("like", "rouge"), ("tone", "judge"), ("kind", "judge"),
    ]  # fmt: skip
    assert sum(map(float, (c["weight"] for c in found.criteria))) == pytest.approx(1)
    assert found.criteria[2]["parameters"] == {"variant": "rougeL", "met_from": "0.7"}
    assert found.judges["tone"]["prompt"] == "Rate {answer} for {question}"
    assert found.judges["kind"]["prompt"].endswith("Score 1 for: good. Score 0 for: bad.")
    left = [note.what for note in found.notes if note.kind == "left out"]
    assert left == ["the grader 'near' (cosine)", "the grader 'code' (python)", "the formula 'a + b'"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "magic"}, "a grader of type 'magic'"),
        ({"type": "text_similarity", "evaluation_metric": "bleu", "pass_threshold": 7}, "a number from 0 to 1"),
    ],
)
def test_what_is_no_grader_is_refused(tmp_path, change, told):
    with pytest.raises(Unreadable, match=told):
        graders(tmp_path, GRADER | change)


def test_criteria_from_graders_are_criteria(tmp_path):
    from evals.engine.spec import Criterion

    made = graders(tmp_path, GRADER | {"operation": "like"}).criteria
    assert [Criterion.model_validate(one).grader for one in made] == ["containment"]
