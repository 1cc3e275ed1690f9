"""`countersign keys`: the installation's public keys, and the keyrings to verify reports with elsewhere."""

from pathlib import Path

from client import output
from client.api import connect
from client.failure import OK


def run(*, save: Path | None, as_json: bool) -> int:
    """Print every key with its span and state; with `save`, write all versions of the keyring, one a line."""
    with connect() as api:
        found = api.get("keys")
    if save is not None:
        save.write_text("".join(f"{version['envelope']}\n" for version in found["keyrings"]), encoding="utf-8")
    if as_json:
        output.say_json(found)
        return OK
    columns = ("purpose", "state", "since", "until", "key")
    output.table(
        columns,
        (
            (key["purpose"], _state(key), key["since"], "" if key["until"] is None else key["until"], key["keyid"])
            for key in found["keys"]
        ),
    )
    output.say(f"keyring {found['number']} of {found['origin']}, root {found['root_fingerprint']}", err=True)
    if save is not None:
        output.say(f"{save}: give it to countersign verify --keyrings", err=True)
    return OK


def _state(key: dict[str, object]) -> str:
    since = key["compromised_since"]
    return f"{key['state']} since {since}" if since is not None else str(key["state"])
