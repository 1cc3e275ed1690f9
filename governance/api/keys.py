"""The keyring: public keys, their spans, and the signed envelopes that vouch for them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.api.base import View
from governance.proof.formats.canonical import sha256
from governance.selectors import keys as select

STATES = ("in use", "retired", "compromised", "named next")


class KeyOut(serializers.Serializer[Any]):
    """A key that signs, or signed, for one purpose. `since` and `until` are ledger sizes, `until` excluded."""

    keyid = serializers.CharField(source="entry.keyid")
    purpose = serializers.CharField(source="entry.purpose")
    algorithm = serializers.CharField(source="entry.algorithm")
    public = serializers.CharField(source="entry.public", help_text="PEM")
    state = serializers.ChoiceField(STATES)
    since = serializers.IntegerField(source="entry.since")
    until = serializers.IntegerField(source="entry.until", allow_null=True)
    compromised_since = serializers.IntegerField(
        source="entry.compromised_since",
        allow_null=True,
        help_text="what it signed from this ledger size on proves nothing",
    )
    demo = serializers.BooleanField(source="entry.demo")


class KeyringOut(serializers.Serializer[Any]):
    """A version of the keyring: the DSSE envelope by the root key, and the ledger entry that published it."""

    number = serializers.IntegerField()
    seq = serializers.IntegerField()
    digest = serializers.CharField()
    envelope = serializers.CharField()


class KeysOut(serializers.Serializer[Any]):
    """All keys of the installation, and every version of the keyring, the first first."""

    origin = serializers.CharField()
    number = serializers.IntegerField(help_text="of the version in force")
    root_fingerprint = serializers.CharField(help_text="of the root key in use; compare with what was published")
    keys = KeyOut(many=True)
    keyrings = KeyringOut(many=True)


class Keys(View):
    """The keys."""

    @extend_schema(operation_id="keys", responses=KeysOut)
    def get(self, request: Request) -> Response:
        """Every key with its span and state, and the keyrings to verify with elsewhere."""
        access.require(self.person, "keys.read", None)
        ring = select.keyring()
        versions = [
            {
                "number": each.number,
                "seq": each.seq,
                "digest": sha256(each.envelope),
                "envelope": each.envelope.decode(),
            }
            for each in select.published()
        ]
        found = {
            "origin": ring.origin,
            "number": ring.number,
            "root_fingerprint": ring.root.key.fingerprint,
            "keys": select.held(),
            "keyrings": versions,
        }
        return Response(KeysOut(found).data)
