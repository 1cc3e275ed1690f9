"""What restore drills and probes are told, and what they tell. Pydantic only: both planes read it.

Decimals are strings, because documents are canonical JSON and canonical JSON has no floats.
"""

from decimal import Decimal
from math import comb
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from evals.engine.endpoints import Endpoint
from evals.engine.fields import Amount, Body, CaseId, DecimalText, Line, Share, Text, unique
from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import BACKUP_NAME, Count
from governance.proof.formats.manifest import FileEntry, SafePath

LONGEST_ANSWER: Final = 20_000
SHOWN: Final = 500
"""characters of an answer that a body repeats; the file of answers holds it whole"""
PERMUTATIONS: Final = 19_999
"""relabelled samples that an observed difference is compared with, besides itself"""

HALVES: Final = 2
"""families of tests that share the wrong alarms: the one over all prompts, and those of single prompts"""

Backup = Annotated[str, Field(pattern=f"^{BACKUP_NAME}$", description="a name on the operator's list")]
Layout = Literal["names", "store"]
"""How a backup is laid out: files by the names of the manifest, or a copy of Countersign's byte store, by digest."""
Found = Literal["intact", "altered", "missing", "outside", "unreadable"]
Received = Literal["server-received"]


class RestoreSpecBody(Body):
    """A planned restore drill: from which backup, and what the restored model is asked.

    `folder` lies inside the backup; without one its top is meant. `max_seconds` bounds the whole drill.
    """

    title: Line
    backup: Backup
    layout: Layout = "names"
    folder: SafePath | None = None
    prompts: Annotated[list[Text], Field(min_length=1, max_length=20)]
    max_new_tokens: Annotated[int, Field(ge=1, le=512)] = 32
    precision: Literal["fp32", "bf16"] = "fp32"
    max_seconds: Annotated[int, Field(ge=60, le=7 * 24 * 3600)] = 3600


class RestoredFile(Body):
    """One file of the signed manifest (`path`, `size` in bytes, `sha256`), and what the backup holds in its place.

    A file of another size is altered and was not hashed; `outside` is one that leads out of the backup.
    """

    path: SafePath
    size: Count
    sha256: Digest
    found: Found
    found_size: Count | None = None
    found_sha256: Digest | None = None

    @model_validator(mode="after")
    def _intact_is_the_same(self) -> Self:
        same = (self.found_size, self.found_sha256) == (self.size, self.sha256)
        if same != (self.found == "intact"):
            raise ValueError(f"found {self.path} called {self.found}, expected what its size and hash say")
        return self


class Said(Body):
    """What the restored model answered to a prompt, in new tokens."""

    prompt: Text
    text: Annotated[str, Field(max_length=LONGEST_ANSWER)]
    tokens: Count


class RestoreRecordBody(Body):
    """What a restore drill found, passed or not. Lengths of time are in seconds.

    It passed when every file of the manifest was read from the backup intact, the model made of them was loaded, and it
    answered every prompt with a token at least; otherwise `finding` says what did not hold.
    """

    title: Line
    outcome: Literal["passed", "failed"]
    finding: Annotated[str, Field(max_length=4000)]
    backup: Backup
    layout: Layout
    folder: SafePath | None
    files: Annotated[list[RestoredFile], Field(min_length=1)]
    loaded: bool
    answers: list[Said]
    seconds_to_fetch: Amount
    seconds_to_load: Amount
    seconds_to_answer: Amount
    peak_rss_mb: Annotated[int, Field(ge=1)]
    environment: dict[str, str]
    permit: Digest
    received: Received = "server-received"

    @model_validator(mode="after")
    def _outcome_follows(self) -> Self:
        held = (
            all(file.found == "intact" for file in self.files)
            and self.loaded
            and bool(self.answers)
            and all(said.tokens > 0 for said in self.answers)
        )
        if (self.outcome == "passed") != (held and not self.finding):
            raise ValueError(
                f"found the outcome {self.outcome!r}, which its files, answers and finding do not bear out"
            )
        return self


class ProbePrompt(Body):
    """A fixed question, by a name of its own."""

    id: CaseId
    text: Text


