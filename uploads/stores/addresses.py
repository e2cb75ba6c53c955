"""Where a bucket is found, as browsers and CSP headers name it; pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

ONE_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAddress:
    """An object's URL is `origin` + `base_path` + "/" + key."""

    origin: str
    base_path: str

    @property
    def host(self) -> str:
        """The Host header that a client sends: with the port, where it is not the scheme's own."""
        return urlsplit(self.origin).netloc


def bucket_address(*, bucket: str, region: str, endpoint_url: str, addressing: str) -> BucketAddress:
    """Return a bucket's address; without an endpoint that of AWS.

    A name that does not fit in a host name under the server's certificate, as one with dots, goes into the path.

    >>> bucket_address(bucket="films", region="eu-west-1", endpoint_url="", addressing="virtual").origin
    'https://films.s3.eu-west-1.amazonaws.com'
    >>> bucket_address(bucket="films", region="x", endpoint_url="http://10.0.0.5:9000", addressing="path")
    BucketAddress(origin='http://10.0.0.5:9000', base_path='/films')
    >>> bucket_address(bucket="my.films", region="eu-west-1", endpoint_url="", addressing="virtual").base_path
    '/my.films'
    """
    china = ".cn" if region.startswith("cn-") else ""
    endpoint = urlsplit(endpoint_url or f"https://s3.{region}.amazonaws.com{china}")
    path = endpoint.path.rstrip("/")
    if addressing == "virtual" and ONE_LABEL.fullmatch(bucket):
        return BucketAddress(origin=f"{endpoint.scheme}://{bucket}.{endpoint.netloc}", base_path=path)
    return BucketAddress(origin=f"{endpoint.scheme}://{endpoint.netloc}", base_path=f"{path}/{bucket}")
