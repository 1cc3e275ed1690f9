"""The modules that print reports, as trees of their source."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

PACKAGES = ("governance.reports", "governance.proof.sections", "evals.reports", "training.reports")
"""where reports are told"""
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
