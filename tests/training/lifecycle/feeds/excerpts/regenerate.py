"""Writes the excerpts beside this file anew, from two releases of litellm that lie unpacked somewhere:

    python regenerate.py 1.105.2 OLD/litellm/model_prices_and_context_window_backup.json 1.110.2 NEW/litellm/…

Kept are the entries whose date moved between the two, some whose date is gone, some that are new, and some without a
date; of each the fields that say whose it is and what of its life. Both releases are under the MIT licence.
"""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
FIELDS = ("litellm_provider", "mode", "deprecation_date", "deprecation_source", "source", "max_input_tokens")


def main(old_version: str, old_path: str, new_version: str, new_path: str) -> None:
    old, new = (json.loads(Path(path).read_bytes()) for path in (old_path, new_path))
    dated = [{k: v["deprecation_date"] for k, v in table.items() if "deprecation_date" in v} for table in (old, new)]
    before, after = dated
    moved = [name for name in before if name in after and before[name] != after[name] and name != "sample_spec"]
    gone = sorted(set(before) - set(after))[:8]
    fresh = sorted(set(after) - set(before))[:8]
    bare = [name for name in old if name not in before and name in new and name not in after][:4]
    kept = ["sample_spec", *moved, *gone, *fresh, *bare]
    told = {}
    for version, path, table in ((old_version, old_path, old), (new_version, new_path, new)):
        cut = {name: {f: table[name][f] for f in FIELDS if f in table[name]} for name in table if name in kept}
        (HERE / f"litellm-{version}.json").write_text(json.dumps(cut, indent=1) + "\n")
        told[version] = {
            "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
            "entries": len(table),
            "dated": len(dated[0 if version == old_version else 1]) - 1,
            "kept": len(cut),
        }
    (HERE / "about.json").write_text(
        json.dumps({"litellm": told, "moved": len(moved), "gone": len(gone)}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
