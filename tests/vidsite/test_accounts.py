"""Signing up, in and out."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

NEW = {"username": "carol", "password1": "long enough 77", "password2": "long enough 77"}

pytestmark = pytest.mark.django_db


def test_signing_up_makes_an_account_and_signs_in(client: Client) -> None:
    answer = client.post("/accounts/signup/", NEW)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_a_new_account_has_no_rights_over_the_site(client: Client) -> None:
    client.post("/accounts/signup/", {**NEW, "is_staff": "on", "is_superuser": "on"})
    carol = User.objects.get(username="carol")
    assert (carol.is_staff, carol.is_superuser) == (False, False)


@pytest.mark.parametrize(
    "change", [{"password2": "another one 88"}, {"password1": "short", "password2": "short"}, {"username": ""},
               {"username": "carol", "password1": "password", "password2": "password"}, {"username": "a b"}],
)  # fmt: skip
def test_a_form_that_is_not_right_is_shown_again_and_makes_no_account(client: Client, change: dict[str, str]) -> None:
    assert client.post("/accounts/signup/", {**NEW, **change}).status_code == 200
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused(client: Client, alice: User) -> None:
    assert client.post("/accounts/signup/", {**NEW, "username": "Alice"}).status_code == 200
    assert User.objects.count() == 1


def test_the_sign_up_page_is_gone_where_the_site_is_closed(client: Client, settings: Settings) -> None:
    settings.SIGN_UP_OPEN = False
    assert client.get("/accounts/signup/").status_code == 404
    assert client.post("/accounts/signup/", NEW).status_code == 404
    assert not User.objects.exists()


def test_the_sign_in_page_shows_the_way_to_an_account_only_where_there_is_one(
    client: Client, settings: Settings
) -> None:
    assert "/accounts/signup/" in client.get("/accounts/login/").content.decode()
    settings.SIGN_UP_OPEN = False
    assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()


def test_whoever_is_signed_in_already_is_sent_to_the_library(alices: Client) -> None:
    for page in ("/accounts/signup/", "/accounts/login/"):
        assert alices.get(page).headers["Location"] == "/"


def test_signing_in_leads_to_the_page_that_was_asked_for(client: Client, alice: User) -> None:
    form = {"username": "alice", "password": "wonderland-7", "next": "/upload/"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/upload/"


def test_signing_in_never_leads_to_another_site(client: Client, alice: User) -> None:
    form = {"username": "alice", "password": "wonderland-7", "next": "https://evil.example/"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: Client, alice: User) -> None:
    pages = [client.post("/accounts/login/", {"username": name, "password": "wrong"}) for name in ("alice", "nobody")]
    assert [page.status_code for page in pages] == [200, 200]
    errors = [[*page.context["form"].non_field_errors()] for page in pages]
    assert errors[0] == errors[1] != []


def test_a_form_without_its_csrf_token_is_refused(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    form = {"username": "alice", "password": "wonderland-7"}
    assert browser.post("/accounts/login/", form).status_code == 403
    assert browser.post("/accounts/signup/", NEW).status_code == 403


def test_signing_out_ends_the_session(alices: Client) -> None:
    assert alices.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert alices.get("/api/uploads").status_code == 401


def test_a_link_cannot_sign_anyone_out(alices: Client) -> None:
    assert alices.get("/accounts/logout/").status_code == 405
    assert alices.get("/api/uploads").status_code == 200


def test_the_site_sends_a_stranger_from_the_library_to_sign_in(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"
