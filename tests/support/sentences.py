"""The sentences that reports print, taken from the source that prints them, as translators' tools take theirs.

A sentence is what a block of a report is made with: the words of a paragraph, heading, caption, exception, title of a
section. Where the source puts a value in, the sentence has a place, `{}`. What one or the other thing can fill is taken
as alternatives: a conditional, a name that was given several texts, an argument by what each call passes for it.

So there is no list of sentences beside the source. Words that other modules of ours make, or that are listed, are
phrases of their own, which sentences have by name. What this cannot follow becomes a place for a text of the evidence
(`governance.proof.words.places`); a sentence that it would miss is one that the worker's own check of a report refuses.
"""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import product

from tests.support.alternatives import NUMBER, PLACE, argument, assigned, evaluated, resolved
from tests.support.sources import PACKAGES, Source, called, sources

CHARTS = (
    "IntervalChart", "TimelineChart", "ForestChart", "RegionChart", "StackChart", "MatrixChart", "CurveChart",
)  # fmt: skip
PRINTED = {
    "Paragraph": ((0, "text"),),
    "Heading": ((0, "text"),),
    "table": ((0, "caption"), (3, "empty")),
    "DataTable": ((0, "caption"), (3, "empty")),
    "files": ((0, "caption"),),
    **dict.fromkeys(CHARTS, ((0, "caption"),)),
}
"""blocks that say something, and which of their arguments do"""
OTHERWISE = {"table": "None.", "DataTable": "None recorded.", "files": "No files."}
"""what is said in place of a table without rows unless something else is"""
ELSEWHERE = frozenset(
    f"governance.reports.{name}"
    for name in ("audit_findings", "exceptions", "receipt", "record", "story", "verification")
) | {"governance.proof.sections.blocks"}
"""modules whose sentences `proof.words.running_text` has, word for word, or that have none of their own"""


EVERY = frozenset({"governance.proof.sections.derived", "governance.reports.printed"})
"""modules that lead to all sections, whatever they are asked for"""
RULES = "governance.proof.sections."
"""where stands what follows from documents: exceptions that are told there are compared word for word"""
BESIDES = "governance.proof.sections.besides"
"""but for these: where the section that says the same is not in a report, they are known by their sentences"""


def reached(*names: str) -> list[str]:
    """Return the modules that print which some of them lead to, themselves among them."""
    known, waiting = set[str](), [*names]
    while waiting:
        name = waiting.pop()
        # A package names all its modules: who imports from it means one of them.
        if name in sources() and name not in known and name not in (*PACKAGES, *EVERY):
            known.add(name)
            waiting += sources()[name].imported
    return sorted(name for name in known - ELSEWHERE if sentences(name) or warnings(name))


@cache
def sentences(name: str) -> list[str]:
    """Return what a module's paragraphs, headings and captions say, but for what is wholly a place."""
    source = sources()[name]
    found = set[str]()
    for call in source.calls(*PRINTED):
        for place, keyword in PRINTED[called(call)]:
            found |= argument(call, place, keyword, source)
        if (otherwise := OTHERWISE.get(called(call))) is not None:
            found.add(otherwise)
    for call in source.calls("KeyFigure"):
        parts = [argument(call, place, word, source) for place, word in enumerate(("value", "label", "note"))]
        found |= {" ".join(told) for told in product(*(sorted(part) for part in parts if part))}
    return sorted(_plain(found))


@cache
def captions(name: str) -> list[str]:
    """Return under which captions a module draws charts of its own: those that do not follow from documents."""
    source = sources()[name]
    return sorted(_plain({text for call in source.calls(*CHARTS) for text in argument(call, 0, "caption", source)}))


@cache
def warnings(name: str) -> list[str]:
    """Return the exceptions that a module tells of on page one, each with its label before it."""
    source = sources()[name]
    if name.startswith(RULES) and name != BESIDES:
        return []
    found, aside = set[str](), _aside()
    for call in source.calls("Notice"):
        function = source.within[call]
        if function is not None and (name, function.name) in aside:
            continue
        labels, texts = (argument(call, place, word, source) for place, word in enumerate(("label", "text")))
        found |= {f"{label}. {text}" for label in labels for text in texts}
    return sorted(_plain(found))


