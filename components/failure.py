"""What people see when the program itself fails: words, safety and a reference, no traceback."""

import logging
import secrets

from components.html import note
from components.i18n import t
from core.errors import ChaparError

log = logging.getLogger(__name__)


def show(error: Exception) -> bool:
    """Draw the failure of a page in words; returns True, which keeps Streamlit's own away.

    A refusal that no page expected is said as it is. Anything else is logged under a reference
    that the person can pass on. To be given to `st.App` as `on_script_error`.
    """
    if isinstance(error, ChaparError):
        note(t(error.code, **error.params), tone="warning")
        return True
    reference = secrets.token_hex(4).upper()
    log.error("page failed, reference %s", reference, exc_info=error)
    note(
        t("frame.failure.title"),
        t("frame.failure.body"),
        tone="danger",
        more=t("frame.failure.reference", reference=reference),
    )
    return True
