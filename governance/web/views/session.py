"""Signing in and out."""

from django.contrib.auth.views import LoginView, LogoutView

from governance.web.forms import SignInForm


class SignIn(LoginView):
    """The sign-in form; whoever is signed in already goes to their inbox."""

    template_name = "governance/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session; POST only, as Django has it."""
