"""The pages that describe the API."""

import re

from django.test import Client


def test_the_api_pages_load_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page.content.decode())
    assert addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)


def test_the_description_names_every_door_of_the_protocol(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/api/uploads", "/api/videos", "/api/videos/{video_id}", "/api/jobs/{job_id}/reports"} <= set(paths)
