"""The checker of links between pages finds what is broken, and this repository's pages are whole."""

import importlib.util
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parent.parent / ".ci" / "links"


@pytest.fixture
def links(tmp_path, monkeypatch):
    loader = SourceFileLoader("links", str(PROGRAM))
    spec = importlib.util.spec_from_loader("links", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_every_link_of_this_repository_leads_somewhere() -> None:
    run = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert int(run.stdout.splitlines()[-1].split()[0]) > 30, "pages were read"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[here](other.md)", []),
        ("[part](other.md#the-second-part)", []),
        ("[own](#top-of-page)", []),
        ("[web](https://example.org/x) [mail](mailto:a@example.org)", []),
        ("`[code](gone.md)`\n\n```\n[code](gone.md)\n```\n", []),
        ("![drawing](gone.png)", ["gone.png: no such file"]),
        ("[part](other.md#third)", ["other.md#third: no such heading"]),
        ("[out](../../etc/passwd)", ["../../etc/passwd: no such file"]),
    ],
)
def test_links(links, tmp_path, text, problems) -> None:
    (tmp_path / "other.md").write_text("# Other\n\n## The second part\n")
    page = tmp_path / "page.md"
    page.write_text(f"# Top of page\n\n{text}\n")
    assert links.broken(page) == [f"page.md: {problem}" for problem in problems]
