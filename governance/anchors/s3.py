"""Checkpoints in an S3 bucket, best one with object lock (WORM) in an account that the server's owner does not hold."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from governance.anchors import Departure, Undelivered

SECONDS = 10
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True)
class S3:
    """A bucket and a prefix. Credentials come as AWS's tools find them; objects are never overwritten.

    Spoken with botocore, not boto3: securesystemslib loads boto3 into every process where it is installed.
    """

    bucket: str
    prefix: str
    endpoint: str = ""
    every: int = 0
    for_reports: bool = False
    proves: str = "that the ledger was so when the object store says, as far as its account is out of our reach"

    @classmethod
    def configured(cls) -> "S3":
        """Return the bucket that COUNTERSIGN_ANCHOR_S3 names (s3://bucket/prefix). Raises ImproperlyConfigured."""
        address = urlsplit(settings.COUNTERSIGN_ANCHOR_S3)
        if address.scheme != "s3" or not address.netloc or address.query or address.fragment:
            raise ImproperlyConfigured(
                f"COUNTERSIGN_ANCHOR_S3 is {settings.COUNTERSIGN_ANCHOR_S3!r}; expected s3://bucket or s3://bucket/prefix"
            )
        return cls(address.netloc, address.path.strip("/"), settings.COUNTERSIGN_ANCHOR_S3_ENDPOINT)

    @property
    def name(self) -> str:
        """The name in records."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def deliver(self, departure: Departure) -> bytes:
        """Put the object unless there is one; one that is there must tell the same history."""
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.session import get_session

        key = "/".join(part for part in (self.prefix, departure.file_name) if part)
        limits = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 1})
        try:
            client = get_session().create_client("s3", endpoint_url=self.endpoint or None, config=limits)
            try:
                client.put_object(
                    Bucket=self.bucket, Key=key, Body=departure.note.encode(), ContentType="text/plain", IfNoneMatch="*"
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in TAKEN:
                    raise
                kept = client.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode("utf-8", "replace")
                if not departure.same_history(kept):
                    raise Undelivered(
                        f"{self.bucket}/{key} keeps another history of {departure.size} entries; compare them"
                    ) from error
        except (BotoCoreError, ClientError) as error:
            raise Undelivered(f"the object store did not take it: {error}") from error
        return b""
