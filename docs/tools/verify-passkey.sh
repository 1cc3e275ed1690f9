#!/bin/sh
# Checks one sign-off by passkey with openssl and standard tools alone: none of Countersign's code runs.
#
#   verify-passkey.sh SIGNED KEY
#
# SIGNED  the signed form, as the API gives it in "statement" and a report in its evidence ("signatures")
# KEY     the public key in base64, as the ledger entry of the passkey's enrolment holds it ("public_key")
#
# It checks what a signature is: the device signed this statement, at that address, with its user verified. That the key
# is the signer's and counted then is told by the ledger: entries access:passkey:enrolled, vouched, revoked.
set -eu
fail() { echo "DOES NOT HOLD: $1" >&2; exit 1; }
[ $# -eq 2 ] || { echo "usage: verify-passkey.sh SIGNED KEY" >&2; exit 2; }
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# The form is canonical JSON without white space, so each part can be cut out by its name.
part() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$2"; }
for name in payload authenticatorData clientDataJSON signature; do
    part "$name" "$1" | openssl base64 -d -A >"$work/$name" || fail "$name is not base64"
    [ -s "$work/$name" ] || fail "there is no $name"
done
type=$(part payloadType "$1")
openssl base64 -d -A <"$2" >"$work/key" || fail "the key is not base64"

# The challenge is SHA-256 of the DSSE pre-authentication encoding of type and payload.
{
    printf 'DSSEv1 %d %s %d ' "${#type}" "$type" "$(wc -c <"$work/payload")"
    cat "$work/payload"
} | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d '=' >"$work/challenge"
[ "$(part challenge "$work/clientDataJSON")" = "$(cat "$work/challenge")" ] || fail "it signs another statement"
[ "$(part type "$work/clientDataJSON")" = "webauthn.get" ] || fail "it is no assertion"

# Authenticator data: SHA-256 of the host, one byte of flags (1 present, 4 verified), four bytes of counter.
[ "$(wc -c <"$work/authenticatorData")" -eq 37 ] || fail "the authenticator data is not 37 bytes long"
flags=$(od -An -tu1 -j32 -N1 "$work/authenticatorData" | tr -d ' ')
[ $((flags & 5)) -eq 5 ] || fail "the device did not verify its user"
host=$(part origin "$work/clientDataJSON" | sed 's|^[a-z]*://||; s|[:/].*||')
printf '%s' "$host" | openssl dgst -sha256 -binary >"$work/host"
head -c 32 "$work/authenticatorData" | cmp -s - "$work/host" || fail "it was made for another host than $host"

# What the device signed: authenticator data, then SHA-256 of the client data.
{
    cat "$work/authenticatorData"
    openssl dgst -sha256 -binary "$work/clientDataJSON"
} >"$work/signed"
openssl pkey -pubin -inform DER -in "$work/key" -out "$work/key.pem" 2>/dev/null || fail "the key is no public key"
if openssl pkey -pubin -in "$work/key.pem" -noout -text | grep -q ED25519; then
    openssl pkeyutl -verify -rawin -pubin -inkey "$work/key.pem" -in "$work/signed" -sigfile "$work/signature" \
        >/dev/null 2>&1 || fail "the signature is not by this key"
else
    openssl dgst -sha256 -verify "$work/key.pem" -signature "$work/signature" "$work/signed" \
        >/dev/null 2>&1 || fail "the signature is not by this key"
fi
echo "HOLDS: signed at $(part origin "$work/clientDataJSON"), user verified"
openssl dgst -sha256 "$work/payload" | sed 's/.*= */statement sha256:/'
