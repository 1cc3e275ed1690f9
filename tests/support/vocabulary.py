"""The words of all registered kinds and events, as the verifier carries them.

`python -m tests.support.vocabulary` writes them anew.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from governance.proof import vocabulary

PLACE = Path(vocabulary.__file__).with_name(vocabulary.FILE)


def registered() -> str:
    """Return `vocabulary.json` as the registered kinds and events have it."""
    from governance.events import WORDS
    from governance.registry import KINDS, REPORTS

    # One to a line, so that two branches which add some can be joined.
    kinds = _lines({name: kind.words.as_json() for name, kind in KINDS.items()})
    brief = json.dumps(sorted(name for name, report in REPORTS.items() if report.brief))
    return f'{{"brief": {brief},\n"events": {{{_lines(WORDS)}}},\n"kinds": {{{kinds}}}}}\n'


def _lines(said: Mapping[str, object]) -> str:
    told = (f"{json.dumps(n)}: {json.dumps(o, ensure_ascii=False, sort_keys=True)}" for n, o in sorted(said.items()))
    return ",".join(f"\n {line}" for line in told) + "\n"


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PLACE.write_text(registered(), encoding="utf-8")
