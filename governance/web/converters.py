"""How digests stand in addresses: the bare 64 hex digits, because a colon would have to be quoted."""

PREFIX = "sha256:"


class DigestConverter:
    """Turns `/documents/<64 hex digits>/` into "sha256:…" and back."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return PREFIX + value

    def to_url(self, value: str) -> str:
        return value.removeprefix(PREFIX)
