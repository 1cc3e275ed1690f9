"""YAML of other tools, read with nothing but its plain values: no tags, no anchors, no key twice, a bounded size."""

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from evals.formats.reading import Place, SourceFile, Unreadable

MOST_BYTES = 2 * 1024 * 1024
_CORE = {
    "tag:yaml.org,2002:null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "tag:yaml.org,2002:int": (r"^[-+]?[0-9]+$", list("-+0123456789")),
    "tag:yaml.org,2002:float": (
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        list("-+0123456789."),
    ),
}  # YAML 1.2, section 10.3.2: "no", "on" and dates are text, unlike in YAML 1.1


class Loaded:
    """A file's value, and the line on which each of its objects begins."""

    def __init__(self, file: str, value: Any, lines: dict[int, int]) -> None:
        self.file, self.value, self._lines = file, value, lines

    def place(self, part: object, name: str = "") -> Place:
        """Return where an object of the value stands; `name` says what it is, such as "tests[2]"."""
        line = self._lines.get(id(part))
        words = [f"line {line}"] if line else []
        return Place(self.file, ", ".join([*words, *([name] if name else [])]))


def load(file: SourceFile) -> Loaded:
    """Return what a YAML file says, as YAML 1.2's core schema reads plain values.

    Raises:
        Unreadable: no YAML, too large, or it holds a tag, an anchor, a repeated key or a second document.
    """
    text = file.text()
    if len(text.encode()) > MOST_BYTES:
        raise Unreadable(Place(file.name), f"more than {MOST_BYTES:,} bytes of YAML", "less; keep cases in data files")
    loader = _Loader(text)
    loader.file = file.name
    try:
        value = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}" if mark else ""
        raise Unreadable(Place(file.name, line), f"no plain YAML: {error.problem}", "plain values") from None
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(Place(file.name), f"no YAML: {str(error)[:200]}", "plain values") from None
    except RecursionError:
        raise Unreadable(Place(file.name), "values nested too deeply", "a flat file") from None
    finally:
        loader.dispose()
    return Loaded(file.name, value, loader.lines)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}
    file = ""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lines: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            place = Place(self.file, f"line {event.start_mark.line + 1}")
            raise Unreadable(place, f"the anchor or alias {event.anchor!r}", "the text itself, written out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            place = Place(self.file, f"line {key_node.start_mark.line + 1}")
            if not isinstance(key, str):
                raise Unreadable(place, f"the key {key!r}", "text as a key; put it in quotes")
            if key in found:
                raise Unreadable(place, f"the key {key!r} a second time", "each once")
            found[key] = self.construct_object(value_node, deep=deep)
        return found

    def construct_map(self, node: Any) -> Iterator[dict[Hashable, Any]]:
        made: dict[Hashable, Any] = {}
        self.lines[id(made)] = node.start_mark.line + 1
        yield made
        made.update(self.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_map)
for _tag, (_pattern, _first) in _CORE.items():
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)
