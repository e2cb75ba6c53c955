"""Messages of Amazon SNS: whether they are what they say, and what to do about each kind.

What costs nothing is checked first. Only a message that passes all of it makes the site fetch a certificate, from
SNS's own host; no other address in a message is ever asked for anything.
"""

import logging
import re
from base64 import b64decode
from collections import Counter
from datetime import datetime, timedelta
from typing import TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from django.conf import settings
from django.utils import timezone

from uploads.errors import UserError
from uploads.events import certificates
from uploads.events.records import load, parse
from uploads.events.services import Transport, events_received
from uploads.stores import aws

logger = logging.getLogger(__name__)

_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
"""What is signed in each type of message, in this order; Subject only where there is one."""

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "1": hashes.SHA1(),  # noqa: S303 — what SNS signs with unless the topic's SignatureVersion is 2
    "2": hashes.SHA256(),
}
SIGNATURE_BYTES = range(128, 513)
"""By RSA keys of 1024 to 4096 bits; SNS's have 2048."""
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
OLDEST = timedelta(minutes=70)
"""SNS tries again for an hour, with the first Timestamp."""
NEWEST = timedelta(minutes=5)


class ConfirmationFailed(Exception):
    """SNS did not take the confirmation; it sends its request again."""


def is_message(document: object) -> TypeGuard[dict[str, object]]:
    """Say whether a document calls itself a message of SNS."""
    kind = document.get("Type") if isinstance(document, dict) else None
    return isinstance(kind, str) and kind in SIGNED_FIELDS


def message_received(document: dict[str, object]) -> Counter[str]:
    """Do what a message asks for, once it is proven to be of an SNS topic that may ask.

    Raises UserError when it is not; CertificateUnreachable, ConfirmationFailed or EventsFailed when it may be sent
    again.
    """
    message = _fields(document)
    _check(message)
    if message["Type"] == "Notification":
        return events_received(parse(load(message["Message"])), transport=Transport.SNS)
    if message["Type"] == "SubscriptionConfirmation":
        _confirm(message)
    else:
        logger.warning("SNS tells no more of uploads: the subscription to %s was ended", message["TopicArn"])
    return Counter()


def _fields(document: dict[str, object]) -> dict[str, str]:
    """Return what the signature is about, with the signature. Raises UserError when some of it is missing."""
    names = SIGNED_FIELDS[str(document["Type"])]
    found = {name: document.get(name) for name in (*names, "Signature", "SignatureVersion", "SigningCertURL")}
    if found.get("Subject") is None:
        found.pop("Subject", None)
    message = {name: value for name, value in found.items() if isinstance(value, str)}
    if len(message) < len(found):
        raise _refused("incomplete", "This message of SNS lacks some of what is signed.")
    return message


def _check(message: dict[str, str]) -> None:
    if message["TopicArn"] not in settings.S3_EVENT_TOPIC_ARNS:
        raise _refused("topic", "This topic may not tell the site of uploads: see S3_EVENT_TOPIC_ARNS.")
    if not _is_recent(message["Timestamp"]):
        raise _refused("timestamp", "This message is too old, or its Timestamp is wrong.")
    if message["SignatureVersion"] not in DIGESTS:
        raise _refused("signature", "This message has a SignatureVersion that the site does not know.")
    try:
        signature = b64decode(message["Signature"], validate=True)
        signed = "".join(
            f"{name}\n{message[name]}\n" for name in SIGNED_FIELDS[message["Type"]] if name in message
        ).encode()
    except ValueError as error:
        raise _refused("signature", "This message cannot be what was signed.") from error
    if len(signature) not in SIGNATURE_BYTES:
        raise _refused("signature", "This message carries no signature of SNS.")
    if not certificates.is_trusted(message["SigningCertURL"], topic_arn=message["TopicArn"]):
        raise _refused("certificate", "This message names a certificate that is not of SNS in the topic's region.")
    try:
        certificates.public_key(message["SigningCertURL"]).verify(
            signature, signed, PKCS1v15(), DIGESTS[message["SignatureVersion"]]
        )
    except InvalidSignature as error:
        raise _refused("signature", "This message is not what SNS signed.") from error


def _is_recent(timestamp: str) -> bool:
    try:
        sent_at = datetime.fromisoformat(timestamp) if TIMESTAMP.fullmatch(timestamp) else None
    except ValueError:
        return False
    now = timezone.now()
    return sent_at is not None and now - OLDEST <= sent_at <= now + NEWEST


def _confirm(message: dict[str, str]) -> None:
    """Confirm by SNS's API, which knows the topic by itself; the message's SubscribeURL could be any address."""
    region = message["TopicArn"].split(":")[3]  # is_trusted has looked at its shape
    try:
        aws.sns(region).confirm_subscription(
            TopicArn=message["TopicArn"], Token=message["Token"], AuthenticateOnUnsubscribe="true"
        )
    except aws.AwsError as error:
        raise ConfirmationFailed(f"{message['TopicArn']}: {aws.error_code(error)}") from error
    logger.info("SNS tells of uploads from now on: the subscription to %s is confirmed", message["TopicArn"])


def _refused(what: str, why: str) -> UserError:
    return UserError(f"hook.sns-{what}", why, status=403)
