"""Media in an S3-compatible store, for several machines without a disk in common: MEDIA_S3_URL.

Readers do not notice: addresses stay beneath /media/, the site passes the files on, with the same
permissions, and nginx keeps the pictures. So no browser ever asks the store, and no bucket is open to the
public.
"""

from typing import Any
from urllib.parse import quote

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from django.conf import settings
from storages.backends.s3 import S3Storage


class Bucket(S3Storage):
    """django-storages' own, with this site's addresses, and asking no more of a store than any has."""

    def get_default_settings(self) -> dict[str, Any]:
        """Short waits, one thread, addresses by path, no checksums that stores other than S3 refuse."""
        config = Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            connect_timeout=2,
            read_timeout=20,
            retries={"max_attempts": 2, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return super().get_default_settings() | {
            "client_config": config,
            "transfer_config": TransferConfig(use_threads=False),
            "file_overwrite": True,  # names hold 128 random bits: asking whether one is taken is in vain
            "default_acl": None,
            "querystring_auth": False,
            "max_memory_size": 4 * 1024 * 1024,
        }

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        """The file's address on this site."""
        return f"{settings.MEDIA_URL}{quote(name)}"
