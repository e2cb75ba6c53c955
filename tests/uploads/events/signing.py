"""Amazon SNS as far as its signatures go: an authority, a server certificate, and messages that are really signed."""

import json
import ssl
import tempfile
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from tests.uploads.events.bodies import TOPIC

HOST = "sns.us-east-1.amazonaws.com"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def new_key(name: str) -> rsa.RSAPrivateKey:
    """Return the key of that name; making one takes a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    key: PrivateKey, *, host: str = HOST, from_days: float = -1, to_days: float = 1, authority: bool = False
) -> x509.Certificate:
    """Return a certificate for a key, signed by this test's authority."""
    now = datetime.now(UTC)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (host, "authority")]
    return (
        x509.CertificateBuilder()
        .subject_name(names[1] if authority else names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=from_days))
        .not_valid_after(now + timedelta(days=to_days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(new_key("authority"), hashes.SHA256())
    )


def pem(made: x509.Certificate) -> bytes:
    """Return a certificate as SNS serves it."""
    return made.public_bytes(serialization.Encoding.PEM)


@cache
def tls_server() -> ssl.SSLContext:
    """Return what a server needs to be taken for SNS's own by whoever trusts this test's authority."""
    key = new_key("server")
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_bytes(secret + pem(certificate(key)))
        context.load_cert_chain(file)
    return context


class Rerouted(httpx.HTTPTransport):
    """The way to every host, all of which are one port of this machine. Their names are checked."""

    def __init__(self, port: int) -> None:
        authority = pem(certificate(new_key("authority"), authority=True)).decode()
        super().__init__(verify=ssl.create_default_context(cadata=authority))
        self._port = port

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return super().handle_request(request)


class Signer:
    """SNS: it makes messages about one topic, and signs them."""

    certificate_path = f"/SimpleNotificationService-{'0f' * 16}.pem"
    certificate_url = f"https://{HOST}{certificate_path}"

    def __init__(self) -> None:
        self.key = new_key("sns")
        self.certificate = pem(certificate(self.key))

    def notification(self, event: Any, *, version: str = "1", age: timedelta = timedelta(), **more: str) -> Any:
        """Return a notification that carries an event, signed."""
        message = {
            "Type": "Notification", "MessageId": "9b5c1b28-8609-461f-9655-3946d8476686", "TopicArn": TOPIC,
            "Message": json.dumps(event), "Timestamp": _timestamp(age), "Subject": "Amazon S3 Notification",
            "UnsubscribeURL": f"https://{HOST}/?Action=Unsubscribe", "SignatureVersion": version,
            "SigningCertURL": self.certificate_url, **more,
        }  # fmt: skip
        return self.signed(message)

    def confirmation(self, *, version: str = "1", **more: str) -> Any:
        """Return the request to confirm a subscription, signed."""
        message = {
            "Type": "SubscriptionConfirmation", "MessageId": "40c9c57b-3689-4eb3-8cea-6be6de923df5",
            "TopicArn": TOPIC, "Message": "You have chosen to subscribe.\nVisit the SubscribeURL.",
            "Timestamp": _timestamp(timedelta()), "Token": "75732d65617374", "SignatureVersion": version,
            "SubscribeURL": f"https://{HOST}/?Action=ConfirmSubscription", "SigningCertURL": self.certificate_url,
            **more,
        }  # fmt: skip
        return self.signed(message)

    def signed(self, message: dict[str, str], *, key: rsa.RSAPrivateKey | None = None) -> dict[str, str]:
        """Sign what a message of its type says, as its SignatureVersion asks."""
        fields = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        if message["Type"] == "Notification":
            fields = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        text = "".join(f"{name}\n{message[name]}\n" for name in fields if name in message)
        digest = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()  # noqa: S303 — SNS's own
        signature = (key or self.key).sign(text.encode(), padding.PKCS1v15(), digest)
        return {**message, "Signature": b64encode(signature).decode()}


def _timestamp(age: timedelta) -> str:
    return (datetime.now(UTC) - age).isoformat(timespec="milliseconds").replace("+00:00", "Z")
