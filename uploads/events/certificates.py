"""The certificates with which Amazon SNS signs, fetched now and then from where SNS keeps them, and nowhere else."""

import re
import time
from dataclasses import dataclass
from threading import Lock

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.utils import timezone

from uploads.errors import UserError
from uploads.events import restraint
from uploads.events.fetching import CertificateUnreachable, NoCertificate, fetch

TOPIC_ARN = re.compile(r"arn:(aws[a-z-]*):sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_.-]+")
KEPT = 8
"""More than SNS signs with at a time."""
KEEP_SECONDS = 3600
"""For so long one that SNS withdraws is believed, and as long as its server does not answer."""

_kept: dict[str, "_Kept"] = {}
_lock = Lock()


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


def public_key(url: str) -> RSAPublicKey:
    """Return the key of the certificate at an address that `is_trusted`.

    Raises UserError when there is none that is good now, CertificateUnreachable when that could not be found out.
    """
    try:
        return _good_key(_certificate(url))
    except NoCertificate as error:
        raise UserError(
            "hook.sns-certificate", "This message is signed with a certificate that is not good now.", status=403
        ) from error


def forget_certificates() -> None:
    """Fetch each certificate anew."""
    with _lock:
        _kept.clear()
    restraint.forget_failures()


def _certificate(url: str) -> x509.Certificate:
    kept = _kept.get(url)
    if kept is not None and time.monotonic() <= kept.until:
        return kept.certificate
    try:
        with restraint.asking(url, is_known=kept is not None):
            certificate = _read(fetch(url))
            # Old ones still lie there: if they were kept, strangers could crowd out what SNS signs with now.
            _good_key(certificate)
    except CertificateUnreachable:
        if kept is None:
            raise
        return kept.certificate
    except NoCertificate:
        with _lock:
            _kept.pop(url, None)
        raise
    _keep(url, _Kept(certificate, time.monotonic() + KEEP_SECONDS))
    return certificate


def _read(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise NoCertificate from error


def _good_key(certificate: x509.Certificate) -> RSAPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NoCertificate from error
    valid = certificate.not_valid_before_utc <= timezone.now() <= certificate.not_valid_after_utc
    if not valid or not isinstance(key, RSAPublicKey):
        raise NoCertificate
    return key


def _keep(url: str, kept: _Kept) -> None:
    with _lock:
        _kept.pop(url, None)
        while len(_kept) >= KEPT:
            del _kept[next(iter(_kept))]
        _kept[url] = kept
