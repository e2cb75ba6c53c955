"""Fetching a certificate from SNS's own server.

Tests put their own server in SNS's place by replacing `client` with what `connect` makes of another transport.
"""

import time
from functools import cache

import httpx

FETCH_SECONDS = 5
MAX_BYTES = 64 * 1024
PLAIN = {"Accept-Encoding": "identity"}
NOT_NOW = frozenset({httpx.codes.FORBIDDEN, httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})
"""What a server answers whom it has heard too often, besides the errors that it calls its own."""


class CertificateUnreachable(Exception):
    """SNS's server did not answer, or was not asked; the message may be delivered again."""


class NoCertificate(Exception):
    """At this address is none that is good now."""


def connect(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return what fetches certificates: it follows no redirect, and takes no proxy from the environment."""
    return httpx.Client(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False, transport=transport)


@cache
def client() -> httpx.Client:
    """Return the one client, which many threads may use: making one reads every authority's certificate."""
    return connect()


def fetch(url: str) -> bytes:
    """Return at most MAX_BYTES of what lies at a URL, within FETCH_SECONDS.

    Raises NoCertificate when that is nothing, or more; CertificateUnreachable when it may be there another time.
    """
    give_up_at, content = time.monotonic() + FETCH_SECONDS, b""
    try:
        with client().stream("GET", url, headers=PLAIN) as response:
            if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or response.status_code in NOT_NOW:
                raise CertificateUnreachable(f"{url} answered {response.status_code}")
            if response.status_code != httpx.codes.OK:
                raise NoCertificate
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise NoCertificate
                if time.monotonic() > give_up_at:
                    raise CertificateUnreachable(f"{url} answers too slowly")
    except httpx.TransportError as error:
        raise CertificateUnreachable(f"{url} cannot be fetched: {error}") from error
    return content
