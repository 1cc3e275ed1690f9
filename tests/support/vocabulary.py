"""The words of all registered kinds, events, acts and purposes, as the verifier carries them.

`python -m tests.support.vocabulary` writes them anew.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from governance.proof.sections.derived import SECTIONS
from governance.proof.words import vocabulary
from governance.proof.words.clauses import Chapter
from governance.proof.words.places import parts
from tests.support import sentences
from tests.support.alternatives import PHRASES

SHARED = tuple(f"governance.reports.{name}" for name in ("presented", "read_body"))
"""what every report on documents can tell besides"""
PLACE = Path(vocabulary.__file__).with_name(vocabulary.FILE)


def registered() -> str:
    """Return `vocabulary.json` as what is registered has it."""
    from evals.engine.metric_names import METRICS
    from governance import policy_words
    from governance.access import ACTIONS
    from governance.events import WORDS
    from governance.registry import EXCLUSIONS, GATES, KINDS, PURPOSES, REPORTS
    from training.selectors.changes import TOPICS

    # One to a line, so that two branches which add some can be joined.
    kinds = _lines({name: kind.words.as_json() for name, kind in KINDS.items()})
    brief = json.dumps(sorted(name for name, report in REPORTS.items() if report.brief))
    acts = _lines({name: action.label for name, action in ACTIONS.items()})
    purposes = _lines({name: purpose.label for name, purpose in PURPOSES.items()})
    telling = {name: _told(kind.pages) for name, kind in REPORTS.items() if kind.pages and name != "lineage"}
    telling |= {name: _told(kind.dossier.tell) for name, kind in KINDS.items() if kind.dossier}
    drawn = {name: dict(kind.dossier.charts) for name, kind in KINDS.items() if kind.dossier}
    stands = {name: dict(kind.dossier.printed) for name, kind in KINDS.items() if kind.dossier}
    telling = {n: one | {"charts": drawn.get(n, {}), "printed": stands.get(n, {})} for n, one in telling.items()}
    telling = {n: one | {"chapters": list(REPORTS[n].chapters) if n in REPORTS else []} for n, one in telling.items()}
    labels = {name: REPORTS[name].label for name in telling if name in REPORTS}
    bodies = {
        name: sentences.reached(
            *{one.__module__ for one in (*SECTIONS.get(kind.printed, ()), kind.notices, kind.since)}
        )
        for name, kind in KINDS.items()
    }
    printed = {name for one in telling.values() for name in one["by"]} | {n for one in bodies.values() for n in one}
    printed |= set(sentences.reached(*SHARED))
    told_ = {
        name: {"says": sentences.sentences(name), "warns": sentences.warnings(name), "draws": sentences.captions(name)}
        for name in printed
    }
    former = {what: _former(told_, what) for what in ("says", "warns", "draws")}
    policies = policy_words.known()
    measures = {
        name: {
            "words": m.words,
            "of": m.of,
            "bounded": m.bounded,
            "unit": m.unit,
            "graders": list(m.graders),
            "argument": m.argument,
        }
        for name, m in METRICS.items()
    }
    chapters = {name: _versions(name, kind.chapters) for name, kind in REPORTS.items() if kind.chapters}
    more = {
        "chapters": _lines(chapters),
        "bodies": _lines(bodies),
        "excluded": _lines({name: sorted(one.wrote) for name, one in EXCLUSIONS.items() if one.wrote}),
        "former": _lines(former),
        "let_pass": _lines({kind: sorted(gate.made) for kind, gate in GATES.items() if gate.made}),
        "labels": _lines(labels),
        "measures": _lines(measures),
        "policies": _lines(
            {
                "checks": {name: list(told) for name, told in policies.checks.items()},
                "exclusions": dict(policies.exclusions),
                "periods": dict(policies.periods),
            }
        ),
        "phrases": _lines(_phrases({**told_, "former": former, "telling": telling})),
        "said": _lines(told_),
        "telling": _lines(telling),
    }
    said = more | {"acts": acts, "events": _lines(WORDS), "kinds": kinds, "purposes": purposes}
    topics = ",".join(f"\n {json.dumps(one)}" for one in TOPICS)
    told = ",\n".join(f'"{name}": {{{lines}}}' for name, lines in said.items())
    return f'{{"brief": {brief},\n"topics": [{topics}\n],\n{told}}}\n'


def _former(now: Mapping[str, Mapping[str, list[str]]], what: str) -> list[str]:
    """Return the sentences that reports of earlier versions print: all that the file had and no module prints now."""
    had = json.loads(PLACE.read_text(encoding="utf-8"))
    known = {sentence for module in had.get("said", {}).values() for sentence in module.get(what, [])}
    printed = {sentence for module in now.values() for sentence in module[what]}
    return sorted((known | set(had.get("former", {}).get(what, []))) - printed)


def _phrases(now: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Return the phrases that sentences name, with what they said in earlier versions."""
    had = json.loads(PLACE.read_text(encoding="utf-8")).get("phrases", {})
    found: dict[str, dict[str, list[str]]] = {}
    waiting = _named(now)
    while waiting:
        name = waiting.pop()
        if name in found or (name not in PHRASES and name not in had):
            continue
        of, between = PHRASES.get(name, ((), had.get(name, {}).get("between", ())))
        before = had.get(name, {"of": [], "former": []})
        former = sorted({*before["of"], *before["former"]} - {*of})
        found[name] = {"between": list(between), "former": former, "of": list(of)}
        waiting |= _named([*of, *former])
    return found


def _named(value: Any) -> set[str]:
    """Return the places that sentences anywhere in a value have."""
    if isinstance(value, str):
        return set(parts(value)[1])
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return {name for one in members for name in _named(one)}


def _versions(kind: str, now: Mapping[str, Chapter]) -> list[list[Any]]:
    """Return each chapter's versions, in the order of pages: that of now, then those that earlier reports print."""
    had = dict(json.loads(PLACE.read_text(encoding="utf-8")).get("chapters", {}).get(kind, []))
    new = {name: chapter.as_json() for name, chapter in now.items()}
    return [[name, [one, *(old for old in had.get(name, []) if old != one)]] for name, one in new.items()]


def _told(tell: Callable[..., object]) -> dict[str, Any]:
    """Return what the pages of a kind of report can say of their own, by the function that tells them."""
    name, entry = tell.__module__, tell.__name__
    return {
        "about": sentences.told(name, entry, "about"),
        "always": sentences.always(name, entry),
        "by": sentences.reached(name),
        "does_not_prove": sentences.claims(name, entry, "does_not_prove"),
        "plain": sentences.plain(name, entry),
        "proves": sentences.claims(name, entry, "proves"),
        "sections": sentences.titles(name),
        "title": sentences.told(name, entry, "title"),
    }


def _lines(said: Mapping[str, object]) -> str:
    told = (f"{json.dumps(n)}: {json.dumps(o, ensure_ascii=False, sort_keys=True)}" for n, o in sorted(said.items()))
    return ",".join(f"\n {line}" for line in told) + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PLACE.write_text(registered(), encoding="utf-8")
