"""Writing files and having them read."""

from collections.abc import Mapping
from pathlib import Path

from evals.formats.reading import Options, Reading, SourceFile
from evals.formats.registry import understand

WRITTEN = Path(__file__).parent / "written_by"


def read(folder: Path, form: str, files: Mapping[str, bytes | str], **options: object) -> Reading:
    """Write the files and return what the reader of the format understood."""
    sources = []
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        sources.append(SourceFile(name, path))
    return understand(form, sources, Options(**options))  # type: ignore[arg-type]


def problems(reading: Reading) -> str:
    return "\n".join(map(str, reading.problems))


def notes(reading: Reading, kind: str) -> list[str]:
    return [note.what for note in reading.notes if note.kind == kind]
