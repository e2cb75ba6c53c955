"""Presigned URLs of the local store: the same idea as S3's, with our own secret."""

import hmac
import time
from urllib.parse import urlencode

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "uploads.stores.presigned-url"


def sign(method: str, key: str, params: dict[str, str]) -> str:
    """Return the query string that lets `method` be used on `key` with exactly these parameters.

    `params` must hold `expires`, seconds since 1970.
    """
    return urlencode({**params, "signature": _signature(settings.SECRET_KEY, method, key, params)})


def verify(method: str, key: str, query: dict[str, str]) -> bool:
    """Whether the signature is ours, for this method, key and every parameter, and has not expired."""
    params = {name: value for name, value in query.items() if name != "signature"}
    given = query.get("signature", "")
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    genuine = any(
        hmac.compare_digest(given.encode(), _signature(secret, method, key, params).encode()) for secret in secrets
    )
    return genuine and int(params.get("expires", "0")) >= time.time()


def _signature(secret: str, method: str, key: str, params: dict[str, str]) -> str:
    signed = "\n".join([method, key, urlencode(sorted(params.items()))])
    return salted_hmac(SALT, signed, secret=secret, algorithm="sha256").hexdigest()
