"""A sealed report as a file: it verifies, and no byte of it can change unnoticed."""

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.checks.evidence import Evidence
from governance.proof.files.report_file import verify_report
from governance.proof.files.seal_cms import _ORDER as ORDER
from governance.proof.files.seal_cms import _definite, lower
from governance.proof.files.structure import structure_lines
from governance.proof.formats import canonical
from governance.seal_certificate import make_seal_certificate
from tests.governance.proof.world import World, entry, page, seal_pdf


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def evidence(world: World) -> bytes:
    return world.evidence()


@pytest.fixture(scope="module")
def report(world: World, evidence: bytes) -> bytes:
    return world.report(evidence)


def failing(report: bytes, world: World) -> dict[str, str]:
    outcome = verify_report(report, world.fingerprint)
    assert outcome.code == 1
    return {check.name: check.detail for check in outcome.checks if check.ok is False}


def test_a_sealed_report_holds_as_bytes_and_as_a_path(report: bytes, world: World, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(report)
    for form in (report, path, str(path)):
        outcome = verify_report(form, world.fingerprint)
        assert outcome.code == 0, outcome.checks
        assert outcome.checks[0].name == "seal"
        assert f"{len(report)} bytes" in outcome.checks[0].detail
        [unstamped] = [check for check in outcome.checks if check.name == "time of the seal"]
        assert (unstamped.ok, "no authority stamped the seal" in unstamped.detail) == (None, True)


@pytest.mark.parametrize("root", [None, "", "sha256:", "f" * 64])
def test_without_a_fingerprint_nothing_is_checked(report: bytes, root: str | None) -> None:
    outcome = verify_report(report, root)
    assert outcome.code == 2
    assert "another way" in outcome.checks[0].detail
    assert ("found none" in outcome.checks[0].detail) == (not root)


def test_what_is_no_sealed_report_could_not_be_checked(world: World, tmp_path: Path) -> None:
    for form in (b"", b"%PDF-1.7", b"hello", page(None), tmp_path / "absent.pdf", tmp_path):
        assert verify_report(form, world.fingerprint).code == 2


def sample(report: bytes) -> list[int]:
    """Return every place where the structure is delicate, and many others."""
    start = report.index(b"/ByteRange")
    places = {0, 1, 5, len(report) - 1, len(report) - 2, *range(start, start + 40)}
    opening = report.index(b"<3082")
    closing = report.index(b">", opening)
    places |= {opening, opening + 1, opening + 2, closing, closing - 1, closing + 1}
    chosen = random.Random(20260102)
    places |= set(chosen.sample(range(opening, closing), 60)) | set(chosen.sample(range(len(report)), 80))
    return sorted(places)


def test_no_byte_can_change_unnoticed(report: bytes, world: World) -> None:
    chosen = random.Random(1)
    for at in sample(report):
        bad = bytearray(report)
        # 0x20 turns a hexadecimal letter into the other case: the same signature in other bytes.
        bad[at] ^= chosen.choice([0x01, 0x20, 0x80, 0xFF])
        outcome = verify_report(bytes(bad), world.fingerprint)
        assert outcome.code == 1, f"byte {at}: {report[at]:#x} became {bad[at]:#x} and {outcome.checks}"


def test_bytes_added_or_cut_are_found(report: bytes, world: World) -> None:
    described = report.index(b"Countersign</xmp:CreatorTool>") + 30
    for bad in (report + b"\n", report + b"%%EOF\n", report[:-1], report[1:], report[:described]):
        assert verify_report(bad, world.fingerprint).code == 1
    # Of less than that nobody can say what it was.
    assert verify_report(report[:1000], world.fingerprint).code == 2


def test_a_later_revision_is_found(report: bytes, world: World) -> None:
    from io import BytesIO

    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer, grown = IncrementalPdfFileWriter(BytesIO(report)), BytesIO()
    writer.root["/Lang"] = writer.root["/Lang"] if "/Lang" in writer.root else writer.root["/Type"]
    writer.update_root()
    writer.write(grown)
    assert "ENTIRE_FILE" in failing(grown.getvalue(), world)["seal"]


def test_the_signature_has_one_spelling(report: bytes, world: World) -> None:
    """Without any key (r, n - s) is made of (r, s), and right as well: it would be another file that holds."""
    start = report.index(b"<3082")
    end = report.index(b">", start)
    content = cms.ContentInfo.load(bytes.fromhex(report[start + 1 : end].decode()))
    [signer] = content["content"]["signer_infos"]
    r, s = decode_dss_signature(signer["signature"].native)
    signer["signature"] = encode_dss_signature(r, ORDER - s)
    other = content.dump(force=True).hex().upper().encode()
    respelt = report[: start + 1] + other.ljust(end - start - 1, b"0") + report[end:]
    assert (len(respelt), respelt != report) == (len(report), True)
    assert "spelt in another way" in failing(respelt, world)["seal"]


@pytest.mark.attack(
    name="with the seal key, make a signature of another form that is right: more, fewer or other things signed along",
    caught_by="the verifier makes the only form again from certificate and digest, and checks the signature over that",
    unless="never",
)
def test_what_is_signed_along_has_one_form(report: bytes, world: World) -> None:
    """Each is signed anew by the seal's own key; where nothing was changed the file holds as before."""
    start = report.index(b"<3082")
    end = report.index(b">", start)

    def signed_anew(change: Callable[[Any], None]) -> bytes:
        content = cms.ContentInfo.load(bytes.fromhex(report[start + 1 : end].decode()))
        [signer] = content["content"]["signer_infos"]
        attributes = cms.CMSAttributes.load(signer["signed_attrs"].untag().dump())
        change(attributes)
        over = attributes.dump(force=True)
        signer["signed_attrs"] = attributes
        signer["signature"] = lower(bytes.fromhex(world.keys["seal"].signer.sign(over).signature))
        text: bytes = content.dump(force=True).hex().upper().encode()
        assert len(text) < end - start
        return report[: start + 1] + text.ljust(end - start - 1, b"0") + report[end:]

    def other(kind: str, value: Any) -> Callable[[Any], None]:
        def change(attributes: Any) -> None:
            kept = [each for each in attributes if each["type"].native != kind]
            added = [] if value is None else [cms.CMSAttribute({"type": kind, "values": [value]})]
            attributes._copy(cms.CMSAttributes([*kept, *added]), copy.deepcopy)

        return change

    assert verify_report(signed_anew(lambda _: None), world.fingerprint).code == 0
    today = cms.Time("utc_time", core.UTCTime(datetime(2026, 1, 2, tzinfo=UTC)))
    named = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": bytes(32)})]})
    for kind, value in (
        ("signing_time", today),
        ("content_type", "signed_data"),
        ("signing_certificate_v2", named),
        ("signing_certificate_v2", None),
        ("message_digest", bytes(32)),
    ):
        assert "seal" in failing(signed_anew(other(kind, value)), world), (kind, value)


def test_a_second_table_for_some_readers_is_found(report: bytes, world: World) -> None:
    """A hybrid file (ISO 32000-2 §7.5.8.4), as its first section: its older readers go by another table."""
    with pikepdf.open(BytesIO(report)) as pdf:
        plain = BytesIO()
        pdf.save(plain, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        told = Evidence.from_bytes(world.evidence()).report
    data = plain.getvalue()
    at = data.rindex(b"xref\n0 ")
    stream = b"9999 0 obj\n<</Type/XRef/Size 1/W[1 1 1]/Length 3>>\nstream\n\0\0\0\nendstream\nendobj\n"
    hybrid = data[:at] + stream + data[at:].replace(b"trailer <<", b"trailer <</XRefStm %d" % at, 1)
    hybrid = hybrid.replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + len(stream)))
    for file in (data, hybrid):
        assert any("not of streams alone" in line.detail for line in structure_lines(file, told))


