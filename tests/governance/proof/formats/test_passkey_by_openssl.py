"""A sign-off by passkey checked by openssl alone: the script in docs/tools, on what our own code signs."""

import json
import subprocess
from pathlib import Path

import pytest

from governance.proof.formats import canonical
from governance.proof.formats.fields import base64_bytes, base64_text
from tests.governance.proof.formats.test_passkey import enrolled, form, said
from tests.support.device import PRESENT, Device

SCRIPT = Path(__file__).parents[4] / "docs" / "tools" / "verify-passkey.sh"


def run(folder: Path, signed: bytes, key: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "signed").write_bytes(signed)
    (folder / "key").write_text(base64_text(key) + "\n")
    arguments = ["sh", str(SCRIPT), str(folder / "signed"), str(folder / "key")]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_openssl_says_the_same(tmp_path: Path, algorithm: str) -> None:
    device, content = Device(algorithm), said().to_bytes()
    key = enrolled(device).public_key
    found = run(tmp_path, form(content, device), key)
    assert (found.returncode, found.stderr) == (0, "")
    assert canonical.sha256(content) in found.stdout
    other = run(tmp_path, form(content, device), enrolled(Device(algorithm)).public_key)
    assert (other.returncode, other.stdout) == (1, "")
    assert "not by this key" in other.stderr


@pytest.mark.parametrize("part", ["payload", "authenticatorData", "clientDataJSON", "signature"])
def test_openssl_finds_a_flipped_byte_in_every_part(tmp_path: Path, part: str) -> None:
    device = Device()
    good = json.loads(form(said().to_bytes(), device))
    place = good if part == "payload" else good["assertion"]
    data = base64_bytes(place[part])
    for at in (0, len(data) // 2, len(data) - 1):
        place[part] = base64_text(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
        found = run(tmp_path, canonical.dumps(good), enrolled(device).public_key)
        assert (found.returncode, found.stdout) == (1, ""), at


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"flags": PRESENT}, "did not verify"),
        ({"rp_id": "example.org"}, "another host"),
        ({"client": {"type": "webauthn.create"}}, "no assertion"),
        ({"extra": b"\0"}, "not 37 bytes"),
        ({"client": {"challenge": "AAAA"}}, "another statement"),
    ],
)
def test_openssl_finds_what_the_device_should_not_have_said(tmp_path: Path, how: dict, why: str) -> None:
    device = Device()
    found = run(tmp_path, form(said().to_bytes(), device, **how), enrolled(device).public_key)
    assert found.returncode == 1
    assert why in found.stderr
