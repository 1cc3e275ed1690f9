"""The markers of attacks, how their outcomes are told, and the table made from them."""

import json

import pytest

from tests.support import attack_table, attacks
from tests.support.attacks import Attack

pytest_plugins = ["pytester"]
SAID = 'name="flip", caught_by="the hash", unless="SHA-256 breaks"'


def test_the_table_in_the_threat_model_is_what_the_tests_say(request) -> None:
    page = attack_table.PAGE.read_text("utf-8")
    rows = attacks.agree(attack for item in request.session.items for attack in attacks.of_item(item))
    if page != attack_table.put(page, attack_table.table(rows)):  # some of the tests are not in this run, or it is old
        rows = attack_table.collected()
    assert rows
    assert page == attack_table.put(page, attack_table.table(rows)), "run python -m tests.support.attack_table"


@pytest.fixture
def run(pytester, monkeypatch):
    """Run a file of tests in a process of its own with the plugin and few others; returns the run and what it wrote."""
    monkeypatch.setenv("PYTHONPATH", str(attack_table.ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def one(text: str, *arguments: str):
        pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p xdist -p tests.support.attacks\n")
        pytester.makepyfile(test_it=f"import pytest\n{text}")
        done = pytester.runpytest_subprocess("--attacks=found.json", *arguments)
        found = pytester.path / "found.json"
        return done, json.loads(found.read_text()) if found.is_file() else []

    return one


@pytest.mark.parametrize("processes", ["0", "2"])
def test_outcomes_are_written_whichever_process_ran_the_test(run, processes) -> None:
    _, rows = run(
        f"mark = pytest.mark.attack({SAID})\n"
        "@mark\ndef test_caught(): pass\n"
        "@mark\ndef test_uncaught(): assert False\n"
        "@mark\ndef test_left_out(): pytest.skip()\n"
        "@pytest.fixture\ndef broken():\n    yield\n    assert False\n"
        "@mark\ndef test_broken_after(broken): pass\n"
        "def test_other(): pass\n",
        "-n",
        processes,
    )
    assert {row["test"].partition("::")[2]: row["outcome"] for row in rows} == {
        "test_broken_after": "failed",
        "test_caught": "passed",
        "test_left_out": "skipped",
        "test_uncaught": "failed",
    }
    words = {"path": "test_it.py", "name": "flip", "caught_by": "the hash", "unless": "SHA-256 breaks"}
    assert all(words.items() <= row.items() for row in rows)


BOTH = ["postgresql", "sqlite"]


@pytest.mark.parametrize(
    ("fixture", "name", "postgres", "said", "ran"),
    [
        ("", "other", False, ["none"], {"none"}),
        ("", "db", False, ["sqlite"], {"sqlite"}),
        ("", "db", True, BOTH, {"sqlite"}),  # and on PostgreSQL in a run of its own
        ("", "sqlite_templates", True, ["sqlite"], {"sqlite"}),
        ("params=['sqlite', 'postgresql']", "each_site", False, BOTH, set(BOTH)),
    ],
)
def test_where_an_attack_is_carried_out_is_told_by_its_fixtures_and_mark(
    run, fixture, name, postgres, said, ran
) -> None:
    _, rows = run(
        f"@pytest.fixture({fixture})\ndef {name}(request): pass\n"
        f"@pytest.mark.attack({SAID})\n{'@pytest.mark.postgres' if postgres else ''}\ndef test_it({name}): pass\n"
    )
    assert {row["database"] for row in rows} == ran
    merged = attacks.agree(
        Attack(**{word: row[word] for word in ("path", *attacks.WORDS)}, databases=tuple(row["databases"]))
        for row in rows
    )
    assert [list(attack.databases) for attack in merged] == [said]


def test_collected_attacks_were_not_carried_out(run) -> None:
    _, rows = run(f"@pytest.mark.attack({SAID})\ndef test_caught(): pass\n", "--collect-only")
    assert [row["outcome"] for row in rows] == ["collected"]


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        ('name="flip"', "expected name, caught_by, unless"),
        (f'{SAID}, more="x"', "expected name, caught_by, unless"),
        ('"flip"', "expected name, caught_by, unless"),
        (SAID.replace("flip", " "), "expected one line of text"),
        (SAID.replace("flip", "a|b"), "expected one line of text"),
        (SAID.replace('"flip"', "7"), "expected one line of text"),
    ],
)
def test_a_marker_that_leaves_something_out_stops_the_run(run, marker, problem) -> None:
    done, _ = run(f"@pytest.mark.attack({marker})\ndef test_caught(): pass\n")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert problem in done.stderr.str() + done.stdout.str()


def test_one_attack_told_in_two_ways_stops_the_run(run) -> None:
    other = SAID.replace("the hash", "luck")
    done, _ = run(
        f"@pytest.mark.attack({SAID})\ndef test_a(): pass\n@pytest.mark.attack({other})\ndef test_b(): pass\n"
    )
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "tell differently" in done.stderr.str() + done.stdout.str()


def test_the_table_is_written_only_when_every_attack_was_caught(tmp_path, monkeypatch, capsys) -> None:
    row = Attack("tests/test_it.py", "flip", "the hash", "SHA-256 breaks", ("postgresql", "sqlite"))
    page, results = tmp_path / "PAGE.md", tmp_path / "attacks.json"
    page.write_text(f"before\n{attack_table.BEGIN}\nold\n{attack_table.END}\nafter\n")
    monkeypatch.setattr(attack_table, "PAGE", page)
    monkeypatch.setattr(attack_table, "collected", lambda: [row])

    def ended(*outcomes: str, databases: tuple[str, ...] = ("sqlite", "postgresql")) -> int:
        words = {"path": row.path, "name": row.name, "caught_by": row.caught_by, "unless": row.unless}
        tests = [{"test": f"t{n}", "outcome": outcome} for n, outcome in enumerate(outcomes)]
        results.write_text(json.dumps([{**words, **test, "database": one} for one in databases for test in tests]))
        return attack_table.main([results])

    assert ended() == 1
    assert capsys.readouterr().err.count("not carried out: flip") == 2
    assert ended("passed", databases=("sqlite",)) == 1
    assert capsys.readouterr().err == "not carried out: flip (database: PostgreSQL)\n"
    assert ended("passed", "failed") == 1
    assert "flip: t1 failed (PostgreSQL)" in capsys.readouterr().err
    assert "old" in page.read_text()
    assert ended("passed", "passed") == 0
    assert "| flip | the hash | SHA-256 breaks | both | `tests/test_it.py` |" in page.read_text()
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("\nafter\n")
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no place"):
        ended("passed")


def test_attacks_agree_whatever_their_order() -> None:
    one, two = Attack("a", "x", "c", "u"), Attack("b", "w", "c", "u")
    assert attacks.agree([two, one, one]) == [one, two]
