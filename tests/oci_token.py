#!/usr/bin/env python3
"""Makes a token that Docker's registry believes: oci_token.py CERT.pem KEY.pem NAME ACTION...

The certificate (EC, P-256) is what the registry was told to trust; the token allows the user anna the
actions ("pull", "push") in the repository NAME. It is printed.
"""
import base64
import json
import ssl
import subprocess
import sys


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def numbers(der):
    """The two numbers of an ECDSA signature as ES256 has them: 32 bytes each."""
    r_size = der[3]
    r, s = der[4:4 + r_size], der[6 + r_size:]
    return b"".join(part.lstrip(b"\0").rjust(32, b"\0") for part in (r, s))


certificate, key, name, *actions = sys.argv[1:]
der = ssl.PEM_cert_to_DER_cert(open(certificate, encoding="ascii").read())
header = {"typ": "JWT", "alg": "ES256", "x5c": [base64.b64encode(der).decode()]}
claims = {"iss": "tests", "sub": "anna", "aud": "registry", "exp": 9999999999, "nbf": 0, "iat": 0,
          "jti": "1", "access": [{"type": "repository", "name": name, "actions": actions}]}
text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(),
                           capture_output=True, check=True).stdout
print(f"{text}.{encoded(numbers(signature))}", end="")
