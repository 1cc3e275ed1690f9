"""Tables in Parquet, as Hugging Face `datasets` writes and reads them (`Dataset.to_parquet`, `load_dataset`).

Columns are those of `evals.formats.rows`, typed: `messages` is a list of {role, content}, lists are lists. A column of
class labels (`ClassLabel` in the schema's metadata) is read by the labels' names.
"""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from evals.engine.cases import strict_json
from evals.engine.spec import Case
from evals.formats.csv_table import columns
from evals.formats.reading import MOST_CASES, Place, Reading, SourceFile, Unreadable, shown
from evals.formats.rows import read_row

MOST_UNPACKED = 512 * 1024 * 1024
"""bytes that a file's columns may unpack to, by its own footer"""
TEXTS = ("id", "target", "expects", "group", "cluster", "risk", "weight", "provenance", "note", "metadata")
LISTS = ("references", "choices", "slices")


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read tables, group of rows by group of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in files:
        place = Place(file.name)
        try:
            table = pq.ParquetFile(io.BytesIO(file.read()))
            size = sum(table.metadata.row_group(n).total_byte_size for n in range(table.metadata.num_row_groups))
            if table.metadata.num_rows > MOST_CASES or size > MOST_UNPACKED:
                found = f"{table.metadata.num_rows:,} rows of {size:,} bytes"
                raise Unreadable(place, found, f"at most {MOST_CASES:,} rows and {MOST_UNPACKED:,} bytes")
            names = columns(reading, place, table.schema_arrow.names)
            if names is None:
                continue
            labels = _class_labels(table.schema_arrow.metadata or {})
            _rows(reading, file.name, table, names, labels)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise Unreadable(place, f"no Parquet that can be read ({str(error)[:200]})", "a whole file") from None


def _rows(reading: Reading, name: str, table: Any, names: Sequence[str], labels: Mapping[str, list[str]]) -> None:
    number = 0
    theirs = table.schema_arrow.names
    for theirs_name, ours in zip(theirs, names, strict=True):
        if theirs_name in labels and ours:
            reading.labels += [label for label in labels[theirs_name] if label not in reading.labels]
            reading.supplied(Place(name), f"the names of {theirs_name!r}", "the file keeps numbers and their names")
    for batch in table.iter_batches(batch_size=1000):
        for record in batch.to_pylist():
            number += 1
            place = Place(name, f"row {number}")
            cells: dict[str, Any] = {}
            fine = True
            for theirs_name, ours in zip(theirs, names, strict=True):
                value = record[theirs_name]
                if not ours or value is None or value in ("", [], {}):
                    continue
                if theirs_name in labels and isinstance(value, int) and 0 <= value < len(labels[theirs_name]):
                    value = labels[theirs_name][value]
                if isinstance(value, int) and not isinstance(value, bool):
                    value = str(value)
                if not isinstance(value, str | list | dict):
                    at = Place(name, f"row {number}, column {theirs_name}")
                    reading.problem(at, f"{type(value).__name__} {shown(value)}", "text, a whole number or a list")
                    fine = False
                cells[ours] = value
            if fine:
                read_row(reading, place, _at(name, number), cells, number)


def _at(name: str, number: int) -> Any:
    return lambda column: Place(name, f"row {number}, column {column}")


def _class_labels(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Return the label names of each column of class labels, as `datasets` keeps them in the schema's metadata."""
    try:
        features = strict_json(metadata.get(b"huggingface", b"{}").decode())["info"]["features"]
        named = {name: feature["names"] for name, feature in features.items() if feature.get("_type") == "ClassLabel"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: names for name, names in named.items() if all(isinstance(each, str) for each in names)}


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as one table that `datasets.load_dataset("parquet", …)` reads."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, texts = pa.string(), pa.list_(pa.string())
    types = dict.fromkeys(TEXTS, text) | dict.fromkeys(LISTS, texts)
    types["messages"] = pa.list_(pa.struct([("role", text), ("content", text)]))
    types["passages"] = pa.list_(pa.struct([("id", text), ("text", text)]))
    rows = [case.model_dump(mode="json") for case in cases]
    for row in rows:
        row["metadata"] = json.dumps(row["metadata"], ensure_ascii=False) if row["metadata"] else None
    order = [name for name in Case.model_fields if name in types]
    schema = pa.schema([(name, types[name]) for name in order])
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), target)
    return {"cases.parquet": target.getvalue()}
