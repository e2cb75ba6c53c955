"""Every error of the JSON API has one shape."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import start_upload


def shape(answer: Any) -> tuple[int, str]:
    """Return status and code of an error that has the one shape."""
    body = answer.json()
    assert set(body) == {"code", "message"}
    assert body["message"]
    return answer.status_code, body["code"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', "\x00", "{" * 2000, "[" * 50_000])
def test_a_body_that_is_no_object_is_refused(alices: Client, body: str) -> None:
    answer = alices.post("/api/uploads", body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert shape(answer)[1] == "invalid"


def test_a_body_that_is_no_utf_8_is_refused(alices: Client) -> None:
    answer = alices.generic("POST", "/api/uploads", b'{"name": "\xff"}', content_type="application/json")
    assert shape(answer) == (400, "invalid")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" * 5000])
def test_a_number_that_is_none_is_refused(alices: Client, number: str) -> None:
    body = f'{{"name": "film.mp4", "size": {number}}}'
    answer = alices.post("/api/uploads", body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert shape(answer)[1] == "invalid"


def test_a_missing_field_is_named(alices: Client) -> None:
    answer = alices.post("/api/uploads", {"name": "film.mp4"}, content_type="application/json")
    assert shape(answer) == (422, "invalid")
    assert answer.json()["message"] == "The request is not understood: size: Field required"


def test_a_wrong_query_parameter_is_named(alices: Client) -> None:
    answer = alices.get("/api/videos?limit=many")
    assert shape(answer) == (422, "invalid")
    assert answer.json()["message"].startswith("The request is not understood: limit: ")


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/api/uploads/42",
        "/api/uploads/42/parts",
        "/api/videos/..%2f",
        "/api/videos/not-a-uuid",
    ],
)
def test_a_path_that_is_no_door_is_not_found(alices: Client, path: str) -> None:
    assert shape(alices.get(path)) == (404, "not-found")


def test_a_path_that_is_no_door_needs_no_session(client: Client) -> None:
    assert shape(client.post("/api/nothing")) == (404, "not-found")


def test_an_unknown_field_does_no_harm(alices: Client) -> None:
    assert start_upload(alices, partCount=9, source_key="sources/x/source").status_code == 201


def test_the_documentation_answers(client: Client, db: None) -> None:
    page = client.get("/api/docs")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/api/docs", "/admin/login/", "/accounts/login/"])
def test_no_page_runs_scripts_of_another_origin(client: Client, db: None, path: str) -> None:
    page = client.get(path)
    assert re.search(r"script-src [^;]*'self'", page.headers["Content-Security-Policy"])
    assert not re.search(r'(src|href)="https?:', page.content.decode())


def test_the_openapi_description_names_every_door(client: Client, db: None) -> None:
    description = json.loads(client.get("/api/openapi.json").content)
    assert {path: set(doors) for path, doors in description["paths"].items()} == {
        "/api/uploads": {"get", "post"},
        "/api/uploads/{video_id}": {"get", "delete"},
        "/api/uploads/{video_id}/parts": {"post"},
        "/api/uploads/{video_id}/form": {"post"},
        "/api/uploads/{video_id}/complete": {"post"},
        "/api/videos": {"get"},
        "/api/videos/{video_id}": {"get", "patch", "delete"},
        "/api/jobs/{job_id}/chunks": {"post"},
        "/api/jobs/{job_id}/reports": {"post"},
        "/api/jobs/{job_id}/start": {"post"},
    }


def test_the_web_process_says_that_it_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
