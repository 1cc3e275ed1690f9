"""What an answer about a service does not tell, and why. Pure; server and verifier share this."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from governance.proof.answers.behind import Behind
from governance.proof.answers.running import Answer


@dataclass(frozen=True)
class Unknown:
    """Something that cannot be answered, and why."""

    what: str
    because: str

    @property
    def words(self) -> str:
        """Both, as page one of a report tells them."""
        return f"{self.what}: {self.because}."


def of_service(ran: Answer, names: Sequence[str], before: Collection[bool]) -> Iterator[Unknown]:
    """Yield what is not known of what ran; `names` are those of its candidates, `before` whether each that ran there
    before is safe.
    """
    if ran.state == "before":
        yield Unknown("What ran", "the register tells of nothing that ran there by then")
    elif ran.state == "unclear":
        why = "records contradict each other" if ran.overlap else "nobody recorded when it changed"
        yield Unknown("Which of them ran", f"{why}: {' and '.join(names)} are possible")
    elif ran.hazy:
        yield Unknown("Exactly when it began or ended", "the register tells the day, or was told later; not the hour")
    if ran.state == "runs" and not any(before):
        because = "nothing else ran there before" if not before else "nothing that ran there before is safe, see below"
        yield Unknown("The last safe version", because)


def of_model(
    found: Behind,
    name: str,
    called: Mapping[str, str],
    *,
    made: Collection[str],
    signed: Callable[[str], bool],
) -> Iterator[Unknown]:
    """Yield what is not known of something that ran, by what stands behind it.

    `called` has the titles of documents, `made` what runs were accepted, `signed` tells whether a signature counts.
    """
    if not found.serves:
        because = f"the register only says that it runs on {name}: nothing on record proves what that is"
        for what in ("Which training set", "Who evaluated and approved it", "Which base-model version"):
            yield Unknown(what, because)
        return
    if found.base == found.serves:
        yield Unknown("Which training set", "it serves a base model as it is: nothing was trained here")
    if found.record and found.record not in made:
        because = f"the ledger tells of no accepted run under a consumed permit behind {called[found.record]}"
        yield Unknown("Whether it was made here", because)
    if not found.release:
        yield Unknown("Who approved it", f"no release of it is on record: it serves {called[found.serves]} as it is")
    elif not signed(found.release):
        yield Unknown("Who approved it", f"no signature counts for {called[found.release]}")
    for result in found.results:
        if result not in made:
            yield Unknown("Whether it was measured here", f"no consumed permit stands behind {called[result]}")
    data = () if found.standing_approval else found.datasets
    for digest in (*data, *found.plan, *((found.base,) if found.base else ())):
        if not signed(digest):
            yield Unknown(f"Who agreed to {called[digest]}", "no signature counts for it")
