"""The quality checks: each looks at one thing and returns one finding with ids, never with text.

Limits that are numbers come from what is known to matter: 5 % of wrong labels hurts, a class needs 50 examples and
wants 500, one leaked case is one too many.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from jsonschema import Draft202012Validator

from evals.engine.cases import strict_json
from evals.engine.spec import Case, RubricBody
from evals.quality.found import Found, Place, Status, Tick, at, at_rows, quiet
from evals.quality.leakage import Leaks
from evals.quality.likeness import NearIndex
from evals.quality.personal_data import personal_data
from evals.quality.rows import Row

MINIMUM_PER_CLASS = 50
RECOMMENDED_PER_CLASS = 500
BALANCE = 10
CONTRADICTORY_SHARE = 0.05
NEAR_DUPLICATE_SHARE = 0.10

Texts = Mapping[str, str]


def target_format(rows: Sequence[Row], rubric: RubricBody) -> Found:
    """Every target is an answer the rubric would call valid: JSON of the output schema, if it asks for JSON."""
    if rubric.output.json_schema is None:
        return Found("format.target", "ok", f"answers are {rubric.output.format}", "any text")
    schema = Draft202012Validator(rubric.output.json_schema)
    wrong = [row.id for row in rows if not _valid(row.target, schema)]
    found = f"{len(wrong)} of {len(rows)} targets"
    return Found("format.target", "fail" if wrong else "ok", found, "0 off schema", at_rows(wrong))


def labels_declared(labels: Mapping[str, str], declared: Sequence[str]) -> Found:
    """Every label in the data (row id → label) is one that the evaluation set declares."""
    wrong = [name for name, label in labels.items() if label not in declared]
    found = f"{len(wrong)} rows with an undeclared label"
    expected = f"0; {len(declared)} labels are declared"
    return Found("format.labels", "fail" if wrong else "ok", found, expected, at_rows(wrong))


def exact_duplicates(texts: Texts) -> Found:
    """No row asks what another row asks already."""
    repeated = [name for names in _by_text(texts).values() for name in names[1:]]
    found = f"{len(repeated)} rows repeat another ({_percent(len(repeated), len(texts))})"
    return Found("duplicates.exact", "warn" if repeated else "ok", found, "0", at_rows(repeated))


def near_duplicates(texts: Texts, tick: Tick = quiet) -> Found:
    """Few rows nearly repeat an earlier one; many make the data look larger than it is."""
    distinct = {names[0]: text for text, names in _by_text(texts).items()}
    near = [Place(f"{name} is like {other}", row=name) for name, other in NearIndex().repeats(distinct, tick)]
    found = f"{len(near)} rows nearly repeat another ({_percent(len(near), len(texts))})"
    status: Status = "warn" if len(near) > NEAR_DUPLICATE_SHARE * len(texts) else "ok"
    return Found("duplicates.near", status, found, f"at most {NEAR_DUPLICATE_SHARE:.0%} of the rows", near)


def contradictory_labels(texts: Texts, targets: Mapping[str, str]) -> Found:
    """Rows that ask the same want the same answer."""
    groups = [names for names in _by_text(texts).values() if len({targets[name] for name in names}) > 1]
    wrong = [name for names in groups for name in names]
    share = len(wrong) / len(texts) if texts else 0
    status: Status = "fail" if share > CONTRADICTORY_SHARE else "warn" if wrong else "ok"
    found = f"{len(wrong)} rows contradict another ({_percent(len(wrong), len(texts))})"
    expected = f"0; above {CONTRADICTORY_SHARE:.0%} they are refused"
    return Found("labels.contradictory", status, found, expected, at_rows(wrong))


def class_sizes(labels: Iterable[str], declared: Sequence[str]) -> Found:
    """Every declared class has enough examples to learn it from. Examples are the labels, not ids."""
    counts = Counter(labels)
    small = [label for label in declared if counts[label] < MINIMUM_PER_CLASS]
    few = [label for label in declared if counts[label] < RECOMMENDED_PER_CLASS]
    status: Status = "fail" if small else "warn" if few else "ok"
    least = min(declared, key=lambda label: counts[label])
    found = f"{counts[least]} in the smallest class, {len(small)} classes below the minimum"
    expected = f"at least {MINIMUM_PER_CLASS} per class, {RECOMMENDED_PER_CLASS} recommended"
    sizes = at(f"{label}: {counts[label]}" for label in small or few)
    return Found("sizes.per_class", status, found, expected, sizes)


def class_balance(labels: Iterable[str]) -> Found:
    """The largest class is not many times the smallest. Examples are the two labels."""
    counts = Counter(labels)
    if not counts:
        return Found("balance.classes", "fail", "no labelled row", "labelled rows")
    (most, largest), (least, smallest) = counts.most_common()[0], counts.most_common()[-1]
    found = f"{largest / smallest:.1f} : 1 between the largest and the smallest class"
    status: Status = "warn" if largest > BALANCE * smallest else "ok"
    ends = at([f"{most}: {largest}", f"{least}: {smallest}"])
    return Found("balance.classes", status, found, f"at most {BALANCE} : 1", ends)


def leakage(leaks: Leaks, cases: int) -> list[Found]:
    """No evaluation case is in the data: a finding for each way it may be, and one for rows that are parts of cases.

    Of those it is told only that there are some: which row, or how many cases, would be an answer to a guess.
    """
    parts = set(leaks.parts)
    whole = [pair for pair in leaks.contained if pair not in parts]
    findings = []
    for check, pairs in (("exact", leaks.exact), ("near", leaks.near), ("contained", whole)):
        leaked = len({case for _, case in pairs})
        found = f"{leaked} of {cases} cases are in the data"
        findings.append(Found(f"leakage.{check}", "fail" if pairs else "ok", found, "0", _pairs(pairs)))
    found = "rows are part of a case; whoever may see the cases is told which" if parts else "no row is part of a case"
    status: Status = "fail" if parts else "ok"
    return [*findings, Found("leakage.part", status, found, "none", _pairs(leaks.parts), withheld=True)]


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Place]:
    return [Place(f"row {row} / case {case}", row=row, case=case) for row, case in pairs]


def personal(texts: Mapping[str, str], check: str = "personal_data") -> Found:
    """No text (id → everything in it) looks as if it held personal data. Examples name the kind, not the find."""
    found = {name: kinds for name, text in texts.items() if (kinds := personal_data(text))}
    places = [Place(f"{name}: {', '.join(kinds)}", row=name) for name, kinds in found.items()]
    expected = "0; look at each, redact it or have the data contract allow it"
    return Found(check, "warn" if found else "ok", f"{len(found)} texts look like it", expected, places)


def case_slices(cases: Sequence[Case], smallest: int = 20) -> Found:
    """Every slice has enough cases to say something. Examples are the slices, not ids."""
    counts = Counter(name for case in cases for name in case.slices)
    small = at(f"{name}: {count}" for name, count in sorted(counts.items()) if count < smallest)
    found = f"{len(small)} of {len(counts)} slices are smaller"
    return Found("cases.slices", "warn" if small else "ok", found, f"at least {smallest} cases in each", small)


def _valid(target: str, schema: Draft202012Validator) -> bool:
    try:
        return bool(schema.is_valid(strict_json(target)))
    except ValueError:
        return False


def _by_text(texts: Texts) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, text in texts.items():
        groups[text].append(name)
    return groups


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0.0%"
