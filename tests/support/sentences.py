"""The sentences that reports print, taken from the source that prints them, as translators' tools take theirs.

A sentence is what a block of a report is made with: the words of a paragraph, heading, caption, exception, title of a
section. Where the source puts a value in, the sentence has a place, `{}`. What one or the other thing can fill is taken
as alternatives: a conditional, a name that was given several texts, an argument by what each call passes for it.

So there is no list of sentences beside the source. Words that other modules of ours make, or that are listed, are
phrases of their own, which sentences have by name. What this cannot follow becomes a place for a text of the evidence
(`governance.proof.places`); a sentence that it would miss is one that the worker's own check of a report refuses.
"""

import ast
import importlib
import inspect
import math
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from governance.proof.places import LISTED

if TYPE_CHECKING:
    from tests.support.hints import At

PACKAGES = ("governance.reports", "evals.reports", "training.reports")
"""where reports are told"""
PLACE, NUMBER, FIGURE, NAMES = "{}", "{#}", "{figure}", "{names}"
COUNTED = frozenset({"count", "int", "len", "sum"})
"""what is called for a number"""
MOST = 40
"""alternatives of one sentence; of more, what differs is a place"""
FEW = 8
"""alternatives of one value; of more, it is a phrase"""
DEEPEST = 24
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
    for name in ("audit_findings", "exceptions", "parts", "receipt", "record", "story", "verification")
)
"""modules whose sentences `proof.page_words` has, word for word, or that have none of their own"""

PROJECT = ("evals.", "governance.", "training.")
"""where our own modules are"""
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
    def qualified(self) -> dict[str, ast.FunctionDef]:
        """Functions of the module and methods of its classes, by qualified name."""
        found = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        for outer in (node for node in self.tree.body if isinstance(node, ast.ClassDef)):
            found |= {f"{outer.name}.{n.name}": n for n in outer.body if isinstance(n, ast.FunctionDef)}
        return found

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
def source_of(name: str) -> Source:
    """Return a module, by name."""
    if name in sources():
        return sources()[name]
    return _read(name)


def _read(name: str) -> Source:
    module = importlib.import_module(name)
    return Source(name, module, ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))


@cache
def sources() -> dict[str, Source]:
    """Return the modules that print, by name."""
    found = {}
    for package in PACKAGES:
        home = importlib.import_module(package)
        names = [package, *(f"{package}.{one.name}" for one in pkgutil.iter_modules(home.__path__))]
        for name in names:
            found[name] = _read(name)
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
def captions(name: str) -> list[str]:
    """Return under which captions a module draws charts of its own: those that do not follow from documents."""
    source = sources()[name]
    return sorted(_plain({text for call in source.calls(*CHARTS) for text in _argument(call, 0, "caption", source)}))


@cache
def warnings(name: str) -> list[str]:
    """Return the exceptions that a module tells of on page one, each with its label before it."""
    source = sources()[name]
    found, aside = set[str](), _aside()
    for call in source.calls("Notice"):
        function = source.within[call]
        if function is not None and (name, function.name) in aside:
            continue
        labels, texts = (_argument(call, place, word, source) for place, word in enumerate(("label", "text")))
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


PHRASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
"""the phrases that places of sentences name: what they say, and what stands between several"""


def phrase(name: str, of: Iterable[str], between: tuple[str, ...] = ()) -> str:
    """Return a place for a phrase, which is kept by its name."""
    told = tuple(sorted({" ".join(one.split()) for one in of}))
    if told == (PLACE,) and set(between) <= set(LISTED):
        return PLACE
    known = PHRASES.setdefault(name, (told, between))
    if known != (told, between):
        told = tuple(sorted({*known[0], *told}))
        PHRASES[name] = told, between
    return f"{{{name}}}"


def _resolved(value: ast.expr, source: Source, seen: Sequence[object] = ()) -> set[str]:
    """Return what an expression can be, with places for what cannot be told."""
    if (hinted := _hinted(value, source)) is not None:
        return hinted
    if len(seen) > DEEPEST:
        return {PLACE}
    known = _evaluated(value, source)
    if isinstance(known, bool) or (known is None and isinstance(value, ast.Constant)):
        return {str(known)}
    if isinstance(known, int | float):
        return {NUMBER} if not isinstance(value, ast.Constant) else {str(known)}
    if isinstance(known, str):
        return {known}
    found = _followed(value, source, (*seen, value))
    if len(found) > FEW and isinstance(value, ast.Name | ast.Call | ast.Subscript):
        return {phrase(_name_of(value, source), found)}
    return found if found and len(found) <= MOST else {PLACE}


def _name_of(value: ast.expr, source: Source) -> str:
    """Return a name for what an expression says: of the function it stands in, and what is asked there."""
    function = source.within.get(value)
    asked = "".join(one if one.isalnum() or one in "._" else " " for one in ast.unparse(value))
    return ".".join([source.name, *([function.name] if function else []), "_".join(asked.split())[:40]])


