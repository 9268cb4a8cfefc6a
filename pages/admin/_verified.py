"""What reading a sealed log from end to end has shown: the log of acts, and that of consent."""

import streamlit as st

from components import actions
from components.html import note, safe, show, tag
from components.i18n import plain, t
from core.audit.terms import Report
from core.consent.terms import LedgerReport
from core.contacts import listing

SHOWN = 20


def acts(found: Report) -> None:
    """Say whether the log of acts is as it was written, and what is not."""
    if found.is_sound:
        note(t("audit.sound"), t("audit.checked", rows=found.row_count, sealed=found.sealed_count,
                                 waiting=found.waiting_count, anchors=found.anchor_count),
             tone="good")  # fmt: skip
        return
    note(t("audit.unsound"), tone="danger")
    lines = (
        tag("li", tag("b", safe(t(f"audit.fault.{one.fault}"))),
            tag("span", safe(t("audit.row", number=one.entry_id) if one.entry_id else "")))
        for one in found.findings[:SHOWN]
    )  # fmt: skip
    show(tag("ul", *lines, class_="ch-rows"))


def consents(found: LedgerReport) -> None:
    """Say whether every step of consent is as it was written, else whose is not."""
    if found.is_sound:
        read = t("audit.consents.checked", count=found.row_count)
        note(t("audit.consents.sound"), read, tone="good")
        return
    note(t("audit.consents.unsound"), t("audit.consents.what"), tone="danger")
    faults = {one.contact_id: one.event_id is None for one in found.broken}
    people = actions.ask(listing.lines_of, ids=list(faults)[:SHOWN])
    lines = (
        tag("li", tag("b", tag("a", safe(one.name or one.email or t("common.unknown")),
                               href=f"/contact?id={one.public_id}", target="_self")),
            tag("span", safe(t("audit.consents.gone" if faults[one.id]
                               else "audit.consents.altered"))))
        for one in people
    )  # fmt: skip
    show(tag("ul", *lines, class_="ch-rows"))
    if len(faults) > len(people):
        st.caption(plain(t("audit.consents.more", count=len(faults) - len(people))))