def test_text_in_the_padding_is_found(report: bytes, world: World) -> None:
    closing = report.index(b">", report.index(b"<3082"))
    bad = report[: closing - 8] + b"DEADBEEF" + report[closing:]
    assert "encoding and zeros" in failing(bad, world)["seal"]


def test_an_unsealed_pdf_with_evidence_does_not_hold(evidence: bytes, world: World) -> None:
    found = failing(page(evidence) + b"%/ByteRange evidence.json\n", world)
    assert "found 0 signatures" in found["seal"]


def test_a_second_signature_is_found(evidence: bytes, world: World) -> None:
    once = seal_pdf(page(evidence), world.keys["seal"].pem, world.seal_certificate)
    twice = seal_pdf(once, world.keys["seal"].pem, world.seal_certificate, field="Again")
    assert "found 2 signatures" in failing(twice, world)["seal"]


def test_anothers_seal_is_found(evidence: bytes, world: World) -> None:
    assert "does not list" in failing(world.report(evidence, seal=World()), world)["seal"]


def test_another_certificate_of_the_same_key_is_found(evidence: bytes, world: World) -> None:
    pem = world.keys["seal"].pem
    other = make_seal_certificate(world.keys["seal"].signer, "Another name", demo=False)
    assert "does not list" in failing(seal_pdf(page(evidence), pem, other), world)["seal"]


