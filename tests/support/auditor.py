"""The auditor's guide, followed literally: the boxes of commands in docs/auditor.md, in one shell, from top to end."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.authority import Authority
from tests.support.deployment import REPOSITORY
from tests.support.verifier import PYTHON

GUIDE = REPOSITORY / "docs" / "auditor.md"
TOOLS = ("bash", "openssl", "jq", "curl", "pdfsig", "pdfdetach", "basenc")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
OURS = 2  # boxes, from the first, that run our verifier


def commands() -> list[str]:
    """Return the boxes of commands, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def follow(
    folder: Path, report: bytes, renewal: str, root: str, authority: Authority, verifier: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Follow the guide in a folder that holds what its reader would have; the first command that fails ends it.

    Without our verifier its boxes are left out.
    """
    folder.mkdir()
    (folder / "report.pdf").write_bytes(report)
    (folder / "report.renewal.json").write_text(renewal)
    shutil.copyfile(authority.root, folder / "authority-root.pem")
    shutil.copyfile(REPOSITORY / "docs" / "tools" / "verify-inclusion.sh", folder / "verify-inclusion.sh")
    environment = {"ROOT": root, "AUTHORITY": authority.url, "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    if verifier:
        (folder / "countersign-verify.pyz").symlink_to(verifier)
        (folder / "python3").symlink_to(PYTHON)
        environment["PEX_ROOT"] = str(verifier.parent / "cache")
    environment["PATH"] = f"{folder}:/usr/local/bin:/usr/bin:/bin"
    script = "\n".join(["set -euo pipefail", *commands()[0 if verifier else OURS :], "echo the end"])
    return subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)
