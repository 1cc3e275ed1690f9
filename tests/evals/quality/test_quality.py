import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.cases import CasesInvalid
from evals.engine.spec import Case, QualityFinding
from evals.quality.leakage import find_leaks
from evals.quality.likeness import NEAR, NearIndex, containments, grams, normal, similarity
from evals.quality.personal_data import personal_data
from evals.quality.report import report
from evals.quality.rows import Row, read_rows
from tests.evals.engine.builders import case, evaluation_set, rubric
from tests.evals.quality.made import clean_cases, clean_rows, row, rows_alike, text


def findings(rows: list[Row], cases: list[Case] | None = None) -> dict[str, QualityFinding]:
    chosen = clean_cases() if cases is None else cases
    body = report(rows, chosen, title="q", evaluation_set=evaluation_set(max(1, len(chosen))), rubric=rubric()).body
    assert (body.rows, body.cases) == (len(rows), len(chosen))
    return {finding.check: finding for finding in body.findings}


def test_clean_data_has_nothing_but_the_recommended_size_against_it() -> None:
    told = findings(clean_rows(), clean_cases(150))
    assert {name for name, found in told.items() if found.status != "ok"} == {"sizes.per_class"}


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("exact", lambda words: words),
        ("exact", lambda words: f"  {words.upper()}!! "),
        ("exact", lambda words: words.replace("a", "\uff41")),
        ("near", lambda words: words[:-1]),
        ("near", lambda words: words.replace("ran", "ren", 1) + "."),
        ("contained", lambda words: f"The following was recorded on the ward this morning by the night shift: {words}"),
        ("part", lambda words: " ".join(words.split()[:4])),
        ("part", lambda words: " ".join(words.split()[2:5])),
    ],
)
def test_a_planted_copy_of_a_case_is_found(check: str, change: Any) -> None:
    cases = clean_cases()
    question = "karan model tipos resu karan lodel sumovik ranpos"
    cases[3] = case("c003", messages=[{"role": "user", "content": question}])
    found = findings([*clean_rows(), row("planted", change(question))], cases)
    others = {"exact", "near", "contained", "part"} - {check}
    assert found[f"leakage.{check}"].status == "fail"
    assert found[f"leakage.{check}"].examples == ([] if check == "part" else ["row planted"])
    assert all(found[f"leakage.{other}"].status == "ok" for other in others)


def test_a_row_that_is_part_of_cases_is_told_without_row_case_or_number() -> None:
    rows = [*clean_rows(), row("piece", "karan model tipos"), row("other", "model tipos resu")]
    told = []
    for copies in (1, 3):
        question = "karan model tipos resu karan lodel sumovik ranpos"
        planted = [case(f"p{n}", messages=[{"role": "user", "content": f"{question} {n}"}]) for n in range(copies)]
        told.append(findings(rows, [*clean_cases(), *planted])["leakage.part"])
    assert told[0] == told[1]
    assert (told[0].status, told[0].examples, told[0].places) == ("fail", [], None)


def test_no_finding_shows_the_text_of_a_row_or_case() -> None:
    secret = "karan model tipos resu karan lodel"
    cases = [*clean_cases(), case("c999", messages=[{"role": "user", "content": secret}])]
    rows = [*clean_rows(), row("x", secret), row("y", secret, '{"chapter":"ear"}'), row("z", f"{secret} a@b.example")]
    shown = json.dumps([found.model_dump() for found in findings(rows, cases).values()])
    assert "resu" not in shown
    assert "a@b" not in shown


def test_duplicates_and_contradictions() -> None:
    rows = clean_rows()
    again = [row("again", rows[0].messages[0].content.upper(), rows[0].target)]
    found = findings(rows + again)
    assert (found["duplicates.exact"].status, found["duplicates.exact"].examples) == ("warn", ["again"])
    assert found["labels.contradictory"].status == "ok"
    contrary = [row(f"n{index}", rows[index].messages[0].content, '{"chapter":"escalate"}') for index in range(10)]
    few = findings(rows + contrary[:1])["labels.contradictory"]
    assert (few.status, few.examples) == ("warn", ["r00000", "n0"])
    assert findings(rows + contrary)["labels.contradictory"].status == "fail"
    near = [row(f"s{index}", rows[index].messages[0].content + "s", rows[index].target) for index in range(30)]
    found_near = findings(rows + near)["duplicates.near"]
    assert (found_near.status, found_near.examples[0]) == ("warn", "s0 is like r00000")


@pytest.mark.parametrize("target", ["eye", '{"chapter":"eye","x":1}', '{"chapter":"eye","chapter":"eye"}', "{}"])
def test_a_target_the_rubric_would_not_accept_fails(target: str) -> None:
    found = findings([*clean_rows(), row("odd", "some words of another kind", target)])["format.target"]
    assert (found.status, found.examples) == ("fail", ["odd"])


