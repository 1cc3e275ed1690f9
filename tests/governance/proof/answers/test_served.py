"""What versions of a deployment claim, at the ends of the calendar."""

from datetime import UTC, datetime

from governance.proof.answers.running import NOTHING, at, settled
from governance.proof.answers.served import Version, claims


def test_an_end_that_stands_for_none_is_a_day_like_others() -> None:
    registered = datetime(2026, 11, 2, 9, tzinfo=UTC)
    one = Version("sha256:d", 7, registered, "sha256:release", "2026-11-01", "9999-12-31", False)
    told = settled(list(claims([one], [])))
    assert [claim.what for claim in told] == ["sha256:release", NOTHING]
    assert at(told, registered).what == "sha256:release"
