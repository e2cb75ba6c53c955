"""The secrets by which senders other than SNS are known: settings.S3_EVENT_SECRETS, several while one is changed."""

import hmac
import re
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256

from django.conf import settings

from uploads.errors import UserError
from uploads.events.records import BadRecord, ObjectEvent
from uploads.events.services import Transport

SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
SIGNATURE_SECONDS = 300
"""How far a signature's time may be from ours, either way."""

WRONG_SIGNATURE = "Sign the body with one of the site's secrets: X-Vidsite-Signature: t=<time>,v1=<HMAC-SHA256>."


def sender_of(headers: Mapping[str, str], body: bytes) -> Transport | None:
    """Say who sent this by its headers, before the body is read; None when they carry no credential of ours.

    Raises UserError for a credential that is wrong: it is not given a second chance by another.
    """
    if (signature := headers.get("X-Vidsite-Signature")) is not None:
        _check_signature(signature, body)
        return Transport.FORWARD
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    # An endpoint's address may hold a name and password, which come as Basic: they are not ours to judge.
    if scheme.lower() == "bearer":
        _check_secret(token)
        return Transport.MINIO
    if (key := headers.get("X-Api-Key")) is not None:
        _check_secret(key)
        return Transport.EVENTBRIDGE
    return None


def all_know_a_secret(records: Sequence[ObjectEvent | BadRecord]) -> bool:
    """Say whether there are records and each carries a secret, as Ceph's do when its topic has `OpaqueData`."""
    return bool(records) and all(_is_secret(record.secret.encode(errors="surrogatepass")) for record in records)


def _check_signature(signature: str, body: bytes) -> None:
    match = SIGNATURE.fullmatch(signature)
    if match is None:
        raise UserError("hook.wrong-signature", WRONG_SIGNATURE, status=403)
    signed_at, digest = match.groups()
    signed = signed_at.encode() + b"." + body
    expected = [hmac.new(secret, signed, sha256).hexdigest() for secret in _secrets()]
    if not any([hmac.compare_digest(digest, one) for one in expected]):  # noqa: C419 — none is left out: takes the same time
        raise UserError("hook.wrong-signature", WRONG_SIGNATURE, status=403)
    if abs(time.time() - int(signed_at)) > SIGNATURE_SECONDS:
        raise UserError(
            "hook.old-signature", "This signature is too old. Sign again, by a clock that is right.", status=403
        )


def _check_secret(presented: str) -> None:
    if not _is_secret(in_header(presented)):
        raise UserError("hook.wrong-secret", "This secret is none of the site's.", status=403)


def _is_secret(presented: bytes) -> bool:
    return is_one_of(presented, _secrets())


def _secrets() -> list[bytes]:
    return usable(settings.S3_EVENT_SECRETS)


def usable(secrets: Sequence[str]) -> list[bytes]:
    """Return the secrets of a setting; an empty one would let in whoever presents nothing."""
    return [secret.encode() for secret in secrets if secret]


def is_one_of(presented: bytes, secrets: Sequence[bytes]) -> bool:
    """Say whether somebody presents one of the secrets, in a time that tells nothing of them."""
    return any([hmac.compare_digest(presented, secret) for secret in secrets])  # noqa: C419 — none is left out, as above


def in_header(presented: str) -> bytes:
    """Return the bytes of a header, which Django reads as Latin-1."""
    return presented.encode("latin-1", "backslashreplace")
