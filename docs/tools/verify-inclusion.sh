#!/bin/sh
# Checks that one entry is in the ledger, with nothing of Countersign: sh, openssl (3 or later), sed, grep, od, dd, tr.
#
#   verify-inclusion.sh entry-42.tlog-proof LOG-KEY
#
# LOG-KEY is the log's public key, <name>+<key id>+<base64>, obtained by another way than the file. Exit code: 0 the
# entry is in the tree that the log's key signed, 1 it is not, 2 it could not be checked.
#
# Formats: C2SP tlog-proof, signed-note, tlog-checkpoint; RFC 9162 §2.1.3.2; RFC 8032. Cosignatures are not looked at.
set -u
LC_ALL=C
export LC_ALL

fail() { echo "does not hold: $1"; exit 1; }
stop() { echo "could not check: $1" >&2; exit 2; }

[ $# -eq 2 ] || stop "usage: verify-inclusion.sh FILE LOG-KEY"
proof=$1 key=$2
[ -r "$proof" ] || stop "$proof cannot be read"
openssl version 2>/dev/null | grep -Eq '^OpenSSL ([3-9]|[1-9][0-9])\.' || stop "this needs OpenSSL 3 or later"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

decoded() { printf '%s\n' "$1" | openssl base64 -d -A >"$2" 2>/dev/null && [ -s "$2" ]; }
bytes() { wc -c <"$1" | tr -d ' '; }
# Whether base64 $1 spells the bytes in $2, in the one way that is allowed.
spelt() { [ "$(openssl base64 -A -in "$2")" = "$1" ]; }
number() { printf '%s\n' "$1" | grep -Eqx '0|[1-9][0-9]{0,15}'; }

# The log's key: a type byte (01: Ed25519) and 32 bytes. Before them goes what makes a DER public key (RFC 8410).
name=${key%%+*} rest=${key#*+}
key_id=${rest%%+*}
decoded "${rest#*+}" "$work/key" && [ "$(bytes "$work/key")" = 33 ] || stop "the log key is no <name>+<key id>+<base64>"
[ "$(od -An -tx1 -N1 "$work/key" | tr -d ' \n')" = 01 ] || stop "the log key is not an Ed25519 key of a log"
found=$({ printf '%s\n' "$name"; cat "$work/key"; } | openssl dgst -sha256 -binary | od -An -tx1 -N4 | tr -d ' \n')
[ "$found" = "$key_id" ] || stop "the key id of the log key is $key_id, expected $found: copy the whole line"
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; dd if="$work/key" bs=1 skip=1 2>/dev/null; } >"$work/key.der"

# The file: header, extra (the leaf), index, hashes, an empty line, then the checkpoint, which is a signed note.
[ "$(sed -n 1p "$proof")" = "c2sp.org/tlog-proof@v1" ] || stop "$proof is no tlog-proof"
leaf=$(sed -n 2p "$proof") index=$(sed -n 3p "$proof")
case $leaf in "extra "*) ;; *) stop "$proof does not hold the entry" ;; esac
case $index in "index "*) ;; *) stop "$proof does not name an index" ;; esac
leaf=${leaf#extra } index=${index#index }
number "$index" || fail "found the index $index"
decoded "$leaf" "$work/leaf" && spelt "$leaf" "$work/leaf" || fail "the entry is not base64"
gap=$(grep -n '^$' "$proof" | sed -n 's/:$//;1p')
[ -n "$gap" ] || fail "found no checkpoint after the proof"
sed -n "4,${gap}p" "$proof" | sed '$d' >"$work/path"
sed "1,${gap}d" "$proof" >"$work/note"

# The note: three lines of text, an empty line, signature lines. Ed25519 signs the text.
sed -n 1,3p "$work/note" >"$work/text"
[ "$(sed -n 4p "$work/note" | wc -c | tr -d ' ')" = 1 ] || fail "the checkpoint has not three lines"
[ "$(sed -n 1p "$work/text")" = "$name" ] || fail "the checkpoint is of another log than $name"
size=$(sed -n 2p "$work/text") root=$(sed -n 3p "$work/text")
number "$size" || fail "found the size $size"
decoded "$root" "$work/root" && [ "$(bytes "$work/root")" = 32 ] && spelt "$root" "$work/root" || fail "the root is no hash"
signed=no
sed 1,4d "$work/note" >"$work/lines"
while IFS= read -r line; do
  case $line in "— $name "*) ;; *) continue ;; esac
  encoded=${line#"— $name "}
  decoded "$encoded" "$work/line" && spelt "$encoded" "$work/line" || fail "a signature line is not base64"
  [ "$(od -An -tx1 -N4 "$work/line" | tr -d ' \n')" = "$key_id" ] || continue
  dd if="$work/line" of="$work/signature" bs=1 skip=4 2>/dev/null
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \
    -sigfile "$work/signature" >/dev/null 2>&1 || fail "the log's signature on the checkpoint is wrong"
  signed=yes
done <"$work/lines"
[ $signed = yes ] || fail "the log's key did not sign the checkpoint"

# The way up: SHA-256(00 leaf), then SHA-256(01 left right) with each hash of the proof, on the side the index says.
[ "$index" -lt "$size" ] || fail "entry $index is not in a tree of $size entries"
{ printf '\000'; cat "$work/leaf"; } | openssl dgst -sha256 -binary >"$work/node"
fn=$index sn=$((size - 1))
while IFS= read -r sibling; do
  [ $sn -gt 0 ] || fail "the proof has too many hashes"
  decoded "$sibling" "$work/sibling" && [ "$(bytes "$work/sibling")" = 32 ] && spelt "$sibling" "$work/sibling" ||
    fail "the proof holds a line that is no hash"
  if [ $((fn & 1)) = 1 ] || [ "$fn" = "$sn" ]; then
    { printf '\001'; cat "$work/sibling" "$work/node"; } | openssl dgst -sha256 -binary >"$work/next"
    while [ $((fn & 1)) = 0 ] && [ "$fn" != 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
  else
    { printf '\001'; cat "$work/node" "$work/sibling"; } | openssl dgst -sha256 -binary >"$work/next"
  fi
  mv "$work/next" "$work/node"
  fn=$((fn >> 1)) sn=$((sn >> 1))
done <"$work/path"
[ $sn = 0 ] || fail "the proof has too few hashes"
[ "$(openssl base64 -A -in "$work/node")" = "$root" ] || fail "the entry does not lead to the root that the log signed"

echo "holds: entry $index is in the ledger of $name as signed at $size entries"
cat "$work/leaf"
echo
