"""Which witnesses a reader relies on, and how many of them must have cosigned: k of n (C2SP tlog-proof, step 3).

A witness is a party of its own that signs each checkpoint only if it extends everything it signed before. Its public
key comes from the witness, never from the ledger's operator and never from the file that is checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from governance.proof.checks.outcome import CheckLine
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import COSIGNATURE, SUBTREE_COSIGNATURE, Note, VerifierKey


@dataclass(frozen=True)
class Seen:
    """A configured witness cosigned this very checkpoint at `time` (seconds since the Epoch)."""

    key: VerifierKey
    time: int

    def __str__(self) -> str:
        return f"{self.key.name} at {datetime.fromtimestamp(self.time, UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True)
class Judgement:
    """What a policy makes of a note: who cosigned, and the lines that claim a configured key but are wrong."""

    seen: tuple[Seen, ...]
    faults: tuple[str, ...]
    quorum: int

    @property
    def witnessed(self) -> bool:
        """Whether enough distinct witnesses cosigned; a false line under a known key spoils the note (signed-note)."""
        return not self.faults and len(self.seen) >= self.quorum


@dataclass(frozen=True)
class WitnessPolicy:
    """`quorum` of these witnesses must have cosigned.

    A witness is a name: several keys of one name, such as Ed25519 beside ML-DSA-44, are one witness. And one key under
    two names is refused, so nobody counts twice.
    """

    keys: tuple[VerifierKey, ...]
    quorum: int

    def __post_init__(self) -> None:
        for key in self.keys:
            if key.kind not in (COSIGNATURE, SUBTREE_COSIGNATURE):
                raise ValueError(f"found {key.name}, a key of type {key.kind:#04x}, expected a witness's: 0x04 or 0x06")
        if len({key.raw for key in self.keys}) != len(self.keys):
            raise ValueError("found one witness key twice, expected each once")
        if not 1 <= self.quorum <= len(self.names):
            raise ValueError(f"found a quorum of {self.quorum} of {len(self.names)} witnesses, expected 1 to all")

    @property
    def names(self) -> tuple[str, ...]:
        """The witnesses, each once, in the order given."""
        return tuple(dict.fromkeys(key.name for key in self.keys))

    @classmethod
    def of(cls, vkeys: Sequence[str], quorum: int | None = None) -> "WitnessPolicy":
        """Return the policy of these vkeys; without a quorum all must have cosigned. Raises ValueError: see above."""
        keys = tuple(VerifierKey.from_text(text) for text in vkeys)
        return cls(keys, len({key.name for key in keys}) if quorum is None else quorum)

    def judge(self, note: str, checkpoint: Checkpoint) -> Judgement:
        """Return who of the policy cosigned `checkpoint`, the content of `note`. Raises SignatureError: no note."""
        seen: dict[str, Seen] = {}
        faults: list[str] = []
        for line in Note.parse(note).signatures:
            for key in self.keys:
                if key.signed(line):
                    try:
                        seen.setdefault(key.name, Seen(key, verify_cosignature(line, key, checkpoint)))
                    except SignatureError as error:
                        faults.append(str(error))
        return Judgement(tuple(seen.values()), tuple(faults), self.quorum)


def witness_line(note: str, checkpoint: Checkpoint, policy: WitnessPolicy | None) -> CheckLine:
    """Return the verifier's line on a note's witnesses; without a policy nobody vouches for any of them."""
    if policy is None:
        others = sorted({line.name for line in Note.parse(note).signatures} - {checkpoint.origin})
        if not others:
            return CheckLine("witnesses", None, "none cosigned: that others see the same ledger is the log key's word")
        detail = (
            f"cosignatures in the names of {', '.join(others)} are there, but nobody vouched for their keys: "
            "get them from the witnesses and give --witness"
        )
        return CheckLine("witnesses", None, detail)
    found = policy.judge(note, checkpoint)
    if found.faults:
        return CheckLine("witnesses", False, "; ".join(found.faults))
    names = f": {', '.join(map(str, found.seen))}" if found.seen else ""
    detail = f"{len(found.seen)} of {len(policy.names)} cosigned, {policy.quorum} must{names}"
    return CheckLine("witnesses", found.witnessed, detail)
