"""What a stock PDF reader makes of a file: poppler's programs, as an auditor would run them."""

import re
import subprocess
from pathlib import Path


def run(*command: str, cwd: Path | None = None) -> str:
    """The program's output; its failure, or a complaint on standard error, fails the test."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert "Error" not in done.stderr, f"{command}: {done.stderr}"
    return done.stdout


def text(pdf: bytes, folder: Path, *, page: int | None = None) -> str:
    """The words of the file, or of one page (from 1), in reading order with single spaces."""
    path = folder / "text.pdf"
    path.write_bytes(pdf)
    pages = [] if page is None else ["-f", str(page), "-l", str(page)]
    return " ".join(run("pdftotext", "-layout", *pages, str(path), "-").split())


def words(pdf: bytes, folder: Path) -> list[tuple[int, float, float, float, float, str]]:
    """Every word as (page, left, top, right, bottom, text) in points from the upper left corner."""
    path = folder / "words.pdf"
    path.write_bytes(pdf)
    found, page = [], 0
    for line in run("pdftotext", "-bbox", str(path), "-").splitlines():
        page += "<page " in line
        match = re.search(r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)</word>', line)
        if match:
            left, top, right, bottom = map(float, match.groups()[:4])
            found.append((page, left, top, right, bottom, match.group(5)))
    return found
