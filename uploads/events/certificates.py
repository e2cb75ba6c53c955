"""The certificates with which Amazon SNS signs, fetched once in a while from where SNS keeps them, and nowhere else.

Tests put their own server in SNS's place by replacing `connect`, and another address by replacing `is_trusted`.
"""

import re
import time
from dataclasses import dataclass
from threading import Lock

import httpx
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.utils import timezone

from uploads.errors import UserError

TOPIC_ARN = re.compile(r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_.-]+")
FETCH_SECONDS = 5
MAX_BYTES = 64 * 1024
KEPT = 8
"""More than SNS signs with at a time."""
KEEP_SECONDS = 3600
PLAIN = {"Accept-Encoding": "identity"}

_kept: dict[str, "_Kept"] = {}
_lock = Lock()


class CertificateUnreachable(Exception):
    """SNS's server did not answer; the message may be delivered again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    certificate: x509.Certificate
    until: float


def is_trusted(url: str, *, topic_arn: str) -> bool:
    """Say whether a certificate's address is one of SNS's own, in the topic's region. The whole address is compared:
    there is no place in it for another host, a port, a user or a query.

    >>> arn = "arn:aws:sns:eu-west-1:123456789012:uploads"
    >>> is_trusted(f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{'0f' * 16}.pem", topic_arn=arn)
    True
    >>> is_trusted(f"https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-{'0f' * 16}.pem", topic_arn=arn)
    False
    """
    topic = TOPIC_ARN.fullmatch(topic_arn)
    if topic is None:
        return False
    partition, region = topic.groups()
    host = re.escape(f"sns.{region}.amazonaws.com" + (".cn" if partition == "aws-cn" else ""))
    return re.fullmatch(rf"https://{host}/SimpleNotificationService-[0-9a-f]{{32}}\.pem", url) is not None


def connect() -> httpx.Client:
    """Return what fetches a certificate: it follows no redirect, and takes no proxy from the environment."""
    return httpx.Client(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False)


def public_key(url: str) -> RSAPublicKey:
    """Return the key of the certificate at an address that `is_trusted`.

    Raises UserError when there is none that is good now, CertificateUnreachable when nobody answers.
    """
    kept = _kept.get(url)
    if kept is None or time.monotonic() > kept.until:
        kept = _Kept(_read(_fetch(url)), time.monotonic() + KEEP_SECONDS)
        _keep(url, kept)
    certificate, key = kept.certificate, kept.certificate.public_key()
    valid = certificate.not_valid_before_utc <= timezone.now() <= certificate.not_valid_after_utc
    if not valid or not isinstance(key, RSAPublicKey):
        raise _no_good()
    return key


def forget_certificates() -> None:
    """Fetch each certificate anew."""
    with _lock:
        _kept.clear()


def _read(pem: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_good() from error
    return certificate


def _keep(url: str, kept: _Kept) -> None:
    with _lock:
        _kept.pop(url, None)
        while len(_kept) >= KEPT:
            del _kept[next(iter(_kept))]
        _kept[url] = kept


def _fetch(url: str) -> bytes:
    """Return at most MAX_BYTES of what lies at a URL, within FETCH_SECONDS."""
    give_up_at, content = time.monotonic() + FETCH_SECONDS, b""
    try:
        with connect() as client, client.stream("GET", url, headers=PLAIN) as response:
            if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise CertificateUnreachable(f"{url} answered {response.status_code}")
            if response.status_code != httpx.codes.OK:
                raise _no_good()
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise _no_good()
                if time.monotonic() > give_up_at:
                    raise CertificateUnreachable(f"{url} answers too slowly")
    except httpx.TransportError as error:
        raise CertificateUnreachable(f"{url} cannot be fetched: {error}") from error
    return content


def _no_good() -> UserError:
    return UserError(
        "hook.sns-certificate", "This message is signed with a certificate that is not good now.", status=403
    )
