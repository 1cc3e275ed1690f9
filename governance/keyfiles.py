"""Private keys, reached through files or any signer URI when they are used, each by the process that may.

    root         vouches for the others; used at set-up and rotation, then kept off the machine
    log          signs checkpoints                       worker
    attestation  signs sign-off statements and receipts  web
    permit       signs permits                           worker
    seal         seals reports                           worker

A key lies in `<purpose>.pem`, unless COUNTERSIGN_KEY_<PURPOSE> names a signer URI. While it is rotated, the key to
come lies beside it in `<purpose>.next.pem` (COUNTERSIGN_KEY_<PURPOSE>_NEXT). Which of the two signs is not decided by
files: it is the one that the keyring on the ledger has in use. So a rotation takes effect for all processes in one
transaction, whatever becomes of the files around it. A key behind a URI is known by its public half: in
`<purpose>.pub.pem`, or where COUNTERSIGN_KEY_<PURPOSE>_PUBLIC says.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from securesystemslib.signer import Signer

from governance.errors import Unavailable
from governance.proof.formats import keys
from governance.proof.formats.keys import KeyMaterialError, PublicKey, SignatureError

MAY_READ = {
    "web": frozenset({"attestation"}),
    "worker": frozenset({"log", "permit", "seal"}),
    "command": frozenset(keys.PURPOSES),
}
DEMO_MARK = b"Countersign demo key: never for production\n"
RETIRED = "retired"
FILE = "file:"


class NoKey(ImproperlyConfigured, Unavailable):
    """The key that should sign cannot be had: whoever asked is told, and the operator has something to mend."""


@dataclass(frozen=True)
class Source:
    """Where a key is reached. `public` is what is known of it without asking: nothing for a file."""

    uri: str
    public: PublicKey | None = None

    @property
    def path(self) -> Path | None:
        """The key's file, if it is one."""
        return Path(url2pathname(urlsplit(self.uri).path)) if self.uri.startswith(FILE) else None

    def signer(self, public: PublicKey | None = None) -> Signer:
        """Return its signer; a key behind a URI must be told which public key it is. KeyMaterialError as `keys`."""
        return keys.load_signer(self.uri, public if self.path is None else None, _secret)


def folder() -> Path:
    """Return the folder of the private keys."""
    return Path(settings.COUNTERSIGN_KEYS)


def path_of(purpose: str, *, coming: bool = False) -> Path:
    """Return where the key file of a purpose lies, or the file of the key that will follow it."""
    return folder() / (f"{purpose}.next.pem" if coming else f"{purpose}.pem")


def private_files() -> list[Path]:
    """Return the files here that hold private keys, retired ones too."""
    found = [*folder().glob("*.pem"), *(folder() / RETIRED).glob("*.pem")]
    return sorted(path for path in found if not path.name.endswith(".pub.pem"))


def _guard(purpose: str) -> None:
    if purpose not in MAY_READ.get(settings.COUNTERSIGN_PROCESS, frozenset()):
        raise ImproperlyConfigured(
            f"a {settings.COUNTERSIGN_PROCESS} process asked for the {purpose} key; "
            f"expected one of {sorted(MAY_READ.get(settings.COUNTERSIGN_PROCESS, ()))}"
        )


def signer(purpose: keys.Purpose) -> Signer:
    """Return the signer of a purpose: before set-up the one there is, later the one that the keyring has in use.

    Raises:
        ImproperlyConfigured: this kind of process may not use that key.
        NoKey: there is none, it cannot be reached, it is not the one in use, or the keyring itself does not hold.
    """
    _guard(purpose)
    try:
        return _signer(purpose)
    except (SignatureError, KeyMaterialError) as problem:
        raise NoKey(f"nothing can be signed with the {purpose} key: {problem}") from problem


def _signer(purpose: keys.Purpose) -> Signer:
    from governance.selectors.keys import in_use

    wanted = in_use(purpose)
    found = _sources(purpose)
    if not found:
        raise NoKey(f"there is no {purpose} key at {path_of(purpose)}; {_missing(wanted)}")
    if (held := _holding(found, wanted)) is not None:
        return held.signer(wanted or held.public)
    raise NoKey(
        f"found no {purpose} key {wanted.keyid if wanted else ''} at {' or '.join(each.uri for each in found)}, "
        "expected the one that the keyring has in use; finish or undo the rotation (docs/operations.md)"
    )


def scheme(purpose: keys.Purpose, key: PublicKey) -> str | None:
    """Return the scheme by which a key is reached from here, such as "file" or "hsm"; None where none is found.

    Raises:
        NoKey: a public half is named but cannot be read.
        KeyMaterialError: a file holds no key.
    """
    found = _holding(_sources(purpose), key)
    return urlsplit(found.uri).scheme if found is not None else None


def _sources(purpose: str) -> list[Source]:
    return [each for each in (source(purpose), source(purpose, coming=True)) if each is not None]


def _holding(found: list[Source], wanted: PublicKey | None) -> Source | None:
    """Return the source that holds a key, or before set-up the first. One of which nothing is known counts if alone."""
    for each in found:
        if wanted is None:
            return each
        known = public_of(each)
        if (known is None and len(found) == 1) or (known is not None and known.keyid == wanted.keyid):
            return each
    return None