class ProbeSpecBody(Body):
    """Fixed questions to a hosted model, asked `repeats` times each, again every `cadence_days` (None: only by hand).

    The change is tested at `alpha`, over all prompts together. With the temperature "0" the likeliest answer is asked
    for.
    """

    title: Line
    endpoint: Endpoint
    system: Text | None = None
    prompts: Annotated[list[ProbePrompt], Field(min_length=1, max_length=50)]
    repeats: Annotated[int, Field(ge=2, le=50)]
    max_new_tokens: Annotated[int, Field(ge=1, le=2048)]
    temperature: DecimalText
    cadence_days: Annotated[int, Field(ge=1, le=366)] | None = None
    alpha: Share = "0.01"
    max_seconds: Annotated[int, Field(ge=60, le=24 * 3600)] = 3600

    @model_validator(mode="after")
    def _can_find_something(self) -> Self:
        unique([prompt.id for prompt in self.prompts], "prompts")
        if not 0 <= Decimal(self.temperature) <= 2:
            raise ValueError(f"found the temperature {self.temperature}, expected '0' to '2'")
        if not Decimal("0.005") <= Decimal(self.alpha) <= Decimal("0.2"):
            raise ValueError(f"found alpha {self.alpha}, expected '0.005' to '0.2'")
        if not self.could_show(self.repeats):
            raise ValueError(
                f"{self.repeats} answers to each of {len(self.prompts)} prompts could not show any change at alpha "
                f"{self.alpha}, however large; ask more often, or more"
            )
        return self

    def could_show(self, before: int) -> bool:
        """Return whether a change could be found beside `before` answers to each prompt, were it large enough."""
        return HALVES * least_p(before, self.repeats, len(self.prompts)) <= float(self.alpha)

    def asking(self) -> dict[str, Any]:
        """Return what must be the same for two results to be comparable: the model's name and how it is asked."""
        kept = {"system", "prompts", "max_new_tokens", "temperature"}
        return {"model": self.endpoint.model} | self.model_dump(mode="json", include=kept)


def least_p(first: int, second: int, prompts: int) -> float:
    """Return the smallest p that the permutation test of so many answers a prompt can come to.

    Of the ways to deal the answers of a prompt out anew, one (two, for samples of one size: the statistic does not tell
    which is which) is as far apart as what was observed; no p is below that of `PERMUTATIONS` drawn ones.
    """
    alike = 2 if first == second else 1
    return max((alike / comb(first + second, first)) ** prompts, 1 / (PERMUTATIONS + 1))


class ProbeAnswersBody(Body):
    """What a runner delivers of a probe: the answers, one a line, and how they came."""

    answers: FileEntry
    asked: Count
    answered: Count
    seconds: Amount
    cost: Amount | None
    environment: dict[str, str]
    permit: Digest
    received: Received = "server-received"


class Common(Body):
    """An answer that was given `count` times; only its beginning is repeated here."""

    text: Annotated[str, Field(max_length=SHOWN)]
    count: Annotated[int, Field(ge=1)]


class Difference(Body):
    """How far two samples of answers are apart, and how often chance alone would put them as far (`p`).

    `adjusted` is p corrected for all the tests that were made together.
    """

    statistic: DecimalText
    p: Share
    adjusted: Share


class PromptFound(Body):
    """The distribution of the answers to one prompt, and its difference from the reference's where there is one."""

    id: CaseId
    answers: Count
    distinct: Count
    common: list[Common]
    difference: Difference | None


class ProbeResultBody(ProbeAnswersBody):
    """The answers to a probe as they were counted and compared here.

    `whole` is the test over all prompts together. `changed` None: there was nothing to compare with.
    """

    title: Line
    prompts: Annotated[list[PromptFound], Field(min_length=1)]
    whole: Difference | None
    changed: bool | None
    alpha: Share
    method: Text
    finding: Text

    @model_validator(mode="after")
    def _change_follows(self) -> Self:
        made = [one for one in (self.whole, *(prompt.difference for prompt in self.prompts)) if one is not None]
        expected = any(Decimal(one.adjusted) <= Decimal(self.alpha) for one in made) if made else None
        if self.changed is not expected:
            raise ValueError(f"found changed {self.changed}, expected {expected} by its own tests")
        return self
