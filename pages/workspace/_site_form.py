"""The form of a site, and what its own programmers need."""

import streamlit as st

from components import actions, forms, page
from components.i18n import t
from core.tracking import sites
from core.tracking.models import Site
from core.tracking.terms import SiteInput

KEY = "sites"
CALLS = """<script>
  window.chapar = window.chapar || function () { (chapar.q = chapar.q || []).push(arguments) }
  chapar("consent", true)
  chapar("product", { id: "A4", name: "Carton", price: 12 })
  chapar("cart", { items: 2, total: 24 })
  chapar("download", { file: "/catalogue.pdf" })
  chapar("search", { query: "carton" })
  chapar("identify", "sara@example.com", "PROOF")
</script>"""


def for_programmers(site: Site) -> None:
    """Draw what the site's own programmers need."""
    page.section("sites.calls")
    st.caption(t("sites.calls.hint"))
    st.code(CALLS, language="html", wrap_lines=True)
    page.section("sites.proof")
    st.caption(t("sites.proof.hint"))
    st.code('PROOF = HMAC-SHA256(secret, "sara@example.com").hex()', language=None)
    if st.toggle(t("sites.secret"), key=f"{KEY}.secret{site.id}"):
        st.code(actions.ask(sites.secret_of, site_id=site.id), language=None)


def draw(site: Site | None) -> None:
    """Draw the form of a site, a new one where there is none; keep it when asked to."""
    key = f"{KEY}.form{site.id if site else ''}"
    name = forms.text(f"{key}.name", t("sites.name"), value=site.name if site else "")
    typed = forms.area(f"{key}.origins", t("sites.origins"), height=90,
                       value="\n".join(site.origins) if site else "",
                       hint=t("sites.origins.hint"))  # fmt: skip
    source = forms.text(f"{key}.user_source", t("sites.user_source"), example="shop",
                        value=site.user_source if site else "",
                        hint=t("sites.user_source.hint"))  # fmt: skip
    waits = forms.switch(f"{key}.waits", t("sites.waits"), hint=t("sites.waits.hint"),
                         value=site.waits_for_consent if site else True)  # fmt: skip
    if not forms.save_bar(key):
        return
    given = SiteInput(name=name, origins=typed.split(), waits_for_consent=waits,
                      user_source=source)  # fmt: skip
    done = (
        actions.attempt(sites.add_site, given=given)
        if site is None
        else actions.attempt(sites.change_site, site_id=site.id, seen_version=site.version,
                             given=given)
    )  # fmt: skip
    if done:
        st.rerun()
