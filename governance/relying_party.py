"""Whom passkeys are made for: the host of COUNTERSIGN_URL, and pages at that address alone (WebAuthn 4, "RP ID")."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

NAME = "Countersign"


@dataclass(frozen=True)
class RelyingParty:
    """`id` is the host that passkeys belong to, `origin` the address whose pages may ask for them."""

    id: str
    origin: str

    @property
    def obstacle(self) -> str:
        """Why browsers make no passkeys for it; empty when they do."""
        if _is_address(self.id):
            return (
                f"COUNTERSIGN_URL is {self.origin}: browsers make passkeys for a host with a name, never for an IP "
                "address. On one machine http://localhost does."
            )
        if not self.origin.startswith("https://") and self.id != "localhost" and not self.id.endswith(".localhost"):
            return f"COUNTERSIGN_URL is {self.origin}: browsers make passkeys for https addresses and localhost only."
        return ""


def relying_party() -> RelyingParty:
    """Return what this installation is to a passkey."""
    address = urlsplit(settings.COUNTERSIGN_URL.lower())
    host = address.hostname or ""
    port = f":{address.port}" if address.port and (address.scheme, address.port) not in _DEFAULT_PORTS else ""
    shown = f"[{host}]" if ":" in host else host
    return RelyingParty(host, f"{address.scheme}://{shown}{port}")


_DEFAULT_PORTS = {("http", 80), ("https", 443)}


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
