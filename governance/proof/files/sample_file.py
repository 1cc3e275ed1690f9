"""Verify an audit sample: is it what the question, its seed and the ledger give, with all that belongs to each record?

Nobody seals a sample, and nobody needs to. The ledger's entry of the request committed to the question before anything
was drawn; the population follows from the period's entries, which are there without a gap; so does the draw. With the
complete list of leaves everything is held to it; without, what happened outside of the period is the server's word.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from governance.proof.checks.checkpoints import open_head
from governance.proof.checks.elsewhere import NOTHING, Elsewhere
from governance.proof.checks.evidence import LeafEntry
from governance.proof.checks.graph import read_leaves, read_period
from governance.proof.checks.kept_checkpoints import earlier_lines, kept_lines
from governance.proof.checks.keyrings import published_lines
from governance.proof.checks.outcome import CheckLine, Verification, lines
from governance.proof.checks.periods import asked_lines, days_asked, period_lines, span_of
from governance.proof.checks.registers import uncounted
from governance.proof.files.proved_zip import Proofs, beside, bytes_of, head_lines, held, in_full, proofs
from governance.proof.files.sample_index import BESIDE, INDEX, KIND, PAGE, Index, bound, folder, strata
from governance.proof.files.sample_records import Stories, entries_in, left_out
from governance.proof.formats import merkle
from governance.proof.formats.fields import told
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import REPORT_REQUESTED, Leaf
from governance.proof.formats.zip_file import read_zip
from governance.proof.history import sampling
from governance.proof.history.sampling import Member, Recipe
from governance.proof.words.printed import count, plural

NAME, REQUEST, DRAWN, SEED, RECORDS = "sample", "request", "drawn", "seed", "records"


@dataclass(frozen=True)
class _Sample:
    """What a sample has, read: its checkpoint and keyrings are signed, nothing else is checked."""

    index: Index
    files: Mapping[str, bytes]
    proofs: Proofs
    leaves: Sequence[Leaf] | None


def is_sample(file: BinaryIO) -> bool:
    """Return whether a ZIP says that it is an audit sample."""
    try:
        with zipfile.ZipFile(file) as opened:
            return INDEX in opened.namelist()
    # The bytes are anybody's, and parsers fail on hostile bytes in ways of their own.
    except Exception:  # noqa: BLE001
        return False


def size_of(data: bytes) -> int:
    """Return the ledger size of which a sample tells. Raises ValueError: it is none."""
    return Index.from_bytes(read_zip(data).get(INDEX, b"")).ledger_size


def verify_sample(
    sample: Path | bytes,
    root_fingerprint: str | None,
    elsewhere: Elsewhere = NOTHING,
    leaves: Sequence[Leaf] | None = None,
) -> Verification:
    """Return whether an audit sample (a path, or the file's bytes) holds, trusting only `root_fingerprint`.

    `leaves` is the complete list of the ledger's leaves, where its reader has it.

    Code 0: the records are those drawn, and all is there that belongs to them. Code 1: something is not as it must be.
    Code 2: it could not be checked, as for `verify_report`. Code 3: with a checkpoint kept `elsewhere` it proves that
    the log signed two histories.
    """
    data = bytes_of(sample, root_fingerprint)
    if isinstance(data, Verification):
        return data
    if root_fingerprint is None or not is_sample(io.BytesIO(data)):
        return Verification.impossible("file", "found no audit sample: expected a ZIP with sample.json in it")
    try:
        files = read_zip(data)
        index = Index.from_bytes(files.pop(INDEX, b""))
        if problems := list(beside(files, index.files, BESIDE)):
            return Verification.of([CheckLine(NAME, False, problem) for problem in problems])
        opened = _Sample(index, files, proofs(files, index.ledger_size, root_fingerprint, elsewhere), leaves)
    except ValueError as error:
        return Verification.of([CheckLine(NAME, False, told(error))])
    except SignatureError as error:
        return Verification.of([CheckLine("keyring", False, str(error))])
    made = chain([held(NAME, len(files))], _lines(opened, root_fingerprint, elsewhere))
    return in_full(NAME, made, "sample")


def _lines(sample: _Sample, root_fingerprint: str, elsewhere: Elsewhere) -> Iterator[CheckLine]:
    index, given = sample.index, sample.proofs
    yield from head_lines(given, root_fingerprint, elsewhere, "a sample")
    inside, problems = read_period(given.period, given.checkpoint)
    around, others = read_leaves(given.around, given.checkpoint)
    records, more = _recorded(sample)
    yield from period_lines(given.period, [*problems, *others, *more])
    if problems or others or more:
        yield CheckLine(DRAWN, None, "not drawn again: the entries that it is drawn from do not hold")
        return
    # A record's own entries may lie anywhere, so they say nothing of where the period ends.
    known = {**around, **inside}
    yield from asked_lines(index, given.period, known)
    yield from published_lines(given.chain, {**records, **known})
    yield from lines(REQUEST, _request_problems(index, known), _requested(index))
    everything, wrong = _everything(sample, {**records, **known})
    yield from lines("leaves", wrong, "the list of leaves is that of the checkpoint") if sample.leaves else ()
    whole = sample.leaves is not None and not wrong
    ordered = [leaf for seq, leaf in sorted((everything if whole else known).items())]
    population, drawn = sampling.redraw(index.recipe, ordered)
    yield from lines(DRAWN, _draw_problems(sample, known, population, drawn), _drawn(index, population, drawn))
    yield from _seed_lines(sample, elsewhere)
    stories = Stories(index.recipe, everything, complete=whole)
    yield from lines(RECORDS, _record_problems(sample, stories, drawn), f"{_what(sample, drawn)}, and nothing else")
    yield from _word_lines(sample, whole)
    yield from earlier_lines(given.checkpoint, given.consistency)
    yield from kept_lines(
        given.checkpoint,
        elsewhere.checkpoints,
        [*elsewhere.consistency, *given.consistency],
        opened=lambda note: open_head(note, given.chain.last),
    )


def _recorded(sample: _Sample) -> tuple[dict[int, Leaf], list[str]]:
    """Return the proved entries in the folders of records, and what is wrong with the others."""
    found: dict[int, Leaf] = {}
    try:
        # The same entry can be about several records.
        entries = [LeafEntry.model_validate(one) for one in entries_in(sample.files, sample.index.records)]
    except ValueError as error:
        return {}, [f"an entry of a record: {told(error)}"]
    problems = []
    for entry in {(one.index, one.leaf, tuple(one.proof)): one for one in entries}.values():
        read, wrong = read_leaves([entry], sample.proofs.checkpoint)
        found |= read
        problems += wrong
    return found, problems


def _everything(sample: _Sample, known: dict[int, Leaf]) -> tuple[dict[int, Leaf], list[str]]:
    """Return all entries at hand: those of the list of leaves, or those known; and what is wrong with the list."""
    if sample.leaves is None:
        return known, []
    head, tree = sample.proofs.checkpoint, merkle.MemoryTree()
    listed = sample.leaves[: head.size]
    for leaf in listed:
        tree.append(leaf.to_bytes())
    if moved := [place for place, leaf in enumerate(listed) if leaf.seq != place]:
        return known, [f"the list of leaves has entry {listed[moved[0]].seq} in the place of {moved[0]}"]
    if (tree.size, tree.root()) != (head.size, head.root):
        found = f"{tree.size} entries with root {tree.root().hex()}"
        return known, [f"the list of leaves gives {found}, expected {head.size} with root {head.root.hex()}"]
    return {leaf.seq: leaf for leaf in listed}, []


def _request_problems(index: Index, known: Mapping[int, Leaf]) -> Iterator[str]:
    """Yield what the question is otherwise than the ledger's last entry committed to."""
    last = index.ledger_size - 1
    leaf = known.get(last)
    if leaf is None or leaf.event != REPORT_REQUESTED or leaf.data.get("kind") != KIND:
        yield f"entry {last} is not the request of a sample, or not there: the ledger does not bind what was asked"
    elif leaf.data.get("asked") != index.asked:
        yield f"entry {last} committed to the question {leaf.data.get('asked')}, this sample answers {index.asked}"
    elif leaf.project != index.project:
        yield f"entry {last} asks of the project {leaf.project}, this sample is of {index.project}"


def _requested(index: Index) -> str:
    return (
        f"entry {index.ledger_size - 1}, the last, committed to this very question, its size and its seed among it, "
        "before anything was drawn"
    )


def _recipe(sample: _Sample, known: Mapping[int, Leaf]) -> Recipe:
    """Return the recipe that follows from question and ledger. Raises ValueError: the question is none."""
    index, given = sample.index, sample.proofs
    asked = index.parameters
    span = span_of(given.period, days_asked(asked), known)
    if given.period is None:
        # Where a period without entries lies is shown by those next to it that may be read: it matters to nobody.
        span = range(index.recipe.first, index.recipe.first)
    return Recipe.model_validate(
        {
            "population": asked.get("population"),
            "kind": asked.get("kind"),
            "project": index.project,
            "first": span.start,
            "stop": span.stop,
            "ledger_size": given.checkpoint.size,
            "releases": index.recipe.releases,
            "size": asked.get("size"),
            "seed": asked.get("seed") or given.checkpoint.root.hex(),
            "chosen": bool(asked.get("seed")),
        }
    )


def _draw_problems(
    sample: _Sample, known: Mapping[int, Leaf], population: Sequence[Member], drawn: Sequence[Member]
) -> Iterator[str]:
    index = sample.index
    try:
        wanted = _recipe(sample, known)
    except ValueError as error:
        yield f"what was asked is no question about a sample: {told(error)}"
        return
    for name, value in wanted.model_dump().items():
        if getattr(index.recipe, name) != value:
            yield f"its recipe has {name} {getattr(index.recipe, name)!r}, expected {value!r}"
    if index.recipe.population == "releases" and (left := uncounted(known.values(), index.recipe.releases)):
        yield f"{', '.join(left)} put something into use, and are not counted as releases"
    names = [one.name for one in population]
    if len(set(names)) != len(names):
        yield f"{max(names, key=names.count)} is twice in the population"
    said, mine = [one.name for one in index.records], [one.name for one in drawn]
    if said != mine:
        odd = min({*said} ^ {*mine}, default=mine[0] if mine else "none")
        yield f"other records were drawn than recipe and entries give, or in another order: {odd[:200]}"
    for name, value in (
        ("population", len(population)),
        ("strata", strata(population, drawn)),
        ("bound", bound(population, drawn)),
    ):
        if getattr(index, name) != value:
            yield f"its index gives {name} as {str(getattr(index, name))[:300]}, expected {value}"
    if sample.files[PAGE] != index.page():
        yield f"{PAGE} is not the page that follows from {INDEX}"


def _drawn(index: Index, population: Sequence[Member], drawn: Sequence[Member]) -> str:
    what = index.recipe.population.replace("_", "-")
    counting = ""
    if index.recipe.population == "releases":
        counting = f", as which count documents of the kind {', '.join(index.recipe.releases) or 'none'}"
    return (
        f"{count(len(drawn))} of {count(len(population))} {what}{counting}, counted again from the entries and drawn "
        f"again by the seed: the same. {bound(population, drawn)}"
    )


def _seed_lines(sample: _Sample, elsewhere: Elsewhere) -> Iterator[CheckLine]:
    """Yield who can have aimed: nobody, or the server and whoever has its keys."""
    how = sample.index.recipe
    if not how.chosen:
        if how.seed == sample.proofs.checkpoint.root.hex():
            yield CheckLine(SEED, True, "it is the root of the tree that ends with the request, and so came after all")
        detail = (
            "server-attested: that the server did not write requests until their root suited it; a seed of your own, "
            "and a checkpoint from before you gave it, leave it no choice"
        )
        yield CheckLine(SEED, None, detail)
        return
    before = _kept_before(sample, elsewhere)
    if before >= how.stop:
        detail = f"chosen by who asked; the population’s entries were all in the checkpoint of {before} that you kept"
        yield CheckLine(SEED, True, detail)
        return
    detail = (
        f"server-attested: chosen by who asked, and that nothing was added to entries {how.first} to {how.stop} for "
        "its sake: keep a checkpoint, then ask of days that are over with a seed of your own, then give it here"
    )
    yield CheckLine(SEED, None, detail)


def _kept_before(sample: _Sample, elsewhere: Elsewhere) -> int:
    """Return the size of the largest checkpoint kept from before the request; 0 where none was."""
    found = [0]
    for one in elsewhere.checkpoints:
        try:
            size = open_head(one.note, sample.proofs.chain.last).size
        except SignatureError:
            continue
        found += [size] if size < sample.index.ledger_size else []
    return max(found)


def _record_problems(sample: _Sample, stories: Stories, drawn: Sequence[Member]) -> Iterator[str]:
    index = sample.index
    if [one.name for one in index.records] != [one.name for one in drawn]:
        yield "not looked at: they are not those drawn"
        return
    content = {name: data for name, data in sample.files.items() if name not in BESIDE}
    folders = {folder(number) for number, _ in enumerate(drawn, start=1)}
    for name in content:
        if "/".join(name.split("/")[:2]) not in folders:
            yield f"{name} is in the folder of no record drawn"
    for number, (member, said) in enumerate(zip(drawn, index.records, strict=True), start=1):
        yield from stories.problems(number, member, said, content)


def _what(sample: _Sample, drawn: Sequence[Member]) -> str:
    documents = {digest for one in sample.index.records for digest in one.documents}
    return (
        f"{plural(len(drawn), 'record', 'records')} with {plural(len(documents), 'document', 'documents')}: each has "
        "the entries about it, all that it rests on, every statement signed and the files it names"
    )


def _word_lines(sample: _Sample, whole: bool) -> Iterator[CheckLine]:
    """Yield what is left as the server's word."""
    index = sample.index
    if not whole:
        span = f"entries {index.recipe.first} to {index.recipe.stop}"
        detail = (
            f"server-attested: that what happened outside of {span} to the records drawn is all there, and how runs "
            "that began before stood: give the complete list of leaves with --leaves"
        )
        yield CheckLine(RECORDS, None, detail)
    if without := sum(left_out(one.files) for one in index.records):
        detail = f"server-attested: why {plural(without, 'file is', 'files are')} left out, as the index says"
        yield CheckLine(RECORDS, None, detail)
    yield CheckLine(NAME, None, "server-attested: what the place it is about is called")
