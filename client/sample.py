"""`countersign sample`: draw an audit sample again, off line, and check what is in its file."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

from client import output
from client.failure import FAILED, OK, USAGE, Failure
from client.register import read_leaves

MOST = 512 * 1024 * 1024


def redraw(file: Path, leaves: Path, *, as_json: bool) -> int:
    """Print what is found; return FAILED when the sample is not the one that recipe and leaves give."""
    from governance.proof import canonical, merkle, sample_records, sampling
    from governance.proof.fields import base64_bytes

    content, index = _opened(file)
    try:
        recipe = sampling.Recipe.model_validate(index["recipe"])
    except (KeyError, ValueError) as error:
        raise Failure(USAGE, f"{file} has no recipe that can be read ({error})") from None
    known = read_leaves(leaves)
    if len(known) < recipe.ledger_size:
        raise Failure(USAGE, f"{leaves} has {len(known)} entries, expected {recipe.ledger_size} or more")
    tree = merkle.MemoryTree()
    for leaf in known[: recipe.ledger_size]:
        tree.append(leaf.to_bytes())
    root = tree.root()
    problems = []
    if not recipe.chosen and recipe.seed != root.hex():
        problems.append("the seed is not the ledger's root at that size")
    population, drawn = sampling.redraw(recipe, known[: recipe.stop])
    said = [(one["name"], one["entry"]) for one in index["records"]]
    if said != [(one.name, one.entry) for one in drawn]:
        problems.append(f"{len(said)} other records were drawn than recipe and leaves give")
    if index["population"] != len(population):
        problems.append(f"the population is said to be {index['population']}, and is {len(population)}")
    problems += sample_records.problems(index.get("asked", {}), recipe, known[: recipe.ledger_size], drawn, content)
    listed = {name: f"sha256:{hashlib.sha256(data).hexdigest()}" for name, data in content.items()}
    if listed != index["files"]:
        problems.append("files are missing, added or changed")
    for name in sorted(content):
        if name.endswith("/leaves.json"):
            problems += _unproved(
                name, canonical.loads(content[name])["leaves"], recipe.ledger_size, root, base64_bytes
            )
    told = {"population": len(population), "drawn": [one.name for one in drawn], "root": root.hex(), "wrong": problems}
    if as_json:
        output.say_json(told)
    else:
        output.say(
            f"{len(drawn)} of {len(population)} {recipe.population.replace('_', '-')}, as recipe and leaves give"
        )
        output.say(sampling.bound_in_words(len(population), len(drawn)))
        output.say(f"root {root.hex()} at {recipe.ledger_size} entries: compare it with a signed checkpoint", err=True)
        for problem in problems:
            output.say(problem, colour="red", err=True)
    return FAILED if problems else OK


def _opened(file: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the files of a ZIP by name, and its index. Failure: it is no sample that can be read."""
    from governance.proof import canonical

    try:
        with zipfile.ZipFile(file) as package:
            if sum(entry.file_size for entry in package.infolist()) > MOST:
                raise Failure(USAGE, f"{file} unpacks to more than {MOST} bytes, which no sample does")
            content = {name: package.read(name) for name in package.namelist()}
        return content, canonical.loads(content.pop("index.json"))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Failure(USAGE, f"{file} is no audit sample that can be read ({error})") from None


def _unproved(name: str, entries: list[dict[str, Any]], size: int, root: bytes, decoded: Any) -> list[str]:
    from governance.proof import merkle

    wrong = []
    for entry in entries:
        proof = [bytes.fromhex(node) for node in entry["proof"]]
        try:
            merkle.verify_inclusion(entry["index"], size, merkle.leaf_hash(decoded(entry["leaf"])), proof, root)
        except ValueError as error:
            wrong.append(f"{name}: entry {entry['index']}: {error}")
    return wrong
