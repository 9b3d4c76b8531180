"""Fetching of connectors of the marketplace, which only Glue does."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

from awsglue.exceptions import NotSupportedError

__all__ = [
    "CUSTOM",
    "ECR_HOST_PATTERN",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LAYER_GZ_DIR",
    "LAYER_TAR_DIR",
    "MARKETPLACE",
    "NO_PROXY",
    "add_stream_handler",
    "collect_files_by_suffix",
    "download_and_unpack_docker_layer",
    "download_custom_jars",
    "download_jars_per_connection",
    "extract_ecr_region",
    "extract_registry_id",
    "get_connection",
    "get_docker_manifest",
    "get_ecr_authorization_token",
    "id_generator",
    "main",
    "parse_args",
    "parse_ecr_url",
    "parse_url",
    "run_commands",
    "send_get_request",
]

LAYER_TAR_DIR = "layers/tar"
LAYER_GZ_DIR = "layers/gz"
MARKETPLACE = "MARKETPLACE"
CUSTOM = "CUSTOM"
HTTP_PROXY = "HTTP_PROXY"
HTTPS_PROXY = "HTTPS_PROXY"
NO_PROXY = "NO_PROXY"
ECR_HOST_PATTERN = r"^([0-9]{12})\.dkr\.ecr\.[a-z]{2}-[a-z]{4}-[0-9]\.amazonaws\.com$"
logger = logging.getLogger(__name__)
_WHY = "It is a tool of the service itself, started by Glue and not by scripts."


def add_stream_handler() -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.add_stream_handler", _WHY)


def run_commands(commands: list[str]) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.run_commands", _WHY)


def send_get_request(url: str, header: dict[str, str]) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.send_get_request", _WHY)


def parse_url(url: str) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.parse_url", _WHY)


def extract_ecr_region(ecr_root: str) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.extract_ecr_region", _WHY)


def extract_registry_id(ecr_root: str) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.extract_registry_id", _WHY)


def get_ecr_authorization_token(ecr_root: str) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.get_ecr_authorization_token", _WHY)


def parse_ecr_url(ecr_url: str) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.parse_ecr_url", _WHY)


def get_docker_manifest(ecr_url: str, header: dict[str, str]) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.get_docker_manifest", _WHY)


def download_and_unpack_docker_layer(ecr_url: str, digest: str, dir_prefix: str, header: dict[str, str]) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.download_and_unpack_docker_layer", _WHY)


def parse_args(args: list[str]) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.parse_args", _WHY)


def id_generator(size: int = 5, chars: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.id_generator", _WHY)


def get_connection(region: str, endpoint: str, conn: str, proxy: str | None = None) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.get_connection", _WHY)


def collect_files_by_suffix(input_dir: str, suffix: str) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.collect_files_by_suffix", _WHY)


def download_custom_jars(conn: dict[str, Any], dest_folder: str = "/tmp/custom_connection_jars") -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.download_custom_jars", _WHY)


def download_jars_per_connection(conn: str, region: str, endpoint: str, proxy: str | None = None) -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.download_jars_per_connection", _WHY)


def main() -> NoReturn:
    raise NotSupportedError("awsglue.scripts.activate_etl_connector.main", _WHY)
