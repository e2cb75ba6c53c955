"""One delivery to the webhook: who sent it, and what is in it."""

from collections import Counter
from collections.abc import Mapping

from uploads.errors import UserError
from uploads.events import sns
from uploads.events.credentials import all_know_a_secret, sender_of
from uploads.events.records import load, parse
from uploads.events.services import Transport, events_received


def delivery_received(*, headers: Mapping[str, str], body: bytes) -> Counter[str]:
    """Deal with what was delivered, and return how many events came to what.

    1. A signature over the body or a secret in a header is checked before the body is read.
    2. Without either it must be a message that SNS has signed,
    3. or events that each carry a secret.

    Raises UserError when it is refused; EventsFailed, CertificateUnreachable or ConfirmationFailed when it is to be
    delivered again.
    """
    transport = sender_of(headers, body)
    document = load(body)
    if transport is None and sns.is_message(document):
        return sns.message_received(document)
    try:
        records = parse(document)
    except UserError:
        if transport is None:
            raise _not_known() from None
        raise
    if transport is None:
        if not all_know_a_secret(records):
            raise _not_known()
        transport = Transport.CEPH
    return events_received(records, transport=transport)


def _not_known() -> UserError:
    return UserError(
        "hook.not-known", "Say who you are: sign the body, or send one of the site's secrets.", status=403
    )