def source(purpose: str, *, coming: bool = False) -> Source | None:
    """Return where a purpose's key (or the one that will follow it) is reached; None when there is nothing there.

    Raises:
        NoKey: its public half is named but cannot be read.
    """
    name = f"COUNTERSIGN_KEY_{purpose.upper()}" + ("_NEXT" if coming else "")
    uri = os.environ.get(name)
    if uri is None:
        path = path_of(purpose, coming=coming)
        return Source(f"{FILE}{path}") if path.is_file() else None
    if uri.startswith(FILE):
        return Source(uri)
    named = os.environ.get(f"{name}_PUBLIC")
    path = Path(named) if named else folder() / path_of(purpose, coming=coming).name.replace(".pem", ".pub.pem")
    if not named and not path.is_file():
        return Source(uri)
    try:
        return Source(uri, PublicKey.from_pem(path.read_text()))
    except (OSError, ValueError) as problem:
        raise NoKey(f"the public half of {uri!r} cannot be read from {path}: {problem}") from problem


def public_of(found: Source) -> PublicKey | None:
    """Return which key a source holds: read from its file, or as its public half says; None when nothing says it."""
    return keys.public_key(found.signer()) if found.path is not None else found.public


def obtain(purpose: keys.Purpose, algorithm: keys.Algorithm, *, demo: bool, coming: bool = False) -> PublicKey:
    """Return the public key of a purpose for set-up (or the one to come), making its file where there is none.

    A key behind a URI must exist and its public half must be known; it proves itself by a signature.

    Raises:
        NoKey: the public half is nowhere.
        KeyMaterialError: the key cannot be reached, or is another.
    """
    found = source(purpose, coming=coming)
    if found is None or (found.path is not None and not found.path.is_file()):
        private, public = keys.generate(algorithm)
        write(purpose, private, demo=demo, coming=coming, path=found.path if found else None)
        return public
    known = public_of(found)
    if known is None:
        name = f"COUNTERSIGN_KEY_{purpose.upper()}" + ("_NEXT" if coming else "")
        raise NoKey(
            f"found the signer {found.uri!r} without its public key; export it as PEM to "
            f"{path_of(purpose, coming=coming).with_suffix('.pub.pem')}, or name the file in {name}_PUBLIC"
        )
    keys.prove(found.signer(known))
    return known


def write(purpose: str, private_pem: bytes, *, demo: bool, coming: bool = False, path: Path | None = None) -> Path:
    """Write a new private key, readable by its owner only. FileExistsError if there is one already.

    It belongs to whoever owns the key that it will follow: web process and worker may have accounts of their own.
    """
    target = path or path_of(purpose, coming=coming)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = target.with_name(f".{target.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write((DEMO_MARK if demo else b"") + private_pem)
        file.flush()
        os.fsync(file.fileno())
    if coming and path_of(purpose).is_file():
        before = path_of(purpose).stat()
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(scratch, before.st_uid, before.st_gid)
    try:
        os.link(scratch, target)  # fails when the target is there, and never leaves half a key
    finally:
        scratch.unlink()
    return target


def settle(purpose: str, current: PublicKey) -> list[str]:
    """Put the files of a rotated key in their places, and return what was done and what is left to do, in words.

    Whatever is interrupted here can be done again: `signer` finds the key in use under either name.
    """
    done = []
    old, new = source(purpose), source(purpose, coming=True)
    if old is not None and old.path is not None and old.path.is_file():
        before = public_of(old)
        if before is not None and before.keyid != current.keyid:
            kept = folder() / RETIRED / f"{purpose}-{before.keyid[:16]}.pem"
            kept.parent.mkdir(exist_ok=True, mode=0o700)
            shutil.move(old.path, kept)
            done.append(f"the retired key lies at {kept}: move it off this machine, or destroy it")
    if new is not None and new.path is not None and new.path.is_file() and new.path != path_of(purpose):
        after = public_of(new)
        if after is not None and after.keyid == current.keyid:
            target = old.path if old is not None and old.path is not None else path_of(purpose)
            shutil.move(new.path, target)
            done.append(f"the key in use lies at {target}")
    name = f"COUNTERSIGN_KEY_{purpose.upper()}"
    if os.environ.get(f"{name}_NEXT") is not None:
        done.append(
            f"in the environment of every process, set {name} to the value of {name}_NEXT and remove the latter"
        )
    return done


def refuse_demo_keys() -> None:
    """Refuse to start in production with keys that a demo made. Raises ImproperlyConfigured naming the files."""
    found = [str(path) for path in private_files() if path.read_bytes().startswith(DEMO_MARK)]
    if found:
        raise ImproperlyConfigured(f"these are demo keys: {', '.join(found)}; production needs keys of its own")


def _missing(wanted: PublicKey | None) -> str:
    return "set the installation up first" if wanted is None else f"bring key {wanted.keyid} back, or name its URI"


def _secret(name: str) -> str:
    """Return what a signer asks for (an HSM's PIN): the content of the file that COUNTERSIGN_KEY_PIN_FILE names."""
    path = os.environ.get("COUNTERSIGN_KEY_PIN_FILE")
    if path is None:
        raise ImproperlyConfigured(
            f"the signer asks for its {name}; name the file that holds it in COUNTERSIGN_KEY_PIN_FILE"
        )
    return Path(path).read_text().strip()
