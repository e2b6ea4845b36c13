#!/usr/bin/env python3
"""Signs a request to a Portico cloud (RFC 9421, Ed25519), sends it, prints the answer. Needs python3-cryptography alone.

    export KEY=backend.pem KEY_ID=d75a98...   (the private key, and its public half as `portico cloud key add` prints it)
    python3 sign.py GET  'http://127.0.0.1:8480/v1/persons?limit=1'
    python3 sign.py POST 'http://127.0.0.1:8480/v1/persons' '{"account":null,...}'
    REASON='门 3' python3 sign.py PUT 'http://127.0.0.1:8480/v1/zones/east' '{"names":{"zh":"东区","en":"East"}}'
"""
import base64, hashlib, os, secrets, sys, time, urllib.error, urllib.parse, urllib.request
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def signed_headers(method, url, body, key, key_id, reason="", idempotency_key=""):
    """The headers that a request needs. `body`: bytes, empty for none. Never send the same twice: the nonce is good once."""
    parts = urllib.parse.urlsplit(url)
    headers = {}
    if body:
        headers["content-type"] = "application/json"
        headers["content-digest"] = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
    if idempotency_key:
        headers["idempotency-key"] = idempotency_key
    if reason:
        headers["portico-reason"] = urllib.parse.quote(reason, safe="")
    covered = {"@method": method, "@authority": parts.netloc.lower(), "@path": parts.path, "@query": "?" + parts.query}
    covered.update({name: value for name, value in headers.items() if name != "content-type"})
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created={int(time.time())};keyid="{key_id}";nonce="{secrets.token_hex(16)}";alg="ed25519"'
    base = "\n".join([f'"{name}": {value}' for name, value in covered.items()] + [f'"@signature-params": {parameters}'])
    headers["signature-input"] = "sig=" + parameters
    headers["signature"] = "sig=:" + base64.b64encode(key.sign(base.encode())).decode() + ":"
    return headers


def main(method, url, body=""):
    with open(os.environ["KEY"], "rb") as file:
        key = load_pem_private_key(file.read(), password=None)
    data = body.encode()
    headers = signed_headers(method, url, data, key, os.environ["KEY_ID"], os.environ.get("REASON", ""), os.environ.get("IDEMPOTENCY_KEY", ""))
    request = urllib.request.Request(url, data=data or None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as refused:  # problem details: `reason`, `remedy`, `errors`
        print(refused.read().decode())
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
