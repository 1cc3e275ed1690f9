"""The formats there are: what each is called, how its files end, what it loses, who reads and writes it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath

from evals.engine.spec import Case
from evals.formats.reading import Options, Place, Problem, Reader, Reading, SourceFile, Unreadable
from evals.formats.writing import NotWritable

Writer = Callable[[Sequence[Case]], dict[str, bytes]]
EVERYTHING = frozenset(Case.model_fields)


@dataclass(frozen=True)
class Format:
    """A format of cases. `keeps` are the members of a case that another reader of the format sees.

    `beside` says that the others are written all the same, where only we look for them: nothing is lost on the way
    back. `about` says for whom it is and what is refused; `module` is the one beside this that reads and writes it.
    """

    name: str
    label: str
    endings: tuple[str, ...]
    module: str
    about: str
    keeps: Collection[str] = EVERYTHING
    beside: bool = False

    @property
    def read(self) -> Reader:
        """The reader, loaded when it is wanted: some bring large libraries."""
        found: Reader = import_module(f"evals.formats.{self.module}").read
        return found

    @property
    def write(self) -> Writer:
        """The writer: files by name, or NotWritable."""
        found: Writer = import_module(f"evals.formats.{self.module}").write
        return found

    def lost(self, cases: Sequence[Case]) -> dict[str, int]:
        """Return the members of these cases that the format's own readers do not see, with how many cases have them."""
        counts = dict.fromkeys((name for name in Case.model_fields if name not in self.keeps), 0)
        for case in cases:
            said = case.model_dump(exclude_defaults=True, include=set(counts))
            for name, value in said.items():
                counts[name] += bool(value)
        return {name: count for name, count in counts.items() if count}


_ALL = (
    Format(
        "canonical", "Countersign JSON Lines", (".jsonl",), "canonical",
        "One case a line, nothing lost. This is what is signed.",
    ),
    Format(
        "xlsx", "Spreadsheet (XLSX)", (".xlsx",), "workbook",
        "For people who live in spreadsheets: cases, slices and labels on sheets of their own. Formulas are refused.",
    ),
    Format(
        "csv", "Table (CSV)", (".csv",), "csv_table",
        "One row a case, with our columns or columns you name for ours. Safe to open in a spreadsheet.",
    ),
    Format(
        "chat", "Chat JSON Lines", (".jsonl",), "chat",
        "Messages alone, as fine-tuning interfaces take them; the assistant's last message is the right answer.",
        keeps=frozenset({"messages", "target"}),
    ),
    Format(
        "inspect", "Inspect dataset", (".jsonl", ".json", ".csv"), "inspect_dataset",
        "Records of input, target, choices, id and metadata. Records with files, sandboxes or scripts are refused.",
        keeps=frozenset({"id", "messages", "target", "references", "choices", "metadata"}), beside=True,
    ),
    Format(
        "lm-eval", "lm-evaluation-harness task", (".yaml", ".yml", ".jsonl"), "lm_eval",
        "A task's YAML and the JSON Lines it names, chosen together. Code, filters and remote data are refused.",
        keeps=frozenset({"id", "messages", "target", "choices"}), beside=True,
    ),
    Format(
        "promptfoo", "promptfoo configuration", (".yaml", ".yml"), "promptfoo",
        "Prompts, and tests with vars and assertions, all in one file. Nothing is fetched or run.",
        keeps=frozenset({"id", "messages", "target"}), beside=True,
    ),
    Format(
        "parquet", "Hugging Face datasets (Parquet)", (".parquet",), "parquet",
        "Tables as the datasets library writes them, with our columns or columns you name for ours.",
    ),
)  # fmt: skip
FORMATS: Mapping[str, Format] = {found.name: found for found in _ALL}


def understand(name: str, files: Sequence[SourceFile], options: Options) -> Reading:
    """Return what the reader of a format understands of files. What cannot be read at all is one of its problems.

    Raises:
        KeyError: there is no such format.
    """
    chosen = FORMATS[name]
    reading = Reading(name, options)
    try:
        for file in files:
            if PurePosixPath(file.name).suffix.lower() not in chosen.endings:
                endings = " or ".join(chosen.endings)
                raise Unreadable(Place(file.name), "a file of another kind", f"a name that ends in {endings}")
        chosen.read(reading, files)
        if not reading.cases and not reading.problems:
            reading.problem(Place(", ".join(file.name for file in files)), "no case", "at least one")
    except Unreadable as error:
        reading.problems.insert(0, error.problem)
    reading.declare()
    return reading


__all__ = ["FORMATS", "Format", "NotWritable", "Problem", "understand"]
