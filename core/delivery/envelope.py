"""What stands between the angle brackets of MAIL FROM and RCPT TO."""

from core.contacts.addresses import EmailAddress, envelope_text
from core.delivery.terms import DeliveryError, FailureKind, Stage
from core.errors import Invalid

NEEDS_SMTPUTF8 = "5.6.7"


def path(address: EmailAddress | None, *, kind: FailureKind) -> str:
    """Return the stored text of the address byte for byte, or nothing for the null sender.

    Raises DeliveryError of this kind for an address that is not canonical or that only a server
    with SMTPUTF8 could take.
    """
    if address is None:
        return ""
    if address.needs_smtputf8:
        raise DeliveryError(
            "smtp.needs_smtputf8", kind=kind, stage=Stage.BUILD, enhanced=NEEDS_SMTPUTF8
        )
    try:
        return envelope_text(address)
    except Invalid as refusal:
        raise DeliveryError(refusal.code, kind=kind, stage=Stage.BUILD) from refusal