def test_a_certificate_carried_along_is_found(evidence: bytes, world: World) -> None:
    other = World().seal_certificate.encode()
    sealed = seal_pdf(page(evidence), world.keys["seal"].pem, world.seal_certificate, carried=other)
    assert "encoding and zeros" in failing(sealed, world)["seal"]


def test_a_seal_key_that_had_ended_is_found(world: World) -> None:
    def ended(inner: World, fields: dict[str, Any]) -> None:
        seal = entry(inner.keys["seal"], "seal", certificate=inner.seal_certificate, until=1)
        keys = [seal if key.purpose == "seal" else key for key in inner.keyring().keys]
        fields["keyring"] = inner.keyring(keys=keys).sign(inner.keys["root"].signer).decode()

    fresh = World(world.keys)
    assert set(failing(fresh.report(fresh.evidence(ended)), fresh)) == {"seal"}


def test_a_forged_organisation_is_found_by_its_fingerprint(world: World) -> None:
    forger = World()
    assert {"seal", "keyring"} == set(failing(forger.report(), world))


def test_sealed_but_the_evidence_does_not_hold(world: World) -> None:
    fresh = World(world.keys)
    found = failing(fresh.report(fresh.evidence(lambda _, fields: fields["documents"].clear())), fresh)
    assert "references" in found
    assert "seal" not in found


def test_sealed_with_malformed_evidence(world: World) -> None:
    other = page(canonical.dumps({"format": "other"}))
    malformed = seal_pdf(other, world.keys["seal"].pem, world.seal_certificate)
    assert {"seal", "evidence"} == set(failing(malformed, world))


@pytest.mark.parametrize("name", ["evidence.txt", "Evidence.json"])
def test_sealed_with_another_attachment(evidence: bytes, world: World, name: str) -> None:
    sealed = seal_pdf(page(evidence, name), world.keys["seal"].pem, world.seal_certificate)
    assert "found the attachments" in failing(sealed, world)["file"]


def test_sealed_without_evidence(world: World) -> None:
    sealed = seal_pdf(page(None), world.keys["seal"].pem, world.seal_certificate)
    assert "found the attachments []" in failing(sealed, world)["file"]


@given(st.recursive(st.binary(max_size=300), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_lengths_in_the_seals_stamp_have_one_spelling(value: Any) -> None:
    """As DER has them; the same elements with one length spelt another way are refused."""

    def encoded(value: Any, spelling: int) -> bytes:
        content = value if isinstance(value, bytes) else b"".join(encoded(each, 0) for each in value)
        size = len(content)
        short = size.to_bytes(max(1, (size.bit_length() + 7) // 8))
        lengths = [bytes([size]) if size < 0x80 else bytes([0x80 + len(short)]) + short]
        lengths += [bytes([0x81 + len(short)]) + b"\0" + short, b"\x80", *([b"\x81" + short] if size < 0x80 else [])]
        tag = b"\x04" if isinstance(value, bytes) else b"\x30"
        return tag + lengths[spelling % len(lengths)] + content

    assert _definite(encoded(value, 0))
    for spelling in (1, 2, 3):
        other = encoded(value, spelling)
        assert other == encoded(value, 0) or not _definite(other)
        assert other == encoded(value, 0) or not _definite(b"\x30" + bytes([len(other)]) + other) or len(other) > 127
