"""How Spark sees this machine's object storage and catalog: the settings of every session, in one place.

`s3://bucket/key` is mounted on `<home>/s3/bucket/key` by Hadoop's `ViewFileSystemOverloadScheme`, which is in
hadoop-common: no connector jar, and the speed of local files. The mount table is a file that Hadoop reads when a bucket
is first touched, so a bucket that is made later is seen without a new session (unless that session asked for it before it
existed: Hadoop keeps the failed mount). A bucket that does not exist is an error and never a folder somewhere else, because
no target is configured for what is not mounted.

The mounts point at a scheme of their own (`localfs`) with the raw local file system behind it, which writes no `.crc` files
and leaves `file://` as Hadoop has it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

__all__ = ["CATALOG", "SCHEMES", "mounts_folder", "settings", "write_mounts"]

SCHEMES = ("s3", "s3a", "s3n")
"""What scripts write before a bucket's name; on Glue, too, all of them are the same objects."""
CATALOG = "glue_catalog"
"""Name of the Iceberg catalog, as Glue's own pages use it: `glue_catalog.curated.orders`."""

_BUCKETS = Path(__file__).resolve().parents[2] / "deployment" / "buckets.json"


def settings(home: Path, endpoint_url: str) -> dict[str, str]:
    """Settings for `SparkSession.builder.config` or `spark-submit --conf`: storage, the Iceberg catalog, UTC.

    The catalog's warehouse is the curated bucket. The Glue client inside Iceberg takes region and credentials from the
    environment or from Java's system properties; `spark.driver.extraJavaOptions` is left to who starts the JVM.
    """
    write_mounts(home)
    catalog = f"spark.sql.catalog.{CATALOG}"
    return {
        **{f"spark.hadoop.fs.{scheme}.impl": "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme" for scheme in SCHEMES},
        "spark.hadoop.fs.localfs.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        "spark.hadoop.fs.viewfs.mounttable.path": f"file:{mounts_folder(home)}",
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
        f"{catalog}.io-impl": "org.apache.iceberg.hadoop.HadoopFileIO",
        f"{catalog}.warehouse": f"s3://{_deployed_buckets().get('curated', 'curated')}/",
        f"{catalog}.glue.endpoint": endpoint_url,
        f"{catalog}.client.region": "us-east-1",
        f"{catalog}.client.credentials-provider": "software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider",
        "spark.sql.session.timeZone": "UTC",
    }


def mounts_folder(home: Path) -> Path:
    """Where Hadoop finds the mount table (a folder, since it looks for the newest version in one)."""
    return Path(home).resolve() / "s3-meta" / ".mounts"


def write_mounts(home: Path) -> None:
    """Mount every bucket that exists and every bucket of the deployment; the file is replaced in one step."""
    storage = Path(home).resolve() / "s3"
    storage.mkdir(parents=True, exist_ok=True)
    existing = {entry.name for entry in os.scandir(storage) if entry.is_dir()}
    folder = mounts_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    document = _mount_table(storage, sorted(existing | set(_deployed_buckets().values())))
    target = folder / "mount-table.1.xml"
    if target.exists() and target.read_text("utf-8") == document:
        return
    temporary = folder.parent / f".mounts-{os.getpid()}-{os.urandom(4).hex()}"
    temporary.write_text(document, "utf-8")
    os.replace(temporary, target)


def _mount_table(storage: Path, buckets: Iterable[str]) -> str:
    properties = (
        f"<property><name>fs.viewfs.mounttable.{escape(bucket)}.linkFallback</name>"
        f"<value>localfs://{escape(quote(str(storage / bucket)))}</value></property>"
        for bucket in buckets
    )
    return "<configuration>\n" + "\n".join(properties) + "\n</configuration>\n"


def _deployed_buckets() -> dict[str, str]:
    """Layer to bucket name, as `deployment/buckets.json` has them."""
    if not _BUCKETS.exists():
        return {}
    return {layer: bucket["name"] for layer, bucket in json.loads(_BUCKETS.read_text("utf-8")).items()}
