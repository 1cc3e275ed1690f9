"""The seal: covers every byte, holds for stock tools as the report tells, and refuses what cannot be sealed."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from governance.proof.files.report_file import verify_report
from governance.proof.files.seal_check import SealError, check_seal
from governance.proof.formats import keys
from governance.proof.formats.keyring import KeyEntry
from governance.proof.sections.blocks import Commands
from governance.reports import style
from governance.reports.build import build_pdf
from governance.reports.seal import seal
from governance.reports.verification import how_to_verify
from governance.seal_certificate import make_seal_certificate
from tests.governance.proof.printing import pages
from tests.governance.proof.world import World
from tests.governance.reports import poppler, sample

AT = datetime(2026, 6, 5, 11, 30, tzinfo=UTC)
NAME = "Spital Zürich"
REASON = "Lineage report of ICD-10 chapter coder 1.0, as of ledger size 1284"


class Authority:
    """A seal key with its certificate and keyring entry."""

    def __init__(self, *, demo: bool = True) -> None:
        pem, public = keys.generate("ecdsa-p256")
        self.signer = keys.signer_from_pem(pem)
        self.certificate = make_seal_certificate(self.signer, NAME, demo=demo)
        entry = KeyEntry(
            keyid=public.keyid, purpose="seal", algorithm="ecdsa-p256", public=public.spki_pem,
            certificate=self.certificate, since=0, until=None, demo=demo,
        )  # fmt: skip
        self.ring: Mapping[str, KeyEntry] = {public.keyid: entry}

    def seal(self, pdf: bytes) -> bytes:
        return seal(pdf, self.signer, self.certificate.encode(), name=NAME, reason=REASON, at=AT)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return build_pdf(sample.report(), sample.EVIDENCE)


@pytest.fixture(scope="module")
def sealed(authority: Authority, unsealed: bytes) -> bytes:
    return authority.seal(unsealed)


def test_the_seal_holds_and_covers_the_whole_file(sealed: bytes, authority: Authority) -> None:
    assert check_seal(sealed, authority.ring).entry.purpose == "seal"
    [signature] = PdfFileReader(BytesIO(sealed)).embedded_signatures
    roots = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    status = validate_pdf_signature(signature, roots)
    assert (status.intact, status.valid, status.coverage) == (True, True, SignatureCoverageLevel.ENTIRE_FILE)


def test_sealing_adds_to_the_report_and_changes_none_of_it(sealed: bytes, unsealed: bytes) -> None:
    assert sealed.startswith(unsealed)


def test_a_flipped_byte_anywhere_breaks_it(sealed: bytes, authority: Authority) -> None:
    for place in [*range(0, len(sealed), len(sealed) // 60), len(sealed) - 1]:
        broken = bytearray(sealed)
        broken[place] ^= 0x01
        with pytest.raises(SealError):
            check_seal(bytes(broken), authority.ring)


def test_bytes_added_after_the_seal_break_it(sealed: bytes, authority: Authority) -> None:
    with pytest.raises(SealError):
        check_seal(sealed + b"\n% one more line\n", authority.ring)


def test_another_authority_or_none_is_refused(
    sealed: bytes, unsealed: bytes, authority: Authority, tmp_path: Path
) -> None:
    with pytest.raises(SealError, match="keyring does not list"):
        check_seal(sealed, Authority().ring)
    with pytest.raises(SealError, match="0 signatures"):
        check_seal(unsealed, authority.ring)


def test_the_seal_is_visible_in_its_own_box_and_says_who_why_and_when(sealed: bytes, tmp_path: Path) -> None:
    page = poppler.text(sealed, tmp_path, page=1)
    assert f"Sealed by {NAME}" in page
    assert REASON in page
    assert "5 June 2026, 11:30:00 +00:00" in page
    assert "DEMO, not for production" in page
    left, bottom, right, top = style.SEAL_BOX
    for number, x, y, end, low, word in poppler.words(sealed, tmp_path):
        if number == 1 and y > style.PAGE_HEIGHT - top - 1 and low < style.PAGE_HEIGHT - bottom + 1:
            assert left < x < end < right, word


def test_a_seal_for_production_is_not_called_a_demonstration(unsealed: bytes, tmp_path: Path) -> None:
    page = poppler.text(Authority(demo=False).seal(unsealed), tmp_path, page=1)
    assert "certificate: Countersign report seal" in page
    assert "DEMO" not in page


def test_the_commands_printed_in_the_report_work_as_they_stand(
    sealed: bytes, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(sealed)
    lines = [line for block in how_to_verify().blocks if isinstance(block, Commands) for line in block.lines]
    said = {line: poppler.run(*shlex.split(line), cwd=tmp_path) for line in lines if not line.startswith("countersign")}
    pdfsig = said["pdfsig -nocert report.pdf"]
    assert "Signature is Valid" in pdfsig
    assert "Total document signed" in pdfsig
    assert "Signature Type: ETSI.CAdES.detached" in pdfsig
    assert "Signing Time: Jun 05 2026 11:30:00" in pdfsig
    assert (tmp_path / "evidence.json").read_bytes() == sample.EVIDENCE
    assert "Countersign report seal (DEMO, not for production)" in next(v for k, v in said.items() if "x509" in k)
    assert len(said) == 6


def test_each_command_is_printed_on_one_line(sealed: bytes, tmp_path: Path) -> None:
    text = poppler.text(sealed, tmp_path)
    commands = [line for block in how_to_verify().blocks if isinstance(block, Commands) for line in block.lines]
    assert commands
    assert [line for line in commands if line not in text] == []


def test_what_cannot_be_sealed_is_refused(unsealed: bytes, authority: Authority) -> None:
    other = Authority()
    with pytest.raises(ValueError, match="certificate is for another key"):
        seal(unsealed, authority.signer, other.certificate.encode(), name=NAME, reason=REASON, at=AT)
    edwards = keys.signer_from_pem(keys.generate("ed25519")[0])
    with pytest.raises(ValueError, match="must be P-256"):
        seal(unsealed, edwards, other.certificate.encode(), name=NAME, reason=REASON, at=AT)
    with pytest.raises(ValueError, match="without a zone"):
        seal(unsealed, other.signer, other.certificate.encode(), name=NAME, reason=REASON, at=AT.replace(tzinfo=None))


def test_a_whole_report_verifies_offline_and_no_change_goes_unnoticed() -> None:
    world = World()
    key = world.keys["seal"].signer
    pdf, at, reason = pages(world.evidence(), world.fingerprint)
    whole = seal(pdf, key, world.seal_certificate.encode(), name=NAME, reason=reason, at=at)
    assert verify_report(whole, world.fingerprint).code == 0
    for place in range(17, len(whole), len(whole) // 25):
        broken = whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :]
        assert verify_report(broken, world.fingerprint).code == 1, place
    assert verify_report(whole[:-1], world.fingerprint).code == 1
    assert verify_report(whole[: len(whole) // 2], world.fingerprint).code == 1
    # What shows no trace of a seal any more is no report to be checked, rather than a broken one.
    assert verify_report(whole[:200], world.fingerprint).code == 2
    assert verify_report(whole + b"\n", world.fingerprint).code == 1
