#!/bin/sh
# Signs a request to a Portico cloud (RFC 9421, Ed25519) with openssl 3, sends it with curl, prints the answer.
#   export KEY=backend.pem KEY_ID=d75a98...   (the private key, and its public half as `portico cloud key add` prints it)
#   ./sign.sh GET 'http://127.0.0.1:8480/v1/persons?limit=1'
#   ./sign.sh PUT 'http://127.0.0.1:8480/v1/zones/east' '{"names":{"zh":"东区","en":"East"}}'
set -eu
method=$1 url=$2 body=${3-}
rest=${url#*://}
authority=$(printf %s "${rest%%/*}" | tr 'A-Z' 'a-z')
target=/${rest#*/}
path=${target%%\?*}
case $target in *\?*) query=?${target#*\?} ;; *) query=? ;; esac
names='"@method" "@authority" "@path" "@query"'
base=$(mktemp)
trap 'rm -f "$base"' EXIT
printf '"@method": %s\n"@authority": %s\n"@path": %s\n"@query": %s\n' "$method" "$authority" "$path" "$query" >"$base"
set -- -sS --fail-with-body -X "$method"
if [ -n "$body" ]; then
  digest="sha-256=:$(printf %s "$body" | openssl dgst -sha256 -binary | base64):"
  printf '"content-digest": %s\n' "$digest" >>"$base"
  names="$names \"content-digest\""
  set -- "$@" -H 'content-type: application/json' -H "content-digest: $digest" --data-binary "$body"
fi
# The nonce is good once: every request is signed anew.
parameters="($names);created=$(date +%s);keyid=\"$KEY_ID\";nonce=\"$(openssl rand -hex 16)\";alg=\"ed25519\""
printf '"@signature-params": %s' "$parameters" >>"$base"
signature=$(openssl pkeyutl -sign -inkey "$KEY" -rawin -in "$base" | base64 | tr -d '\n')
curl "$@" -H "signature-input: sig=$parameters" -H "signature: sig=:$signature:" "$url"
