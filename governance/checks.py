"""Is this installation fit to run? Asked by `manage.py check`, and by every command before it starts.

Errors keep it from starting. What is asked of production alone is asked of nobody else.
"""

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Notice
from django.core.exceptions import ImproperlyConfigured

from governance import access, backups, encryption, endpoints, keyfiles

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@register(Tags.compatibility)
def database(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Return what the ledger cannot work with in the settings of the database, anywhere."""
    chosen = settings.DATABASES["default"]
    if "postgresql" in chosen["ENGINE"] and chosen.get("OPTIONS", {}).get("server_side_binding"):
        return [
            Error(
                "DATABASE_URL sets server_side_binding: the ledger's lock and rows travel in one trip of several "
                "statements, which PostgreSQL refuses when it binds the values itself.",
                hint="Take server_side_binding out of DATABASE_URL.",
                id="countersign.E012",
            )
        ]
    return []


@register(Tags.compatibility)
def outside(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Return what cannot be understood of the endpoints and backups that permitted work may use, anywhere."""
    found: list[CheckMessage] = []
    try:
        endpoints.listed()
    except ImproperlyConfigured as problem:
        hint = "Separate entries by commas, and an address from its variable by a space."
        found.append(Error(str(problem), hint=hint, id="countersign.E013"))
    try:
        backups.listed()
    except ImproperlyConfigured as problem:
        hint = "Separate entries by commas, and a name from its folder by an equals sign."
        found.append(Error(str(problem), hint=hint, id="countersign.E014"))
    return found


@register(Tags.security)
def production(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Return what makes production unsafe; nothing in development."""
    return [*_settings(), *_sign_in(), *_keys()] if settings.PRODUCTION else []


def _settings() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on in production.", hint="Unset DEBUG: its pages show settings.", id="countersign.E001")
    if settings.COUNTERSIGN_PROCESS not in keyfiles.MAY_READ:
        yield Error(
            f"COUNTERSIGN_PROCESS is {settings.COUNTERSIGN_PROCESS!r}.",
            hint=f"Expected one of {', '.join(sorted(keyfiles.MAY_READ))}: it decides which keys a process may read.",
            id="countersign.E002",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS allows any host.", hint="Name the hosts people use.", id="countersign.E003")
    address = urlsplit(settings.COUNTERSIGN_URL)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        yield Error(
            f"COUNTERSIGN_URL is {settings.COUNTERSIGN_URL}: runners would send their tokens in the clear.",
            hint="Use https, or a loopback address for runners on this machine.",
            id="countersign.E004",
        )
    if settings.DATABASES["default"].get("ATOMIC_REQUESTS"):
        yield Error(
            "ATOMIC_REQUESTS is on: a refusal would be rolled back with its request.",
            hint="Leave it off; every mutation opens its own transaction.",
            id="countersign.E005",
        )
    if settings.PASSWORD_HASHERS and "MD5" in settings.PASSWORD_HASHERS[0]:
        yield Error("Passwords are hashed with MD5.", hint="Use Django's default hashers.", id="countersign.E006")


def _sign_in() -> Iterator[CheckMessage]:
    demanded = settings.COUNTERSIGN_SECOND_FACTOR_ROLES
    if unknown := set(demanded) - access.EVERYONE:
        yield Error(
            f"COUNTERSIGN_SECOND_FACTOR_ROLES names {', '.join(sorted(unknown))}.",
            hint=f"Expected roles: {', '.join(sorted(access.EVERYONE))}.",
            id="countersign.E008",
        )
    elif not set(demanded) >= access.SIGNERS:
        yield Notice(
            f"No second factor is demanded of {access.words(access.SIGNERS - set(demanded))}: a password alone signs.",
            hint="Leave COUNTERSIGN_SECOND_FACTOR_ROLES unset to demand one of all who sign.",
            id="countersign.W002",
        )
    issuer = settings.COUNTERSIGN_OIDC_ISSUER
    if issuer and not issuer.startswith("https://"):
        yield Error(
            f"COUNTERSIGN_OIDC_ISSUER is {issuer}: anybody on the way could sign in as anybody.",
            hint="Use the provider's https address.",
            id="countersign.E010",
        )
    if issuer and not settings.COUNTERSIGN_OIDC_CLIENT_ID:
        yield Error(
            "COUNTERSIGN_OIDC_ISSUER is set without COUNTERSIGN_OIDC_CLIENT_ID.",
            hint="Register this installation with the provider and set what it gives.",
            id="countersign.E011",
        )
    for key in settings.COUNTERSIGN_SECRETS_KEYS:
        if fault := encryption.key_fault(key):
            yield Error("A key of COUNTERSIGN_SECRETS_KEYS cannot be used.", hint=fault, id="countersign.E009")


def _keys() -> Iterator[CheckMessage]:
    folder = keyfiles.folder()
    if not folder.is_dir():
        return
    files = keyfiles.private_files()
    for path in [folder, *files]:
        if _open_to_others(path):
            yield Error(
                f"{path} can be read or changed by others than its owner.",
                hint=f"chmod go-rwx {path}",
                id="countersign.E007",
            )
    roots = [path for path in files if path.name.startswith("root")]
    if settings.COUNTERSIGN_PROCESS != "command" and roots:
        yield Notice(
            f"The root key lies beside a running {settings.COUNTERSIGN_PROCESS} process: {roots[0]}.",
            hint="Take it off this machine: docs/operations.md, Taking the root key off the machine.",
            id="countersign.W001",
        )


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
