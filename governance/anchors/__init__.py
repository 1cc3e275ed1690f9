"""Places outside that signed checkpoints are taken to: one small interface, one module for each kind of place.

Against whoever holds the database and every key stands only what left the machine. What each place proves differs, and
`proves` says it. All but the folder are off until the environment names them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from django.conf import settings

if TYPE_CHECKING:
    from governance.anchors.timestamp import TimeStamps

TIME_STAMP = "time stamp by "
"""How the name of every time-stamp authority begins in records, whatever its address is."""


class Undelivered(Exception):
    """A place could not take the checkpoint; the text says why."""


@dataclass(frozen=True)
class Departure:
    """A checkpoint that leaves: `signed` as the log signed it, `note` with the cosignatures there are by now."""

    origin: str
    size: int
    signed: str
    note: str

    @property
    def file_name(self) -> str:
        """The name under which places keep it: sizes in order, and one name for one size."""
        return f"{self.size:012d}.checkpoint"

    def same_history(self, kept: str) -> bool:
        """Return whether a note that a place keeps for this size says the same; signatures aside."""
        return kept.partition("\n\n")[0] == self.signed.partition("\n\n")[0]


class Anchor(Protocol):
    """A place: its `name` in records, how many seconds lie between two deliveries, and what it `proves`.

    A place `for_reports` is visited out of turn when somebody waits for a report that can carry what it gives back.
    """

    @property
    def name(self) -> str: ...

    @property
    def every(self) -> int: ...

    @property
    def for_reports(self) -> bool: ...

    @property
    def proves(self) -> str: ...

    def deliver(self, departure: Departure) -> bytes:
        """Take the checkpoint there; return what the place gave back, or nothing. Again is as good as once.

        Raises:
            Undelivered: the place is out of reach, refuses, or keeps another history under that size.
        """


def home() -> Path:
    """Return the folder on this machine that every checkpoint is written to: copy it elsewhere, often."""
    return Path(settings.COUNTERSIGN_VAR) / "checkpoints"


def time_stamps() -> "TimeStamps | None":
    """Return the time-stamp authority that is configured, if one is. Raises ImproperlyConfigured: it makes no sense."""
    from governance.anchors.timestamp import TimeStamps

    return TimeStamps.configured() if settings.COUNTERSIGN_TIMESTAMP_URL else None


def configured() -> tuple[Anchor, ...]:
    """Return every place that checkpoints are taken to, the folder on this machine first.

    Raises:
        ImproperlyConfigured: the environment names one that makes no sense.
    """
    from governance.anchors.folder import Folder
    from governance.anchors.mail import Mail
    from governance.anchors.s3 import S3

    found: list[Anchor] = [Folder(home()), *(Folder(Path(path)) for path in settings.COUNTERSIGN_ANCHOR_FOLDERS)]
    if settings.COUNTERSIGN_ANCHOR_S3:
        found.append(S3.configured())
    if (authority := time_stamps()) is not None:
        found.append(authority)
    if settings.COUNTERSIGN_ANCHOR_MAIL:
        found.append(Mail(tuple(settings.COUNTERSIGN_ANCHOR_MAIL), settings.COUNTERSIGN_ANCHOR_MAIL_SECONDS))
    return tuple(found)
