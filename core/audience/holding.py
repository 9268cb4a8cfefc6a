"""Hold those of a file whom the lists of domains let in for no form.

Rows under names from which nobody at all is taken in were refused when the file was read; what is
left to be judged domain by domain is taken, but held.
"""

from sqlmodel import Session, col, select

from core.audience.queries import among
from core.audience.terms import Block
from core.consent import domains
from core.consent.rules import judged
from core.consent.terms import DomainLists, DomainVerdict, ThrowawayRule
from core.contacts.models import Contact, ContactIdentity
from core.contacts.terms import IdentityKind


def hold(session: Session, change_set_id: int, block: Block, *, lists: DomainLists) -> None:
    """Hold whom the import has made of this block by such an address; who was known stays."""
    for verdict, addresses in _held(block, lists).items():
        made = select(Contact.id).join(
            ContactIdentity, col(ContactIdentity.contact_id) == col(Contact.id)
        )
        mine = (col(Contact.change_set_id) == change_set_id,
                col(ContactIdentity.kind) == IdentityKind.EMAIL,
                among(session, ContactIdentity.normalised, addresses))  # fmt: skip
        domains.hold(session, session.exec(made.where(*mine)).all(), verdict)


def _held(block: Block, lists: DomainLists) -> dict[DomainVerdict, list[str]]:
    """Return the addresses that are not simply taken, by what the lists say of them."""
    if lists.throwaway is not ThrowawayRule.HOLD and not (
        lists.takes_only_allowed or lists.allowed
    ):
        return {}
    known: dict[str, DomainVerdict] = {}
    found: dict[DomainVerdict, list[str]] = {}
    for one in block.columns.get("email", ()):
        if one is None:
            continue
        domain = one[0].rpartition("@")[2]
        if domain not in known:
            known[domain] = judged(domain, lists)
        if known[domain] is not DomainVerdict.TAKE:
            found.setdefault(known[domain], []).append(one[0])
    return found