def _hinted(value: ast.expr, source: Source) -> set[str] | None:
    """Return what is known of an expression that does not show in it; None where nothing is."""
    from tests.support.hints import HINTS, KNOWN

    hinted = HINTS.get((source.name, ast.unparse(value)))
    if hinted is None:
        return None
    for one in hinted:
        if isinstance(one, str) and one[1:-1] in KNOWN:
            phrase(one[1:-1], *KNOWN[one[1:-1]])
    return {one if isinstance(one, str) else _made(one) for one in hinted}


def _made(at: "At") -> str:
    """Return a place for what a function or property of a module of ours makes, or what is given to one."""
    source, name = source_of(at.module), f"{at.module}.{at.name}"
    if isinstance(at.of, int):
        told = {text for call in source.calls(at.name) for text in _argument(call, at.of, "", source)}
        return phrase(f"{name}.{at.of}", told)
    function = source.qualified[at.name]
    if at.of is None:
        listed = ast.unparse(function.returns or ast.Constant(None)).startswith("list")
        found = [one for each in _yielded(function) for one in (_items if listed else _resolved)(each, source, ())]
        return phrase(name, set(found))
    return phrase(f"{name}.{at.of}", {told for one in _given(at.of, function) for told in _resolved(one, source, ())})


def _followed(value: ast.expr, source: Source, seen: Sequence[object]) -> set[str]:
    match value:
        case ast.JoinedStr():
            parts = [_resolved(one, source, seen) for one in value.values]
            while math.prod(map(len, parts)) > MOST:
                widest = max(range(len(parts)), key=lambda n: len(parts[n]))
                parts[widest] = {phrase(f"{_name_of(value.values[widest], source)}", parts[widest])}
            return {"".join(told) for told in product(*map(sorted, parts))}
        case ast.FormattedValue():
            if value.format_spec is None:
                return _resolved(value.value, source, seen)
            return {PLACE} if "%" in ast.unparse(value.format_spec) else {NUMBER}
        case ast.IfExp():
            return _resolved(value.body, source, seen) | _resolved(value.orelse, source, seen)
        case ast.BoolOp(op=ast.Or()):
            return {told for one in value.values for told in _resolved(one, source, seen)}
        case ast.BinOp(op=ast.Add()):
            left, right = _resolved(value.left, source, seen), _resolved(value.right, source, seen)
            return {one + other for one in left for other in right}
        case ast.BinOp():
            return {NUMBER}
        case ast.Call() if called(value) == "plural":
            nouns = [_resolved(one, source, seen) for one in value.args[1:]]
            return {f"{NUMBER} {noun}" for part in nouns for noun in part}
        case ast.Call() if called(value) in COUNTED:
            return {NUMBER}
        case ast.Call(func=ast.Name(id="str"), args=[one]):
            return _resolved(one, source, seen)
        case ast.Call(func=ast.Name(id="capital"), args=[one]):
            return {
                told if told.startswith("{") else told[:1].upper() + told[1:] for told in _resolved(one, source, seen)
            }
        case ast.Call(func=ast.Attribute(attr="join", value=ast.Constant(value=str(between))), args=[listed]):
            items = _items(listed, source, seen)
            return {phrase(_name_of(value, source), items, (between,))}
        case ast.Call(func=ast.Attribute(attr="capitalize" | "lower", value=one)):
            told = _resolved(one, source, seen)
            if any("{" in text and text != PLACE for text in told):
                return {PLACE} if called(value) == "lower" else told
            return {text.capitalize() if called(value) == "capitalize" else text.lower() for text in told}
        case ast.Call(func=ast.Name()) if (function := source.functions.get(called(value))) is not None:
            return _returned(function, source, seen)
        case ast.Call() if (made := _elsewhere(value, source)) is not None:
            return {made}
        case ast.Call(func=ast.Attribute(attr="get", value=one), args=[_, *otherwise]) if isinstance(
            table := _evaluated(one, source), Mapping
        ):
            told = {text for text in table.values() if isinstance(text, str)}
            return told | {text for each in otherwise for text in _resolved(each, source, seen)}
        case ast.Subscript() if isinstance(table := _evaluated(value.value, source), Mapping):
            return {one for one in table.values() if isinstance(one, str)}
        case ast.Name():
            return _named(value, source, seen)
    return {PLACE}


