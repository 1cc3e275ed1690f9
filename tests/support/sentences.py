"""The sentences that reports print, taken from the source that prints them, as translators' tools take theirs.

A sentence is what a block of a report is made with: the words of a paragraph, heading, caption, exception, title of a
section. Where the source puts a value in, the sentence has a place, `{}`. What one or the other thing can fill is taken
as alternatives: a conditional, a name that was given several texts, an argument by what each call passes for it.

So there is no list of sentences beside the source. What this cannot follow becomes a place, which the verifier names as
not compared; a sentence that it would miss is one that the worker's own check of a report refuses.
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGES = ("governance.reports", "evals.reports", "training.reports")
"""where reports are told"""
PLACE = "{}"
MOST = 40
"""alternatives of one sentence; of more, what differs is a place"""
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
    f"governance.reports.{name}" for name in ("exceptions", "parts", "receipt", "record", "story", "verification")
)
"""modules whose sentences `proof.page_words` has, word for word, or that have none of their own"""

Function = ast.FunctionDef | None


@dataclass
class Source:
    """A module that prints: its tree, and itself."""

    name: str
    module: ModuleType
    tree: ast.Module
    within: dict[ast.AST, Function] = field(default_factory=dict)
    above: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._walk(self.tree, None)

    def _walk(self, node: ast.AST, function: Function) -> None:
        for child in ast.iter_child_nodes(node):
            self.within[child], self.above[child] = function, node
            self._walk(child, child if isinstance(child, ast.FunctionDef) else function)

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        return {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Yield the calls of functions and classes of these names, each name's in the order of the source."""
        for name in names:
            yield from self._calls.get(name, ())

    @cached_property
    def _calls(self) -> dict[str, list[ast.Call]]:
        found: dict[str, list[ast.Call]] = {}
        for node in self.within:
            if isinstance(node, ast.Call):
                found.setdefault(called(node), []).append(node)
        return found

    @cached_property
    def imported(self) -> set[str]:
        """The modules that this one names."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        return found


def called(node: ast.Call) -> str:
    """Return the name of what is called, without what it is called of."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@cache
