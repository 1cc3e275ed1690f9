"""What stands behind something that serves: the data, the plan, the base model and the people's documents. Pure.

Server and verifier share this. Each is found by the role in which one document names another, nothing is guessed: what
no document leads to is empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.proof.formats.envelope import Envelope


@dataclass(frozen=True)
class Behind:
    """By digest: the release, its run's record and specification, and what these name; "" where nothing leads there.

    `plan` is what good means: evaluation set, rubric, thresholds. `waivers` are those of the release, then the run's.
    """

    serves: str
    release: str = ""
    record: str = ""
    spec: str = ""
    base: str = ""
    datasets: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    standing_approval: str = ""
    plan: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()


def behind(serves: str, documents: Mapping[str, Envelope]) -> Behind:
    """Return what stands behind a release, a run record or a base model, which it is by what it names.

    `documents` are at least that one and all it rests on, by digest.
    """

    def down(digest: str, role: str) -> tuple[str, ...]:
        return named(documents[digest], role) if digest else ()

    def first(digest: str, role: str) -> str:
        return next(iter(down(digest, role)), "")

    ran = first(serves, "run_record")
    release = serves if ran else ""
    record = ran or (serves if down(serves, "run_spec") else "")
    spec = first(record, "run_spec")
    datasets, thresholds = down(spec, "dataset"), first(spec, "thresholds")
    plan = (first(thresholds, "evaluation_set"), first(thresholds, "rubric"), thresholds)
    return Behind(
        serves,
        release,
        record,
        spec,
        first(spec, "base_model") or ("" if record else serves),
        datasets,
        tuple(contract for one in datasets if (contract := first(one, "contract"))),
        first(spec, "standing_approval"),
        tuple(one for one in plan if one),
        down(release, "result"),
        (*down(release, "waiver"), *down(record, "waiver")),
    )


def named(document: Envelope, role: str) -> tuple[str, ...]:
    """Return what a document names in a role."""
    return tuple(link.digest for link in document.references if link.role == role)


def verdict(results: Iterable[Mapping[str, object]], judgement: Mapping[str, object] | None) -> str:
    """Return the verdict that counts of the first result by its body; "" where there is none.

    Of one that waits for people it is that of the newest judgement with their grades.
    """
    for body in results:
        lines = body.get("verdicts")
        waits = any(line.get("waits_for") == "people" for line in lines) if isinstance(lines, list) else False
        told = judgement if waits and judgement is not None else body
        return str(told.get("verdict") or "")
    return ""