def test_labels_sizes_and_balance() -> None:
    found = findings([*clean_rows(), row("odd", "words of some other kind", '{"chapter":"nose"}')])
    assert (found["format.labels"].status, found["format.labels"].examples) == ("fail", ["odd"])
    small = [one for one in clean_rows() if "escalate" not in one.target or one.id < "r00010"]
    sizes = findings(small)["sizes.per_class"]
    assert (sizes.status, sizes.examples) == ("fail", ["escalate: 3"])
    assert findings(small)["balance.classes"].status == "warn"
    assert findings(clean_rows(500))["sizes.per_class"].status == "ok"


def test_a_check_of_nothing_does_not_pass() -> None:
    for rows, cases in (([], clean_cases()), (clean_rows(), [])):
        with pytest.raises(ValueError, match="at least one of each"):
            findings(rows, cases)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("write to jane.doe@clinic.example please", "e-mail address"),
        ("call (555) 123-4567 after noon", "telephone number"),
        ("SSN 123-45-6789", "US social security number"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN"),
        ("card 4111 1111 1111 1111", "payment card number"),
        ("from 192.168.10.20", "IP address"),
        ("DOB: 3 May 1970", "date of birth"),
        ("MRN 0012345", "record number"),
    ],
)
def test_personal_data_is_named_by_kind(content: str, kind: str) -> None:
    assert personal_data(content) == [kind]
    found = findings([*clean_rows(), row("p", content)])["personal_data"]
    assert (found.status, found.examples) == ("warn", [f"p: {kind}"])


@pytest.mark.parametrize(
    "content",
    [
        "Newborn small for gestational age, 2000-2499 grams",
        "Pressure ulcer stage 1.2.3",
        "O157:H7 Escherichia coli [E.coli]",
        "Deletion 22q11.2, codes 4111 1111 1111 1112",
        "Grade 1: 10-15 % of 300",
    ],
)
def test_clinical_text_is_not_taken_for_personal_data(content: str) -> None:
    assert personal_data(content) == []


@given(st.lists(st.text(alphabet="abcd ", min_size=12, max_size=40), min_size=2, max_size=12, unique=True))
def test_near_matches_are_never_false_and_find_oneself(texts: list[str]) -> None:
    named = {str(index): normal(content) for index, content in enumerate(texts)}
    found = dict(NearIndex().add(named).matches(named))
    assert found.keys() == named.keys()
    for name, matches in found.items():
        assert name in matches
        assert all(similarity(grams(named[name]), grams(named[other])) >= NEAR for other in matches)


def test_near_matches_miss_next_to_nothing() -> None:
    base = {f"t{number}": normal(text(number)) for number in range(400)}
    edited = {}
    for name, content in base.items():
        place = random.Random(name).randrange(len(content) - 2)
        edited[name] = content[:place] + "x" + content[place + 1 :]
    close = {name for name in base if similarity(grams(base[name]), grams(edited[name])) >= NEAR}
    found = {name for name, matches in NearIndex().add(base).matches(edited) if name in matches}
    assert len(close) > 350
    assert len(found & close) >= 0.99 * len(close)


@given(
    st.lists(st.sampled_from(["a b c", "a b c d", "x a b c y", "b c", "xa b c", "c b a", ""]), min_size=1, max_size=6)
)
def test_containment_equals_the_plain_search(texts: list[str]) -> None:
    named = {str(index): content for index, content in enumerate(texts)}
    plain = {
        (one, other)
        for (one, first), (other, second) in itertools.product(named.items(), repeat=2)
        for inner, outer in ((first, second), (second, first))
        if len(inner.split()) >= 3 and f" {inner} " in f" {outer} "
    }
    assert set(containments(named, named)) == plain


def test_leaks_are_listed_once_under_the_strongest_name() -> None:
    leaks = find_leaks({"r": "one two three four"}, {"c": "one two three four"})
    assert (leaks.exact, leaks.near, leaks.contained, leaks.parts) == ([("r", "c")], [], [], [])
    part = find_leaks({"r": "one two three"}, {"c": "nought one two three four five six seven"})
    assert (part.contained, part.parts) == ([("r", "c")], [("r", "c")])
    whole = find_leaks({"r": "nought one two three four five six seven"}, {"c": "one two three"})
    assert (whole.contained, whole.parts) == ([("r", "c")], [])
    assert leaks
    assert not find_leaks({"r": "one two three four"}, {"c": "five six seven eight"})


def test_rows_that_are_clean_and_rows_that_are_all_alike_are_told_apart() -> None:
    """How long thousands of either take is measured by `benchmarks.quality_rows`."""
    assert findings(clean_rows(400), clean_cases(30))["leakage.exact"].status == "ok"
    assert findings(rows_alike(400))["duplicates.near"].status == "warn"


def test_rows_are_read_as_strictly_as_cases(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(row("a", "x").model_dump_json() + "\n" + row("a", "y").model_dump_json() + "\n")
    with pytest.raises(CasesInvalid, match="taken by"):
        read_rows([("train.jsonl", path)])
    with pytest.raises(CasesInvalid, match="no file"):
        read_rows([])