def sources() -> dict[str, Source]:
    """Return the modules that print, by name."""
    found = {}
    for package in PACKAGES:
        home = importlib.import_module(package)
        names = [package, *(f"{package}.{one.name}" for one in pkgutil.iter_modules(home.__path__))]
        for name in names:
            module = importlib.import_module(name)
            found[name] = Source(name, module, ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
    return found


def reached(*names: str) -> list[str]:
    """Return the modules that print which some of them lead to, themselves among them."""
    known, waiting = set[str](), [*names]
    while waiting:
        name = waiting.pop()
        # A package names all its modules: who imports from it means one of them.
        if name in sources() and name not in known and name not in PACKAGES:
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
            found |= _argument(call, place, keyword, source)
        if (otherwise := OTHERWISE.get(called(call))) is not None:
            found.add(otherwise)
    for call in source.calls("KeyFigure"):
        parts = [_argument(call, place, word, source) for place, word in enumerate(("value", "label", "note"))]
        found |= {" ".join(told) for told in product(*(sorted(part) for part in parts if part))}
    return sorted(_plain(found))


@cache
def warnings(name: str) -> list[str]:
    """Return the exceptions that a module tells of on page one, each with its label before it."""
    source = sources()[name]
    found = set[str]()
    for call in source.calls("Notice"):
        labels, texts = (_argument(call, place, word, source) for place, word in enumerate(("label", "text")))
        found |= {f"{label}. {text}" for label in labels for text in texts}
    return sorted(_plain(found))


def titles(name: str) -> list[str]:
    """Return the titles of the sections that a module tells."""
    source = sources()[name]
    return sorted(_plain({text for call in source.calls("Section") for text in _argument(call, 0, "title", source)}))


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
                title = _argument(node, 0, "title", source)
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
    return sorted(_argument(call, 99, what, source))


def _listed(value: ast.expr, source: Source, *, must: bool = True) -> Iterator[tuple[bool, list[str]]]:
    if isinstance(value, ast.Tuple | ast.List):
        for one in value.elts:
            if isinstance(one, ast.Starred):
                yield from _listed(one.value, source, must=must)
            else:
                yield must, sorted(_resolved(one, source))
        return
    if isinstance(value, ast.Call) and called(value) == "tuple" and isinstance(value.args[0], ast.Name):
        function, name = source.within[value], value.args[0].id
        for node in ast.walk(function) if function else ():
            if isinstance(node, ast.Call) and called(node) == "insert" and getattr(node.func.value, "id", "") == name:  # type: ignore[attr-defined]
                yield False, sorted(_resolved(node.args[1], source))
        for one in _given(name, function):
            yield from _listed(one, source)
        return
    if isinstance(value, ast.IfExp):
        for one in (value.body, value.orelse):
            yield from _listed(one, source, must=False)
        return
    if isinstance(value, ast.Call) and (made := source.functions.get(called(value))) is not None:
        yields = [node.value for node in ast.walk(made) if isinstance(node, ast.Yield) and node.value is not None]
        yield from ((False, sorted(_resolved(one, source))) for one in yields)
        return
    known = _evaluated(value, source)
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


def _argument(call: ast.Call, place: int, keyword: str, source: Source, seen: Sequence[object] = ()) -> set[str]:
    given = call.args[place] if len(call.args) > place else None
    given = next((one.value for one in call.keywords if one.arg == keyword), given)
    return _resolved(given, source, (*seen, call)) if given is not None else set()


def _resolved(value: ast.expr, source: Source, seen: Sequence[object] = ()) -> set[str]:
    """Return what an expression can be, with places for what cannot be told."""
    if len(seen) > 8:
        return {PLACE}
    known = _evaluated(value, source)
    if isinstance(known, str | bool):
        return {str(known)}
    found = _followed(value, source, (*seen, value))
    return found if found and len(found) <= MOST else {PLACE}


def _followed(value: ast.expr, source: Source, seen: Sequence[object]) -> set[str]:
    match value:
        case ast.JoinedStr():
            parts = [_resolved(one, source, seen) for one in value.values]
            size = 1
            for part in parts:
                size *= len(part)
            parts = parts if size <= MOST else [part if len(part) == 1 else {PLACE} for part in parts]
            return {"".join(told) for told in product(*map(sorted, parts))}
        case ast.FormattedValue():
            return {PLACE} if value.format_spec is not None else _resolved(value.value, source, seen)
        case ast.IfExp():
            return _resolved(value.body, source, seen) | _resolved(value.orelse, source, seen)
        case ast.BoolOp(op=ast.Or()):
            return {told for one in value.values for told in _resolved(one, source, seen)}
        case ast.BinOp(op=ast.Add()):
            left, right = _resolved(value.left, source, seen), _resolved(value.right, source, seen)
            return {one + other for one in left for other in right}
        case ast.Call() if called(value) == "plural":
            nouns = [_resolved(one, source, seen) for one in value.args[1:]]
            return {f"{PLACE} {noun}" for part in nouns for noun in part}
        case ast.Call(func=ast.Name()) if (function := source.functions.get(called(value))) is not None:
            return _returned(function, source, seen)
        case ast.Subscript() if isinstance(table := _evaluated(value.value, source), dict):
            return {one for one in table.values() if isinstance(one, str)}
        case ast.Call(func=ast.Attribute(attr="capitalize" | "lower", value=one)):
            told = _resolved(one, source, seen)
            return {text.capitalize() if called(value) == "capitalize" else text.lower() for text in told}
        case ast.Name():
            return _named(value, source, seen)
    return {PLACE}


def _returned(function: ast.FunctionDef, source: Source, seen: Sequence[object]) -> set[str]:
    if function in seen:
        return {PLACE}
    returns = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return {told for one in returns for told in _resolved(one, source, (*seen, function))}


def _named(value: ast.Name, source: Source, seen: Sequence[object]) -> set[str]:
    """Return what a name can be: what the function gave it, or what calls of the function pass for it."""
    function = source.within.get(value)
    if function is None or sum(one is function for one in seen) > 1:
        return {PLACE}
    given = _given(value.id, function)
    added = [
        node.value for node in ast.walk(function)
        if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == value.id
    ]  # fmt: skip
    if given:
        told = {one for each in given for one in _resolved(each, source, seen)}
        for each in added:
            told |= {one + more for one in told for more in _resolved(each, source, seen)}
        return told
    if (looped := _looped(value, function, source)) is not None:
        return looped
    names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
    if value.id not in names:
        return {PLACE}
    place, passed = names.index(value.id), set[str]()
    for other in sources().values():
        if other is source or source.name in other.imported or source.name.rpartition(".")[0] in other.imported:
            for call in other.calls(function.name):
                passed |= _argument(call, place, value.id, other, seen) if call not in seen else {PLACE}
    return passed or {PLACE}


def _looped(value: ast.Name, function: ast.FunctionDef, source: Source) -> set[str] | None:
    """Return what a name is in a loop over what its module defines; None where it is in none."""
    for node in ast.walk(function):
        if not isinstance(node, ast.For | ast.comprehension):
            continue
        path = _path(node.target, value.id)
        over = node.iter
        if path is None:
            continue
        if isinstance(over, ast.Call) and called(over) == "items" and isinstance(over.func, ast.Attribute):
            table = _evaluated(over.func.value, source)
            items: Sequence[Any] = list(table.items()) if isinstance(table, Mapping) else []
        else:
            known = _evaluated(over, source)
            items = known if isinstance(known, tuple | list) else []
        found = set[str]()
        for item in items:
            for step in path:
                item = item[step]
            found.add(str(item))
        return found or {PLACE}
    return None


def _path(target: ast.expr, name: str) -> list[int] | None:
    """Return which part of what is looped over a name is."""
    if isinstance(target, ast.Name):
        return [] if target.id == name else None
    for place, one in enumerate(target.elts if isinstance(target, ast.Tuple) else ()):
        if (path := _path(one, name)) is not None:
            return [place, *path]
    return None


def _given(name: str, function: Function) -> list[ast.expr]:
    """Return what a function gives to a name; nothing where it is not by plain assignments."""
    found = []
    for node in ast.walk(function) if function else ():
        if isinstance(node, ast.Assign):
            if any(getattr(one, "id", "") == name for one in node.targets):
                found.append(node.value)
            path = _path(node.targets[0], name)
            if path and len(path) == 1 and isinstance(node.value, ast.Tuple):
                found.append(node.value.elts[path[0]])
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and getattr(node.target, "id", "") == name:
            found += [node.value] if node.value is not None else []
    return found


def _evaluated(value: ast.expr, source: Source) -> object:
    """Return what an expression is wherever it stands: a constant, or made of what its module defines."""
    if isinstance(value, ast.Constant):
        return value.value
    local = source.within.get(value)
    for node in ast.walk(value):
        if isinstance(node, ast.Call | ast.Lambda | ast.NamedExpr | ast.JoinedStr | ast.comprehension):
            return None
        if isinstance(node, ast.Name) and (not hasattr(source.module, node.id) or (local and _given(node.id, local))):
            return None
    if local and any(one.arg in {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} for one in local.args.args):
        return None
    try:
        return eval(compile(ast.Expression(value), source.name, "eval"), vars(source.module))
    except (AttributeError, KeyError, TypeError, IndexError):
        return None


def _plain(found: set[str]) -> set[str]:
    """Return sentences as they are printed, in single spaces; without those that say nothing by themselves."""
    told = {" ".join(one.split()) for one in found}
    return {one for one in told if one.replace(PLACE, "").strip(" .,:;")}
