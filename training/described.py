"""What documents about acting are to programs that read lineage."""

from typing import Any

from governance.registry import Described

Body = dict[str, Any]


def contract(body: Body) -> Described:
    """The licence of data is in its contract, in the data owner's words."""
    return Described("terms", licence=(str(body["licence"]),) * 2)


def dataset(body: Body) -> Described:
    """Rows, in the version that DVC users know by its commit."""
    return Described("data", version=str(body["commit"]), text=str(body["description"]))


def base_model(body: Body) -> Described:
    """A model as its vendor calls it, under the licence as it was read."""
    known = {
        "parameters": body.get("parameters"),
        "context-window": body.get("context_window"),
        "source": body["source"],
    }
    return Described(
        "model",
        name=str(body["name"]),
        version=str(body["version"]),
        licence=(str(body["licence"]["id"]), str(body["licence"]["name"])),
        settings={name: str(value) for name, value in known.items() if value is not None},
    )


def run_spec(body: Body) -> Described:
    """How a model is made: what of it is decided beforehand."""
    said = {"objective": body["objective"], "seed": body["seed"], "precision": body["precision"]} | {
        f"hyperparameter:{name}": ", ".join(value) if isinstance(value, list) else value
        for name, value in body["hyperparameters"].items()
        if value is not None
    }
    code = {f"code:{name}": value for name, value in body["code"].items()}
    return Described("settings", settings={name: _text(value) for name, value in (said | code).items()})


def run_record(body: Body) -> Described:
    """The model a run made, and what the training itself measured."""
    measured = {f"training:{name}": value for name, value in body["metrics"].items()}
    environment = {f"environment:{name}": value for name, value in body["environment"].items()}
    said = {"method": body["method"], "artefact": body["artefact"], "training:seconds": body["seconds"]}
    return Described("model", settings={k: _text(v) for k, v in (said | measured | environment).items()})


def release(body: Body) -> Described:
    """The model that a run made, put into use under a name."""
    return Described("use", name=str(body["title"]), text=str(body["note"]))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
