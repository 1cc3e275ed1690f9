"""What a document's body is to programs that read lineage, and where in the body that stands.

The second is data, so that the verifier, which has no kinds, reads it from `vocabulary.json`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from governance.proof.formats.manifest import FileEntry

What = Literal["model", "data", "terms", "settings", "figures", "use"]


@dataclass(frozen=True)
class Figure:
    """A measured figure, in decimals: of which metric on which slice, with its interval where there is one."""

    metric: str
    slice: str
    value: str
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Described:
    """What a body is to programs that read lineage.

    `what`: "model" (weights, or whose they are), "data" (rows), "terms" (what data that names it is under), "settings"
    (how a model that names it was made), "figures" (what was measured of the model it names in the role `of`), "use" (a
    model put into use). `licence` is an identifier, as SPDX lists them where it does, and a name.
    """

    what: What
    name: str = ""
    version: str = ""
    text: str = ""
    licence: tuple[str, str] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    of: str = ""
    files: tuple[FileEntry, ...] = ()


@dataclass(frozen=True)
class Describing:
    """Where a body says what it is to programs: paths, their steps joined with dots; "" where nothing says it.

    `licence` leads to identifier and name. `settings` maps names to places: of an object, each member is a setting,
    called by the name, a colon and its own. `figures` leads to slice → metric → figure. `files` leads to a list of
    manifest entries.
    """

    what: What
    name: str = ""
    version: str = ""
    text: str = ""
    licence: tuple[str, str] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    figures: str = ""
    of: str = ""
    files: str = ""

    def __call__(self, body: Mapping[str, Any]) -> Described:
        """Return what a body is. Raises ValueError, KeyError, AttributeError: it is not as its kind's schema has it."""
        return Described(
            what=self.what,
            name=_text(_at(body, self.name)),
            version=_text(_at(body, self.version)),
            text=_text(_at(body, self.text)),
            licence=None
            if self.licence is None
            else (_text(_at(body, self.licence[0])), _text(_at(body, self.licence[1]))),
            settings=dict(self._settings(body)),
            figures=tuple(self._figures(body)),
            of=self.of,
            files=tuple(FileEntry.model_validate(entry) for entry in _at(body, self.files) or ()),
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for `vocabulary.json`, what is empty left out."""
        said = {
            "what": self.what,
            "name": self.name,
            "version": self.version,
            "text": self.text,
            "licence": list(self.licence or ()),
            "settings": dict(self.settings),
            "figures": self.figures,
            "of": self.of,
            "files": self.files,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Describing":
        """Return what `as_json` made."""
        licence = said.get("licence")
        return cls(**{**said, "licence": (licence[0], licence[1]) if licence else None})

    def _settings(self, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for name, path in self.settings.items():
            value = _at(body, path)
            members = {f"{name}:{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
            yield from ((called, _text(one)) for called, one in members.items() if one is not None)

    def _figures(self, body: Mapping[str, Any]) -> Iterator[Figure]:
        for part, metrics in sorted((_at(body, self.figures) or {}).items()):
            for metric, one in sorted(metrics.items()):
                yield Figure(metric, part, str(one["value"]), one.get("low"), one.get("high"))


def _at(body: Any, path: str) -> Any:
    """Return what stands at a path; None where there is no path, or nothing there."""
    if not path:
        return None
    for step in path.split("."):
        body = body.get(step) if body is not None else None
    return body


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