def _elsewhere(value: ast.Call, source: Source) -> str | None:
    """Return a place for what a function of another module of ours says; None where it cannot be told."""
    known = _evaluated(value.func, source)
    made = inspect.unwrap(known) if callable(known) else None
    if not inspect.isfunction(made) or not made.__module__.startswith(PROJECT):
        return None
    name = f"{made.__module__}.{made.__qualname__}"
    from tests.support.hints import KNOWN, TYPED

    if name in TYPED:
        return TYPED[name]
    if name in KNOWN:
        return phrase(name, *KNOWN[name])
    other = source_of(made.__module__)
    function = other.qualified.get(made.__qualname__)
    if function is None or ast.unparse(function.returns or ast.Constant(None)) != "str":
        return None
    return phrase(name, _returned(function, other, ()))


def _items(listed: ast.expr, source: Source, seen: Sequence[object]) -> set[str]:
    """Return what the items of a list can be."""
    if (hinted := _hinted(listed, source)) is not None:
        return hinted
    if len(seen) > DEEPEST:
        return {PLACE}
    match listed:
        case ast.List() | ast.Tuple():
            return {told for one in listed.elts for told in _items_of(one, source, seen)}
        case ast.GeneratorExp() | ast.ListComp():
            return _resolved(listed.elt, source, seen)
        case ast.IfExp():
            return _items(listed.body, source, seen) | _items(listed.orelse, source, seen)
        case ast.BoolOp():
            return {told for one in listed.values for told in _items(one, source, seen)}
        case ast.Subscript(slice=ast.Slice()):
            return _items(listed.value, source, seen)
        case ast.Call(func=ast.Name(id="sorted" | "list" | "tuple"), args=[one, *_]):
            return _items(one, source, seen)
        case ast.Call(func=ast.Name(id="map"), args=[ast.Name(id=name), _]) if name in source.functions:
            return _returned(source.functions[name], source, seen)
        case ast.Call(func=ast.Name()) if (function := source.functions.get(called(listed))) is not None:
            return {told for one in _yielded(function) for told in _items(one, source, (*seen, function))}
        case ast.Name() if (function := source.within.get(listed)) is not None:
            given = [*_given(listed.id, function), *_added(listed.id, function)]
            told = {one for each in given for one in _items(each, source, (*seen, listed))}
            names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
            for call in source.calls(function.name) if not given and listed.id in names else ():
                passed = call.args[names.index(listed.id)]
                told |= _items(passed, source, (*seen, listed))
            for other in sources().values() if not given and listed.id in names else ():
                for call in other.calls(function.name) if source.name.rpartition(".")[0] in other.imported else ():
                    if len(call.args) > names.index(listed.id):
                        told |= _items(call.args[names.index(listed.id)], other, (*seen, listed))
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and called(node) == "append" and _is(node.func, listed.id):
                    told |= _resolved(node.args[0], source, seen)
            return told or {PLACE}
    return {PLACE}


def _items_of(one: ast.expr, source: Source, seen: Sequence[object]) -> set[str]:
    return _items(one.value, source, seen) if isinstance(one, ast.Starred) else _resolved(one, source, seen)


def _is(function: ast.expr, name: str) -> bool:
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == name


def _yielded(function: ast.FunctionDef) -> list[ast.expr]:
    return [n.value for n in _own(function) if isinstance(n, ast.Return) and n.value is not None]


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what stands in a function, not in those within it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _added(name: str, function: ast.AST) -> list[ast.expr]:
    """Return what a function adds to a name."""
    return [n.value for n in ast.walk(function) if isinstance(n, ast.AugAssign) and getattr(n.target, "id", "") == name]


def _returned(function: ast.FunctionDef, source: Source, seen: Sequence[object]) -> set[str]:
    if function in seen:
        return {PLACE}
    return {told for one in _yielded(function) for told in _resolved(one, source, (*seen, function))}


def _named(value: ast.Name, source: Source, seen: Sequence[object]) -> set[str]:
    """Return what a name can be: what the function gave it, or what calls of the function pass for it."""
    function = source.within.get(value)
    if function is None or sum(one is function for one in seen) > 1:
        return {PLACE}
    given, added = _given(value.id, function), _added(value.id, function)
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
    for other in {**sources(), source.name: source}.values():
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
        elif (rows := _rows(over, function)) is not None:
            told = set[str]()
            for each in rows:
                for step in path:
                    each = each.elts[step] if isinstance(each, ast.Tuple) else each
                told |= _resolved(each, source, (node, value))
            return told or {PLACE}
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


def _rows(over: ast.expr, function: ast.FunctionDef) -> list[ast.expr] | None:
    """Return the rows that a loop is over, where the function spells them out."""
    for one in [over, *(_given(over.id, function) if isinstance(over, ast.Name) else ())]:
        if isinstance(one, ast.Tuple) and all(isinstance(row, ast.Tuple) for row in one.elts):
            return one.elts
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
            if path and isinstance(node.value, ast.GeneratorExp | ast.ListComp):
                found.append(node.value.elt)
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
    return {one for one in told if one.replace(PLACE, "").replace(NUMBER, "").strip(" .,:;")}
