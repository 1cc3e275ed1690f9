"""Template tags for the answers of an evaluation: what became of them, and the figures beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evals import reports, samples
from evals.engine.fields import ALL
from evals.engine.metric_names import in_words
from evals.engine.spec import Case
from evals.engine.words import SHOWN, Demand, amount, confident, in_unit, required
from evals.selectors import candidates, cases
from evals.selectors.failures import Answer
from governance import registry
from governance.models import Document, User
from governance.proof.charts import counts
from governance.selectors import documents as docs
from governance.selectors import kept
from governance.selectors.samples import hidden
from governance.web.tags import state

register = template.Library()

WIDTH = 64
OUTCOMES = {
    "passed": ("passed", "ok", "check-circle-fill"),
    "failed": ("failed", "bad", "x-circle-fill"),
    "unparsed": ("unreadable", "bad", "x-circle-fill"),
    "missing": ("missing", "wait", "question-circle"),
}


@register.simple_tag
def bar(share: float) -> SafeString:
    """Draw a share as a bar; its words stand beside it."""
    return format_html(
        '<svg class="bar" viewBox="0 0 {w} 6" aria-hidden="true" focusable="false">'
        '<rect class="bar-all" width="{w}" height="6" rx="3"></rect>'
        '<rect class="bar-part" width="{part}" height="6" rx="3"></rect></svg>',
        w=WIDTH,
        part=f"{min(max(share, 0.0), 1.0) * WIDTH:.1f}",
    )


@register.simple_tag
def outcome(name: str) -> SafeString:
    """Draw what became of an answer."""
    return state(*OUTCOMES[name])


@register.filter
def shown(case: Case) -> registry.Case:
    """A case as people read it."""
    return samples.shown(case)


@register.filter
def marked_for(answer: Answer, marks: Mapping[tuple[str, int], list[str]]) -> str:
    """What an answer is marked for, in words."""
    uses = marks.get((answer.looked.case, answer.looked.repeat), ())
    return f"marked as a {' and a '.join(candidates.USES[use] for use in uses)}" if uses else ""


@register.filter
def purpose(evaluation_set: Document) -> str:
    """Whether a set is a holdout or for development."""
    return cases.body(evaluation_set).purpose


@register.filter
def short(value: str | None) -> str:
    """A decimal in at most three places."""
    return reports.figure(value)


@register.filter
def seconds(value: str) -> str:
    """A time in the unit it is read best in."""
    found = Decimal(value)
    return f"{found * 1000:.0f} ms" if found < 1 else f"{found:.2f} s"


@dataclass(frozen=True)
class Figure:
    """A metric on a slice in words; `required` says what the plan asked of it and whether that was shown."""

    metric: str
    value: str
    bounds: str
    required: str
    verdict: str
    n: int
    method: str


@register.simple_tag
def figures(body: Mapping[str, Any]) -> list[tuple[str, list[Figure]]]:
    """The figures of a result by slice, all cases first."""
    asked = {(line["slice"], line["metric"]): line for line in reversed(body["verdicts"]) if line["kind"] == "absolute"}
    found = []
    for name in sorted(body["metrics"], key=lambda name: (name != ALL, name)):
        rows = []
        for metric, measure in body["metrics"][name].items():
            line = asked.get((name, metric))
            rows.append(
                Figure(
                    metric=in_words(metric),
                    value=in_unit(metric, measure["value"]),
                    bounds=confident(metric, measure["low"], measure["high"]),
                    required=f"{required(Demand.of(line))}: {SHOWN[line['verdict']]}" if line else "",
                    verdict=line["verdict"] if line else "",
                    n=measure["n"],
                    method=measure["method"].partition(",")[0],
                )
            )
        found.append((name, rows))
    return found


@register.simple_tag
def spread(body: Mapping[str, Any]) -> str:
    """How far apart the pass rates of a result's repeats are, "" where cases were asked once."""
    rates = sorted(Decimal(rate) for rate in body.get("by_repeat", []))
    if not rates:
        return ""
    low, high = (in_unit("pass_rate", str(rate)) for rate in (rates[0], rates[-1]))
    return f"pass rate {low} in every repeat" if low == high else f"pass rate from {low} to {high} between repeats"


@dataclass(frozen=True)
class Counts:
    """Counts of answers by slice, all cases first: what of, what the columns are, and the rows."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, tuple[int, ...]]]


@register.simple_tag
def counted(body: Mapping[str, Any]) -> list[Counts]:
    """What a result keeps of its answers: what became of them, then beside each result it is compared with."""
    words = {part: OUTCOMES[part][0] for part in counts.OUTCOMES}
    tables = [("What became of them.", words, body.get("became") or {})]
    for role, moved in sorted((body.get("moved") or {}).items()):
        caption = f"The same answers beside those of {counts.BEFORE[role]}."
        tables.append((caption, {part: part for part in counts.MOVED}, moved))
    return [
        Counts(
            caption, [*parts.values()], [(piece, counts.counts(row, [*parts])) for piece, row in counts.by_slice(kept)]
        )
        for caption, parts, kept in tables
        if kept
    ]


@register.simple_tag
def costs(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What answers took, over all cases: latency, tokens and cost per call, where they were measured."""
    over_all = body["metrics"].get(ALL, {})
    words = {
        "latency_p50": "Half of the answers within",
        "latency_p95": "95 % within",
        "latency_p99": "99 % within",
        "tokens_mean": "Tokens per answer",
        "cost_mean": "Cost per answer",
    }
    return [(text, in_unit(name, over_all[name]["value"])) for name, text in words.items() if name in over_all]


@register.filter
def measured(line: Mapping[str, Any]) -> str:
    """What a verdict's line measured, in the unit of its metric."""
    return amount(Demand.of(line), Decimal(line["value"]))


@register.filter
def compared(line: Mapping[str, Any]) -> str:
    """What a verdict's line was compared with, in the unit of its metric."""
    demand = Demand.of(line)
    return f"{demand.other}: {amount(Demand(demand.metric, demand.slice, 'absolute', '0'), Decimal(line['baseline']))}"


@register.simple_tag(takes_context=True)
def result_acts(context: Context, result: Document) -> dict[str, bool]:
    """What somebody may do with a result whose cases are not kept from them, and whether there is anything left."""
    user = context["request"].user
    spec = docs.linked_one(result, "spec")
    evaluation_set = docs.linked_one(spec, "evaluation_set") if spec else None
    seen = evaluation_set is not None and not hidden(user, evaluation_set)
    gone = disposed(result) or (evaluation_set is not None and disposed(evaluation_set))
    judged = docs.envelope(result).body["verdict"] is not None
    return {"disposed": gone, "cases": seen and not gone, "what_if": seen and not gone and judged}


@register.filter
def disposed(document: Document) -> bool:
    """Whether a signed disposal took one of the files that a document names."""
    entries = registry.KINDS[document.kind].files(docs.display_body(document))
    return kept.disposed(entry.sha256 for entry in entries)


@register.filter
def kept_from(document: Document, user: User) -> bool:
    """Whether the cases of an evaluation set are kept from somebody: to try is refused, and goes on the ledger."""
    return bool(hidden(user, document))
