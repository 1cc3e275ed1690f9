"""Signed notes and verifier keys (C2SP signed-note)."""

import pytest

from governance.proof.formats import keys
from governance.proof.formats.checkpoint import trusted
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import MAX_LINES, Note, SignatureLine, VerifierKey

# The example of the specification.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n"
    "\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_the_example_of_the_specification() -> None:
    key, note = VerifierKey.from_text(VKEY), Note.parse(NOTE)
    assert key.text() == VKEY
    assert note.to_text() == NOTE
    [line] = note.signatures
    assert key.signed(line)
    [public] = trusted([key]).values()
    public.verify(line.signature, note.text.encode())
    with pytest.raises(SignatureError):
        public.verify(line.signature, b"This is another message.\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        VKEY[:-1],
        VKEY + "=",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("foo", "fop"),
        VKEY.replace("foo", "f o"),
        VKEY.replace("+Aek", "+Bek"),
        "a+0+AA==",
    ],
)
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(ValueError, match="found"):
        VerifierKey.from_text(text)


def test_text_may_hold_empty_lines() -> None:
    note = Note("a\n\nb\n", Note.parse(NOTE).signatures)
    assert Note.parse(note.to_text()) == note


@pytest.mark.parametrize("bad", ["\t", "\r", "\0", "\x1f"])
def test_control_characters_are_refused(bad: str) -> None:
    with pytest.raises(SignatureError, match="control character"):
        Note.parse(NOTE.replace("message", f"mess{bad}age"))


def test_lines_are_added_once_and_limited() -> None:
    note = Note.parse(NOTE)
    other = SignatureLine("w", b"1234", b"signature")
    more = note.with_lines([other, other, *note.signatures])
    assert more.signatures == (*note.signatures, other)
    assert more.with_lines([other]) == more
    many = note.with_lines(SignatureLine(f"w{n}", b"1234", b"signature") for n in range(MAX_LINES))
    with pytest.raises(SignatureError, match="at most"):
        Note.parse(many.to_text())


def test_a_key_says_what_it_is() -> None:
    key = VerifierKey.from_text(VKEY)
    assert key.digest.startswith("sha256:")
    assert VerifierKey(key.name, 0x04, key.raw).key_id != key.key_id
    with pytest.raises(ValueError, match="0x04"):
        trusted([VerifierKey(key.name, 0x04, key.raw)])
    assert list(trusted([key])) == [next(iter(trusted([key]).values())).keyid]
    assert isinstance(next(iter(trusted([key]).values())), keys.PublicKey)
