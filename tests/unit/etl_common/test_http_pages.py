"""Pages are asked for over real HTTP: a server on loopback answers what the test has put in its queue."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from etl_common.exceptions import ApiError, ApiUnavailableError, IncompleteFeedError, PageShapeError, RepeatedPageError
from etl_common.http_pages import Cursor, JsonApi, PageNumber, Retries, SinglePage


@dataclass
class Answer:
    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    delay: float = 0.0

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


@dataclass
class Server:
    url: str
    answers: list[Answer] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], str | None]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            state.asked.append((url.path, dict(parse_qsl(url.query)), self.headers.get("Authorization")))
            answer = state.answers.pop(0)
            time.sleep(answer.delay)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            with suppress(BrokenPipeError):  # the client has timed out and gone
                self.wfile.write(answer.body[: len(answer.body) - answer.cut])
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield state
    http.shutdown()
    http.server_close()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def api(server: Server, waits: list[float]) -> JsonApi:
    return JsonApi(server.url, "secret-token", Retries(attempts=3, sleep=waits.append), read=0.5)


def page(number: int, pages: int, *ids: int) -> Answer:
    return Answer({"data": [{"id": i} for i in ids], "page": number, "pages": pages})


def ids(api: JsonApi, paginator: Any, **parameters: str) -> list[int]:
    return [record["id"] for found in api.pages("/v1/things", paginator, parameters) for record in found.content["data"]]


def test_numbered_pages_are_read_to_the_last_with_the_token(api: JsonApi, server: Server) -> None:
    server.answers = [page(1, 3, 1, 2), page(2, 3, 3), page(3, 3, 4)]

    assert ids(api, PageNumber(), batch="b") == [1, 2, 3, 4]
    assert server.asked[1] == ("/v1/things", {"batch": "b", "page": "2"}, "Bearer secret-token")


def test_cursors_are_followed_until_null(api: JsonApi, server: Server) -> None:
    server.answers = [Answer({"data": [{"id": 1}], "next_cursor": "a+b"}), Answer({"data": [], "next_cursor": None})]

    assert ids(api, Cursor()) == [1]
    assert [query for _, query, _ in server.asked] == [{}, {"cursor": "a+b"}]


def test_the_body_is_kept_as_it_was_received(api: JsonApi, server: Server) -> None:
    server.answers = [Answer(b'{"data" : [ {"id": 1.10} ]}\n')]

    assert [found.body for found in api.pages("/v1/things", SinglePage())] == [b'{"data" : [ {"id": 1.10} ]}\n']


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Answer({}, status=503), id="unavailable"),
        pytest.param(Answer({"data": [{"id": 9}], "page": 1, "pages": 1}, cut=4), id="cut_in_mid_page"),
        pytest.param(Answer(b'{"data": [{"id": 9}'), id="cut_without_a_length"),
        pytest.param(Answer(b'{"data": [{"name": "\xc3'), id="cut_in_a_character"),
        pytest.param(Answer({"data": []}, delay=1.0), id="time_out"),
    ],
)
def test_a_passing_fault_is_asked_again_after_a_random_wait(api: JsonApi, server: Server, waits: list[float], fault: Answer) -> None:
    server.answers = [fault, page(1, 1, 1)]

    assert ids(api, PageNumber()) == [1]
    assert len(waits) == 1
    assert 0 <= waits[0] <= 0.5


def test_a_throttling_api_is_given_the_time_it_asks_for(api: JsonApi, server: Server, waits: list[float]) -> None:
    server.answers = [Answer({}, status=429, headers={"Retry-After": "7"}), page(1, 1, 1)]

    assert ids(api, PageNumber()) == [1]
    assert waits == [7.0]


def test_a_lasting_fault_ends_with_the_last_reason(api: JsonApi, server: Server) -> None:
    server.answers = [Answer({}, status=500)] * 3

    with pytest.raises(ApiUnavailableError, match="page 1: no proper answer in 3 attempts, the last: HTTP 500"):
        ids(api, PageNumber())


def test_a_refusal_is_not_retried_and_the_token_is_not_shown(api: JsonApi, server: Server) -> None:
    server.answers = [Answer({"error": "no"}, status=401)]

    with pytest.raises(ApiError, match="HTTP 401.*Check the token in the secret") as raised:
        ids(api, PageNumber())
    assert "secret-token" not in str(raised.value) + repr(api)


@pytest.mark.parametrize(
    ("answers", "paginator", "message"),
    [
        pytest.param([page(1, 2, 1), page(1, 2, 1)], PageNumber(), "page 2, has the same content as page 1", id="same_page"),
        pytest.param([page(1, 2, 1), page(1, 2, 2)], PageNumber(), "page 2, says that it is page 1", id="wrong_number"),
        pytest.param(
            [Answer({"data": [{"id": i}], "next_cursor": "x"}) for i in range(2)], Cursor(), "would be asked for again", id="same_cursor"
        ),
    ],
)
def test_a_feed_that_repeats_itself_is_refused(
    api: JsonApi, server: Server, answers: list[Answer], paginator: Any, message: str
) -> None:
    server.answers = list(answers)

    with pytest.raises(RepeatedPageError, match=message):
        ids(api, paginator)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param([1, 2], "not an object with a list data", id="a_list"),
        pytest.param({"items": []}, "not an object with a list data", id="other_names"),
        pytest.param({"data": [1], "page": 1, "pages": 1}, "record 1 that is not an object", id="records_that_are_no_objects"),
        pytest.param({"data": [], "page": 1, "pages": "1"}, "has no whole number pages", id="pages_as_text"),
        pytest.param(b"<html>{}", "is not JSON", id="html"),
        pytest.param(b'{"data": [{"id": "\xe9"}], "page": 1, "pages": 1}', "is not UTF-8 at byte 18", id="latin_1"),
    ],
)
def test_a_page_of_another_shape_is_refused(api: JsonApi, server: Server, content: Any, message: str) -> None:
    server.answers = [Answer(content)]

    with pytest.raises(PageShapeError, match=message):
        ids(api, PageNumber())


def test_pages_that_do_not_hold_what_the_last_one_says_are_refused(api: JsonApi, server: Server) -> None:
    server.answers = [Answer({"data": [{"id": number}], "page": number, "pages": 2, "total": 3}) for number in (1, 2)]

    with pytest.raises(IncompleteFeedError, match="/v1/things: its pages hold 2 records, the last one says 3 in all"):
        ids(api, PageNumber())
