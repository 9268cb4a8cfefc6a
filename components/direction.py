"""Right to left or left to right: keeps the page's language and side those of the person."""

import json

import streamlit as st

from components.i18n import figures, language, reader, t

COOKIE = "chapar_lang"
_UPLOAD_MB = 50
_UNQUOTED = str.maketrans(dict.fromkeys('"\\<>'))

# The server writes lang and dir into the page from the cookie. Where they are not the person's
# (first visit on this machine, language just changed) the cookie is set and the page is loaded
# again, once; a page that comes back unchanged is turned in place.
_SCRIPT = """<script>
(() => {
  const want = %s, root = document.documentElement, tried = "chapar.lang." + want.lang
  if (root.lang === want.lang) { sessionStorage.removeItem(tried); return }
  document.cookie = "%s=" + want.lang + ";path=/;max-age=31536000;samesite=lax"
  if (!sessionStorage.getItem(tried)) {
    sessionStorage.setItem(tried, "1")
    location.reload()
    return
  }
  root.lang = want.lang; root.dir = want.dir
})()
</script>"""


def apply() -> None:
    """Give the page the person's language and side, and translate what the bundle says."""
    want = {"lang": str(language()), "dir": language().direction}
    st.html(_SCRIPT % (json.dumps(want), COOKIE), unsafe_allow_javascript=True)
    st.html(f"<style>:root{{{_sayings()}}}</style>")


def side() -> str:
    """Return the side lines begin on: rtl or ltr."""
    return reader().language.direction


def onward() -> str:
    """Return the icon of an arrow that points the way the language reads."""
    return ":material/arrow_back:" if side() == "rtl" else ":material/arrow_forward:"


def _sayings() -> str:
    """Texts of Streamlit's own widgets as style properties; the sheet puts them in place."""
    said = {
        "--say-upload": t("frame.upload"),
        "--say-upload-limit": figures(t("frame.upload_limit", size=_UPLOAD_MB)),
    }
    quoted = {name: text.translate(_UNQUOTED) for name, text in said.items()}
    return ";".join(f'{name}:"{text}"' for name, text in quoted.items())
