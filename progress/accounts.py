"""Signing up and in."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render


class SignInView(LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **context: object) -> dict[str, Any]:
        """Say whether there is a door for those who have no account."""
        return super().get_context_data(sign_up_open=settings.SIGN_UP_OPEN, **context)


class SignUpForm(UserCreationForm[User]):
    class Meta:
        model = User
        fields = ("username",)


def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and sign in, where the site allows it."""
    if not settings.SIGN_UP_OPEN:
        raise Http404
    if request.user.is_authenticated:
        return redirect("library")
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.save())
        return redirect("library")
    return render(request, "registration/signup.html", {"form": form})
