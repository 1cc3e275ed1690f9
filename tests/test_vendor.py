"""Vendored front-end files are the ones that .ci/vendor wrote, and ask nothing of other hosts."""

import hashlib
import re
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LINES = [line.split() for line in (VENDOR / "SHA256SUMS").read_text().splitlines()]
SUMS = {name: digest for digest, name in LINES}
FOLDERS = sorted({name.split("/")[0] for name in SUMS})


def test_nothing_was_added_or_lost() -> None:
    present = {path.relative_to(VENDOR).as_posix() for folder in FOLDERS for path in (VENDOR / folder).rglob("*")}
    assert present == set(SUMS)


@pytest.mark.parametrize("name", sorted(SUMS))
def test_the_bytes_are_the_listed_ones(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == SUMS[name]


@pytest.mark.parametrize("name", sorted(name for name in SUMS if name.endswith((".css", ".js"))))
def test_no_file_loads_another_from_elsewhere(name: str) -> None:
    text = (VENDOR / name).read_text()
    assert "sourceMappingURL" not in text
    assert re.findall(r"(?:url\(|@import\s*|src=)[\"']?(?:https?:)?//[^)\"']+", text) == []


@pytest.mark.parametrize("folder", sorted(path.name for path in VENDOR.iterdir() if path.is_dir()))
def test_every_folder_keeps_its_licence(folder: str) -> None:
    texts = [
        path.read_text() for path in (VENDOR / folder).iterdir() if path.name == "LICENSE" or path.suffix == ".txt"
    ]
    assert texts
    assert all("ermission" in text for text in texts)


@pytest.mark.parametrize("font", sorted(path.stem for path in (VENDOR / "fonts").glob("*.ttf")))
def test_every_font_has_the_text_of_its_licence_and_says_where_it_is_from(font: str) -> None:
    family = font.partition("-")[0]
    assert len(list((VENDOR / "fonts").glob(f"{family}-*.txt"))) == 1
    assert f"| `{family}" in (VENDOR / "fonts" / "README.md").read_text()
