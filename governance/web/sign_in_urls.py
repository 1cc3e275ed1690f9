"""The steps of sign-in, under the names that django-allauth looks them up by. What is not here does not exist: nobody
signs up, changes their address or resets a password by themselves.
"""

from django.urls import path

from governance.web import sso
from governance.web.views import session

urlpatterns = [
    path("sign-in/", session.SignIn.as_view(), name="account_login"),
    path("sign-in/again/", session.again, name="sign-in-again"),
    path("sign-in/sso/", sso.begin, name="sso"),
    path("sign-in/sso/callback/", sso.callback, name="sso-callback"),
    path("sign-in/passkey/", session.Passkey.as_view(), name="sign-in-passkey"),
    path("sign-in/code/", session.SecondFactor.as_view(), name="mfa_authenticate"),
]
