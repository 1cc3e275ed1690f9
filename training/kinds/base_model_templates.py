"""Base models to begin from: weights that are held here, and a model that its vendor hosts."""

from typing import Any, Final

from governance.registry import Template

_LICENCE: Final[dict[str, Any]] = {
    "id": "",
    "name": "",
    "text_sha256": None,
    "commercial_use": False,
    "derivatives": False,
    "gated": False,
    "regions": [],
}
_COMMON: Final[dict[str, Any]] = {
    "title": "",
    "name": "",
    "version": "",
    "source": "",
    "source_sha256": None,
    "context_window": 0,
    "licence": _LICENCE,
    "lifecycle": [],
    "identities": [{"channel": "", "name": ""}],
    "channels": [],
    "prices": [],
}


def _held() -> dict[str, Any]:
    return _COMMON | {"parameters": 0, "files": [], "custody": "", "identities": [], "hosted": None}


def _hosted() -> dict[str, Any]:
    hosted = {"provider": "", "snapshot": "", "region": None, "observed_on": ""}
    return _COMMON | {"parameters": None, "files": [], "custody": None, "hosted": hosted}


TEMPLATES: Final = (
    Template("held", "Weights that we hold", "Every file with its hash, and where the weights are kept.", _held),
    Template(
        "hosted",
        "Hosted by its vendor",
        "Whose it is and what they call this version; custody does not apply. Feeds speak of it by its identities.",
        _hosted,
    ),
)
