"""What an expression in the source can be as text: its alternatives, with places for what the source does not tell."""

import ast
import inspect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from governance.proof.words.places import LISTED
from tests.support.sources import Function, Source, called, source_of, sources

if TYPE_CHECKING:
    from tests.support.hints import At

PLACE, NUMBER, FIGURE, NAMES = "{}", "{#}", "{figure}", "{names}"
COUNTED = frozenset({"count", "int", "len", "sum"})
"""what is called for a number"""
MOST = 40
"""alternatives of one sentence; of more, what differs is a place"""
FEW = 8
"""alternatives of one value; of more, it is a phrase"""
DEEPEST = 24
PROJECT = ("evals.", "governance.", "training.")
"""where our own modules are"""


def argument(call: ast.Call, place: int, keyword: str, source: Source, seen: Sequence[object] = ()) -> set[str]:
    given = call.args[place] if len(call.args) > place else None
    given = next((one.value for one in call.keywords if one.arg == keyword), given)
    return resolved(given, source, (*seen, call)) if given is not None else set()


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


def resolved(value: ast.expr, source: Source, seen: Sequence[object] = ()) -> set[str]:
    """Return what an expression can be, with places for what cannot be told."""
    if (hinted := _hinted(value, source)) is not None:
        return hinted
    if len(seen) > DEEPEST:
        return {PLACE}
    known = evaluated(value, source)
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
        told = {text for call in source.calls(at.name) for text in argument(call, at.of, "", source)}
        return phrase(f"{name}.{at.of}", told)
    function = source.qualified[at.name]
    if at.of is None:
        listed = ast.unparse(function.returns or ast.Constant(None)).startswith("list")
        found = [one for each in _yielded(function) for one in (_items if listed else resolved)(each, source, ())]
        return phrase(name, set(found))
    return phrase(f"{name}.{at.of}", {told for one in assigned(at.of, function) for told in resolved(one, source, ())})


def _followed(value: ast.expr, source: Source, seen: Sequence[object]) -> set[str]:
    match value:
        case ast.JoinedStr():
            parts = [resolved(one, source, seen) for one in value.values]
            while math.prod(map(len, parts)) > MOST:
                widest = max(range(len(parts)), key=lambda n: len(parts[n]))
                parts[widest] = {phrase(f"{_name_of(value.values[widest], source)}", parts[widest])}
            return {"".join(told) for told in product(*map(sorted, parts))}
        case ast.FormattedValue():
            if value.format_spec is None:
                return resolved(value.value, source, seen)
            return {PLACE} if "%" in ast.unparse(value.format_spec) else {NUMBER}
        case ast.IfExp():
            return resolved(value.body, source, seen) | resolved(value.orelse, source, seen)
        case ast.BoolOp(op=ast.Or()):
            return {told for one in value.values for told in resolved(one, source, seen)}
        case ast.BinOp(op=ast.Add()):
            left, right = resolved(value.left, source, seen), resolved(value.right, source, seen)
            return {one + other for one in left for other in right}
        case ast.BinOp():
            return {NUMBER}
        case ast.Call() if called(value) == "plural":
            nouns = [resolved(one, source, seen) for one in value.args[1:]]
            return {f"{NUMBER} {noun}" for part in nouns for noun in part}
        case ast.Call() if called(value) in COUNTED:
            return {NUMBER}
        case ast.Call(func=ast.Name(id="str"), args=[one]):
            return resolved(one, source, seen)
        case ast.Call(func=ast.Name(id="capital"), args=[one]):
            return {
                told if told.startswith("{") else told[:1].upper() + told[1:] for told in resolved(one, source, seen)
            }
        case ast.Call(func=ast.Attribute(attr="join", value=ast.Constant(value=str(between))), args=[listed]):
            items = _items(listed, source, seen)
            return {phrase(_name_of(value, source), items, (between,))}
        case ast.Call(func=ast.Attribute(attr="capitalize" | "lower", value=one)):
            told = resolved(one, source, seen)
            if any("{" in text and text != PLACE for text in told):
                return {PLACE} if called(value) == "lower" else told
            return {text.capitalize() if called(value) == "capitalize" else text.lower() for text in told}
        case ast.Call(func=ast.Name()) if (function := source.functions.get(called(value))) is not None:
            return _returned(function, source, seen)
        case ast.Call() if (made := _elsewhere(value, source)) is not None:
            return {made}
        case ast.Call(func=ast.Attribute(attr="get", value=one), args=[_, *otherwise]) if isinstance(
            table := evaluated(one, source), Mapping
        ):
            told = {text for text in table.values() if isinstance(text, str)}
            return told | {text for each in otherwise for text in resolved(each, source, seen)}
        case ast.Subscript() if isinstance(table := evaluated(value.value, source), Mapping):
            return {one for one in table.values() if isinstance(one, str)}
        case ast.Name():
            return _named(value, source, seen)
    return {PLACE}


def _elsewhere(value: ast.Call, source: Source) -> str | None:
    """Return a place for what a function of another module of ours says; None where it cannot be told."""
    known = evaluated(value.func, source)
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
            return resolved(listed.elt, source, seen)
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
            given = [*assigned(listed.id, function), *_added(listed.id, function)]
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
                    told |= resolved(node.args[0], source, seen)
            return told or {PLACE}
    return {PLACE}


def _items_of(one: ast.expr, source: Source, seen: Sequence[object]) -> set[str]:
    return _items(one.value, source, seen) if isinstance(one, ast.Starred) else resolved(one, source, seen)


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
    return {told for one in _yielded(function) for told in resolved(one, source, (*seen, function))}


def _named(value: ast.Name, source: Source, seen: Sequence[object]) -> set[str]:
    """Return what a name can be: what the function gave it, or what calls of the function pass for it."""
    function = source.within.get(value)
    if function is None or sum(one is function for one in seen) > 1:
        return {PLACE}
    given, added = assigned(value.id, function), _added(value.id, function)
    if given:
        told = {one for each in given for one in resolved(each, source, seen)}
        for each in added:
            told |= {one + more for one in told for more in resolved(each, source, seen)}
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
                passed |= argument(call, place, value.id, other, seen) if call not in seen else {PLACE}
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
            table = evaluated(over.func.value, source)
            items: Sequence[Any] = list(table.items()) if isinstance(table, Mapping) else []
        elif (rows := _rows(over, function)) is not None:
            told = set[str]()
            for each in rows:
                for step in path:
                    each = each.elts[step] if isinstance(each, ast.Tuple) else each
                told |= resolved(each, source, (node, value))
            return told or {PLACE}
        else:
            known = evaluated(over, source)
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
    for one in [over, *(assigned(over.id, function) if isinstance(over, ast.Name) else ())]:
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


def assigned(name: str, function: Function) -> list[ast.expr]:
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


def evaluated(value: ast.expr, source: Source) -> object:
    """Return what an expression is wherever it stands: a constant, or made of what its module defines."""
    if isinstance(value, ast.Constant):
        return value.value
    local = source.within.get(value)
    for node in ast.walk(value):
        if isinstance(node, ast.Call | ast.Lambda | ast.NamedExpr | ast.JoinedStr | ast.comprehension):
            return None
        if isinstance(node, ast.Name) and (not hasattr(source.module, node.id) or (local and assigned(node.id, local))):
            return None
    if local and any(one.arg in {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} for one in local.args.args):
        return None
    try:
        return eval(compile(ast.Expression(value), source.name, "eval"), vars(source.module))
    except (AttributeError, KeyError, TypeError, IndexError):
        return None
