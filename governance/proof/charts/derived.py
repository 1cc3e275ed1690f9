"""The charts that follow from documents, section by section: what a report must draw there, in this order."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from governance.proof.charts import counts, results, runs
from governance.proof.charts.drawn import Chart
from governance.proof.charts.held import Held


def _of_linked(made: Callable[[Held], Iterable[Chart]], role: str) -> Callable[[Held], Iterator[Chart]]:
    def drawn(about: Held) -> Iterator[Chart]:
        found = about.linked(role)
        if found is not None:
            yield from made(found)

    return drawn


def _failed(result: Held) -> Iterator[Chart]:
    yield from results.confusion(result.body)
    yield from counts.became(result.body)


def _compared(result: Held) -> Iterator[Chart]:
    yield from results.of_slices(result)
    yield from counts.differences(result.body)


DERIVED: Mapping[str, Callable[[Held], Iterable[Chart]]] = {
    "plan, cases": _of_linked(lambda held: counts.sizes(held.body), "evaluation_set"),
    "release, confusion": _of_linked(_failed, "result"),
    "release, regression": _of_linked(counts.beside, "result"),
    "release, run": _of_linked(lambda held: [runs.loss(held.body)], "run_record"),
    "release, slices": _of_linked(_compared, "result"),
    "release, verdicts": _of_linked(lambda held: results.judged(results.counted(held)), "result"),
}
"""By the name under which a dossier registers what its sections draw: the charts of the document that it is on."""
