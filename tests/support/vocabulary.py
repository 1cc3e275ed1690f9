"""The words of all registered kinds, events, acts and purposes, as the verifier carries them.

`python -m tests.support.vocabulary` writes them anew.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from governance.proof import vocabulary

PLACE = Path(vocabulary.__file__).with_name(vocabulary.FILE)


def registered() -> str:
    """Return `vocabulary.json` as what is registered has it."""
    from governance.access import ACTIONS
    from governance.events import WORDS
    from governance.registry import KINDS, PURPOSES, REPORTS

    # One to a line, so that two branches which add some can be joined.
    kinds = _lines({name: kind.words.as_json() for name, kind in KINDS.items()})
    brief = json.dumps(sorted(name for name, report in REPORTS.items() if report.brief))
    acts = _lines({name: action.label for name, action in ACTIONS.items()})
    purposes = _lines({name: purpose.label for name, purpose in PURPOSES.items()})
    said = {"acts": acts, "events": _lines(WORDS), "kinds": kinds, "purposes": purposes}
    told = ",\n".join(f'"{name}": {{{lines}}}' for name, lines in said.items())
    return f'{{"brief": {brief},\n{told}}}\n'


def _lines(said: Mapping[str, object]) -> str:
    told = (f"{json.dumps(n)}: {json.dumps(o, ensure_ascii=False, sort_keys=True)}" for n, o in sorted(said.items()))
    return ",".join(f"\n {line}" for line in told) + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PLACE.write_text(registered(), encoding="utf-8")
