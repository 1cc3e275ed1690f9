"""How the run is shared out: nothing heavy is loaded to collect it, and what loads torch stays together."""

from tests.support import plugin


def test_nothing_of_the_training_stack_is_loaded_to_collect_the_tests() -> None:
    assert not plugin.loaded_to_collect, "import it in the tests and functions that need it, not at the head of a file"


def test_files_that_are_named_exist() -> None:
    assert [name for name in (*plugin.LONGEST, *plugin.WITH_TORCH) if not (plugin.TESTS / name).is_file()] == []


def test_all_files_that_load_torch_go_to_one_process_and_each_other_to_any() -> None:
    made = object.__new__(plugin.Scheduling)  # it shares out no run here
    places = {made._split_scope(f"tests/{name}::test_it[a/b.py::c]") for name in plugin.WITH_TORCH}
    assert len(places) == 1
    assert made._split_scope("tests/test_links.py::test_it") == "tests/test_links.py"
