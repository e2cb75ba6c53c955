"""A person's script: a signed-in HTTP session that uploads and waits."""

import time
from pathlib import Path
from typing import Any, Self

import httpx

LIVE = {"WAITING", "QUEUED", "LAUNCHED", "RUNNING"}


class Script:
    """Signs up and speaks the API of docs/protocol.md; used as a context manager."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self.store = httpx.Client(timeout=60, trust_env=False)  # a presigned URL needs no cookie
        self.name = f"script-{time.monotonic_ns()}"
        self.password = "a-long-Secret-77"
        self.http.get("/accounts/signup/")
        form = {"username": self.name, "password1": self.password, "password2": self.password}
        answer = self.http.post(
            "/accounts/signup/", data={**form, "csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        )
        assert answer.status_code == 302, answer.text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self.store.close()

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, path, json=body, headers={"X-CSRFToken": self.http.cookies["csrftoken"]})

    def upload(self, path: Path, *, name: str | None = None) -> str:
        """Upload a file under a name and return the video's id."""
        video_id = self.send(path, name=name)
        assert self.call("POST", f"/api/uploads/{video_id}/complete").status_code == 200
        return video_id

    def send(self, path: Path, *, name: str | None = None) -> str:
        """Put a file into the store without telling the site, and return the video's id."""
        content = path.read_bytes()
        started = self.call("POST", "/api/uploads", {"name": name or path.name, "size": len(content), "type": ""})
        assert started.status_code == 201, started.text
        upload = started.json()
        size, numbers = upload["partSize"], [*range(1, upload["partCount"] + 1)]
        signed = self.call("POST", f"/api/uploads/{upload['videoId']}/parts", {"parts": numbers}).json()
        for part in signed["items"]:
            begin = (part["number"] - 1) * size
            answer = self.store.put(part["url"], content=content[begin : begin + size], headers=part["headers"])
            assert answer.status_code == 200, answer.text
        return str(upload["videoId"])

    def video(self, video_id: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/api/videos/{video_id}").json())

    def wait(self, video_id: str, *, seconds: float = 120, until: Any = None) -> dict[str, Any]:
        """Wait until a snapshot is final, or fulfils `until`, and return it."""
        deadline = time.monotonic() + seconds
        snapshot: dict[str, Any] = {}
        while time.monotonic() < deadline:
            snapshot = self.video(video_id)["snapshot"]
            if (until or (lambda s: s["status"] not in LIVE))(snapshot):
                return snapshot
            time.sleep(0.2)
        raise AssertionError(f"after {seconds} s: {snapshot}")