@cache
def _aside() -> frozenset[tuple[str, str]]:
    """The functions whose words only signers are told, by module and name: no report prints them on page one."""
    from governance.registry import KINDS

    told = {one for kind in KINDS.values() for one in (kind.notices, kind.since)}
    return frozenset((k.tells.__module__, k.tells.__name__) for k in KINDS.values() if k.tells not in told)


def titles(name: str) -> list[str]:
    """Return the titles of the sections that a module tells."""
    source = sources()[name]
    return sorted(_plain({text for call in source.calls("Section") for text in argument(call, 0, "title", source)}))


def always(name: str, entry: str) -> list[str]:
    """Return the titles of the sections that a function of a module tells whatever is the case."""
    source, found, seen = sources()[name], dict[str, None](), set[str]()
    waiting = [entry]
    while waiting:
        function = source.functions.get(waiting.pop(0))
        if function is None or function.name in seen:
            continue
        seen.add(function.name)
        for node in _unconditional(function):
            if called(node) == "Section":
                title = argument(node, 0, "title", source)
                found |= dict.fromkeys(title if len(title) == 1 and PLACE not in next(iter(title)) else ())
            elif isinstance(node.func, ast.Name):
                waiting.append(node.func.id)
    return list(found)


def claims(name: str, entry: str, what: str) -> list[tuple[bool, list[str]]]:
    """Return what a report `proves` or `does_not_prove`, by its pages: of each whether always, and the alternatives."""
    source = sources()[name]
    function = source.functions[entry]
    told = next(call for call in source.calls("Told") if source.within[call] is function)
    value = next(one.value for one in told.keywords if one.arg == what)
    return list(_listed(value, source))


def plain(name: str, entry: str) -> bool:
    """Return whether a report tells nothing else than what the function of a module tells."""
    return told(name, entry, "plain") == ["True"]


def told(name: str, entry: str, what: str) -> list[str]:
    """Return what a report is called (`title`), or is about (`about`), by the function of a module that tells it."""
    source = sources()[name]
    call = next(call for call in source.calls("Told") if source.within[call] is source.functions[entry])
    return sorted(argument(call, 99, what, source))


def _listed(value: ast.expr, source: Source, *, must: bool = True) -> Iterator[tuple[bool, list[str]]]:
    if isinstance(value, ast.Tuple | ast.List):
        for one in value.elts:
            if isinstance(one, ast.Starred):
                yield from _listed(one.value, source, must=must)
            else:
                yield must, sorted(resolved(one, source))
        return
    if isinstance(value, ast.Call) and called(value) == "tuple" and isinstance(value.args[0], ast.Name):
        function, name = source.within[value], value.args[0].id
        for node in ast.walk(function) if function else ():
            if isinstance(node, ast.Call) and called(node) == "insert" and getattr(node.func.value, "id", "") == name:  # type: ignore[attr-defined]
                yield False, sorted(resolved(node.args[1], source))
        for one in assigned(name, function):
            yield from _listed(one, source)
        return
    if isinstance(value, ast.IfExp):
        for one in (value.body, value.orelse):
            yield from _listed(one, source, must=False)
        return
    if isinstance(value, ast.Call) and (made := source.functions.get(called(value))) is not None:
        yields = [node.value for node in ast.walk(made) if isinstance(node, ast.Yield) and node.value is not None]
        yield from ((False, sorted(resolved(one, source))) for one in yields)
        return
    known = evaluated(value, source)
    if not isinstance(known, tuple):
        raise ValueError(f"{source.name}: line {value.lineno} is no list of claims that can be followed")
    yield from ((must, [str(one)]) for one in known)


def _unconditional(function: ast.FunctionDef) -> Iterator[ast.Call]:
    """Yield the calls in a function that happen whenever it is called, in the order of the source."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.For | ast.While | ast.IfExp | ast.FunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If | ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
            # After a way out, nothing is certain.
            if isinstance(node, ast.If) and any(isinstance(one, ast.Return) for one in ast.walk(node)):
                return
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting = [*ast.iter_child_nodes(node), *waiting]


def _plain(found: set[str]) -> set[str]:
    """Return sentences as they are printed, in single spaces; without those that say nothing by themselves."""
    told = {" ".join(one.split()) for one in found}
    return {one for one in told if one.replace(PLACE, "").replace(NUMBER, "").strip(" .,:;")}
