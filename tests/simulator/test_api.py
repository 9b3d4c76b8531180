"""The API over real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.api_server import ApiServer

D2 = "1998-06-16"


class Client:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.session = url, requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.session.get(self.url + path, params=parameters, timeout=5)

    def fault(self, **values: Any) -> requests.Response:
        return self.session.post(f"{self.url}/_admin/faults", json=values, timeout=5)


@pytest.fixture
def client(sources: Path) -> Iterator[Client]:
    server = ApiServer(sources, "secret", page_sizes={"rates": 10, "shipments": 7})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Client(server.url, "secret")
    server.shutdown()
    server.server_close()
    thread.join()


def served(sources: Path, feed: str, batch: str = D2) -> list[Any]:
    return [json.loads(line) for line in (sources / "api" / batch / f"{feed}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_rates_are_served_by_page_number(client: Client, sources: Path) -> None:
    expected = served(sources, "rates")
    first = client.get("/v1/rates", batch=D2).json()
    pages = [client.get("/v1/rates", batch=D2, page=page).json() for page in range(1, first["pages"] + 1)]

    assert pages[0] == first
    assert (first["total"], first["pages"]) == (len(expected), -(-len(expected) // 10))
    assert [rate for page in pages for rate in page["data"]] == expected


def test_shipments_are_served_by_cursor(client: Client, sources: Path) -> None:
    found, cursor = [], None
    while True:
        page = client.get("/v1/shipments", batch=D2, **({"cursor": cursor} if cursor else {})).json()
        found += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == served(sources, "shipments")


def test_an_empty_feed_has_one_empty_page(client: Client) -> None:
    assert client.get("/v1/shipments", batch="1998-06-15-late").json() == {"data": [], "next_cursor": None}


def test_currencies_are_a_list_without_the_one_that_has_no_name(client: Client) -> None:
    codes = [currency["code"] for currency in client.get("/v1/currencies").json()["data"]]

    assert len(codes) == 23
    assert "IQD" not in codes


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        pytest.param("/v1/rates", {}, 400, "missing_parameter", id="no_batch"),
        pytest.param("/v1/rates", {"batch": "../log"}, 404, "no_such_batch", id="not_a_batch"),
        pytest.param("/v1/rates", {"batch": D2, "page": "0"}, 404, "no_such_page", id="page_0"),
        pytest.param("/v1/rates", {"batch": D2, "page": "x"}, 400, "bad_parameter", id="page_x"),
        pytest.param("/v1/shipments", {"batch": D2, "cursor": "!"}, 400, "bad_cursor", id="not_a_cursor"),
        pytest.param("/v1/shipments", {"batch": D2, "cursor": "MTk5OC0wNi0xNS83"}, 400, "bad_cursor", id="cursor_of_another_batch"),
        pytest.param("/v1/other", {}, 404, "no_such_path", id="another_path"),
    ],
)
def test_a_wrong_request_is_refused_by_name(client: Client, path: str, parameters: dict[str, str], status: int, code: str) -> None:
    answer = client.get(path, **parameters)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Bearer secret2", "Basic secret", "secret"])
def test_nothing_is_served_without_the_token(client: Client, authorization: str) -> None:
    connection = http.client.HTTPConnection(client.url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/v1/currencies", headers={"Authorization": authorization})
    answer = connection.getresponse()

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    connection.close()


def test_throttling_says_when_to_come_back_and_then_ends(client: Client) -> None:
    client.fault(kind="throttle", path="/v1/rates", count=2, seconds=3)

    answers = [client.get("/v1/rates", batch=D2) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "3"


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("unavailable", 503), ("unauthorized", 401)])
def test_a_fault_spoils_one_answer_of_its_path_only(client: Client, kind: str, status: int) -> None:
    client.fault(kind=kind, path="/v1/shipments", skip=1)

    assert client.get("/v1/rates", batch=D2).status_code == 200
    assert [client.get("/v1/shipments", batch=D2).status_code for _ in range(3)] == [200, status, 200]


def test_a_body_can_end_in_the_middle(client: Client) -> None:
    client.fault(kind="cut", path="/v1/rates")

    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        client.get("/v1/rates", batch=D2)
    assert client.get("/v1/rates", batch=D2).json()["page"] == 1


def test_an_answer_can_fail_to_come(client: Client) -> None:
    client.fault(kind="timeout", path="/v1/rates", seconds=30)

    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(f"{client.url}/v1/rates", params={"batch": D2}, timeout=0.3)
    assert client.get("/v1/rates", batch=D2).status_code == 200


def test_a_page_can_be_repeated(client: Client) -> None:
    first = client.get("/v1/rates", batch=D2, page=1).json()
    client.fault(kind="repeat", path="/v1/rates")

    assert client.get("/v1/rates", batch=D2, page=2).json() == first
    assert client.get("/v1/rates", batch=D2, page=2).json()["page"] == 2


def test_a_page_can_be_of_another_shape_or_no_json(client: Client) -> None:
    client.fault(kind="shape", path="/v1/rates")
    client.fault(kind="garbage", path="/v1/rates")

    assert "data" not in client.get("/v1/rates", batch=D2).json()
    assert client.get("/v1/rates", batch=D2).text.startswith("<html>")


def test_faults_can_be_forgotten_and_unknown_ones_are_refused(client: Client) -> None:
    client.fault(kind="error", path="/v1/rates", count=99)
    client.session.delete(f"{client.url}/_admin/faults", timeout=5)

    assert client.get("/v1/rates", batch=D2).status_code == 200
    assert "throttle" in client.fault(kind="explode", path="/v1/rates").json()["error"]["message"]
    assert client.fault(kind="error").status_code == 400


def test_requests_are_listed(client: Client) -> None:
    client.get("/v1/rates", batch=D2, page=2)

    assert client.get("/_admin/requests").json()["requests"] == [f"/v1/rates?batch={D2}&page=2"]


def test_it_runs_as_a_program_and_ends_in_good_order(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    command = [
        sys.executable,
        "-m",
        "simulator.api_server",
        "--folder",
        str(sources),
        "--port",
        "0",
        "--token-file",
        str(tmp_path / "token"),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip().removeprefix("listening on ")
            assert Client(url, "from a file").get("/v1/rates", batch=D2).status_code == 200
            assert requests.get(f"{url}/health", timeout=5).json() == {"status": "ok"}
        finally:
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    assert time.monotonic() - asked < 5
