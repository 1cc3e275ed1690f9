"""Verifying a file by API, and taking the verifier away."""

from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from governance.selectors import verifying
from tests.governance.api.conftest import Door
from tests.governance.proof.world import World


def test_verification_by_api(api: Door, state: Path) -> None:
    """A token that may only read is enough: nothing is changed."""
    reader, world = api("erik", ["read"]), World()
    report = world.report(world.evidence())
    form = {"file": SimpleUploadedFile("report.pdf", report), "fingerprint": world.fingerprint}
    form |= {"checkpoints": [SimpleUploadedFile("one", world.note().encode()), SimpleUploadedFile("two", b"x")]}
    found = reader.post("verify", form, 200, format="multipart")
    failing = [line for line in found["checks"] if line["ok"] is False]
    assert (found["code"], len(failing)) == (1, 1)
    assert failing[0]["detail"].startswith("two: ")
    form = {"file": SimpleUploadedFile("report.pdf", report), "fingerprint": world.fingerprint}
    found = reader.post("verify", form | {"least": world.tree.size + 1}, 200, format="multipart")
    assert [line["name"] for line in found["checks"] if line["ok"] is False] == ["age"]
    reader.post("verify", {"fingerprint": world.fingerprint}, 400, format="multipart")
    api(None).post("verify", form, 401, format="multipart")
    reader.get("verifier", 404)
    reader.get("verifier/file", 404)
    made = state / "verifier" / verifying.VERIFIER
    made.parent.mkdir(parents=True)
    made.write_bytes(b"PK\x05\x06" + bytes(18))
    assert reader.get("verifier")["size"] == 22
    assert reader.get("verifier/file") == made.read_bytes()
    made.with_name("countersign-verify-linux-aarch64.pyz").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    assert [one["system"] for one in reader.get("verifier/others")] == ["linux-aarch64"]
    assert reader.get("verifier/file", system="linux-aarch64").startswith(b"PK")
    reader.get("verifier/file", 404, system="linux")
