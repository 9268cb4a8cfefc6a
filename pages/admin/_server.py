"""The fields of a mail server; used by set-up and by the senders' page."""

from components import forms
from components.i18n import t
from core.delivery.terms import TlsMode, TransportInput, TransportLine

USUAL_PORT = 587
FIELDS = {"name": "host"}
"""A server is named by its host, so what is wrong with the name is said there."""


def draw(key: str, line: TransportLine | None) -> TransportInput:
    """Draw the fields, filled in from the server as it is; return what they say."""
    host = forms.text(f"{key}.host", t("setup.server.host"), value=line.host if line else "",
                      example="smtp.example.com")  # fmt: skip
    port = forms.count(f"{key}.port", t("setup.server.port"),
                       value=line.port if line else USUAL_PORT)  # fmt: skip
    tls = forms.pick(f"{key}.tls", t("setup.server.tls"), list(TlsMode),
                     value=line.tls if line else TlsMode.STARTTLS,
                     shown=lambda one: t(f"setup.tls.{one}"))  # fmt: skip
    user = forms.text(f"{key}.user", t("setup.server.user"), value=line.user if line else "")
    password = forms.text(f"{key}.password", t("setup.server.password"), kind="password",
                          hint=t("senders.password.hint") if line else "")  # fmt: skip
    return TransportInput(name=_name(line, host), host=host, port=port or 0,
                          tls=tls or TlsMode.STARTTLS, user=user,
                          password=password or (None if line else ""))  # fmt: skip


def _name(line: TransportLine | None, host: str) -> str:
    return line.name if line and line.name != line.host else host
