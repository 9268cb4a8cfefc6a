"""Gather what handing over needs, and look once more, right before it, at what may forbid it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session

from core.consent import queries as consent
from core.consent.terms import ConsentState
from core.contacts import queries as contacts
from core.errors import Unavailable
from core.messages import queries, rules
from core.messages.admission import is_pausing
from core.messages.letters import Parcel, header_id, route_of, sender_of
from core.messages.models import Message
from core.organisation import queries as organisation_queries


def parcels_of(session: Session, admitted: Sequence[Message]) -> list[Parcel]:
    """Return the parcels of these messages; without those that have no way out at present."""
    if not admitted:
        return []
    organisation = organisation_queries.organisation(session)
    contact_ids = {message.contact_id or 0 for message in admitted}
    people = {person.id: person for person in contacts.contacts(session, contact_ids)}
    addresses = contacts.primary_addresses(session, contact_ids)
    wanted = {message.template_version_id or 0 for message in admitted}
    versions = {one.id: one for one in queries.template_versions(session, wanted)}
    topics = consent.topics(session, {one.topic_id for one in admitted if one.topic_id})
    found = []
    for message in admitted:
        try:
            sender = sender_of(session, message)
        except Unavailable:
            continue
        way = route_of(session, message, sender=sender, organisation=organisation)
        if way is None:
            continue
        message.sender_id = sender.id
        message.message_id_header = message.message_id_header or header_id(message, sender)
        contact_id = message.contact_id or 0
        found.append(
            Parcel(
                message=message,
                person=people[contact_id],
                address=addresses[contact_id],
                version=versions[message.template_version_id or 0],
                organisation=organisation,
                sender=sender,
                transport_id=way[0],
                route=way[1],
                topic=topics.get(message.topic_id or 0),
            )
        )
    return found


def block_newer(session: Session, ids: Collection[int], *, now: datetime) -> set[int]:
    """Return those of the messages that a suppression, withdrawal or hold now forbids.

    Whatever was committed before this transaction is seen, however its clock ran: nothing is
    compared by time. The blocked ones go back to the queue and admission says why.
    """
    batch = queries.mine(session, ids)
    contact_ids = {message.contact_id for message in batch if message.contact_id is not None}
    address_ids = {message.address_id for message in batch if message.address_id is not None}
    placed = consent.active_suppressions(session, contact_ids=contact_ids, address_ids=address_ids)
    held = {hold.contact_id for hold in queries.open_holds(session, contact_ids, now=now)}
    pairs = {(m.contact_id, m.topic_id) for m in batch if m.contact_id and m.topic_id}
    states = consent.consent_states(session, pairs)
    asked = consent.preferences(session, contact_ids)
    pausing = {one for one, row in asked.items() if is_pausing(row, now=now)}
    blocked = set()
    for message in batch:
        stops = rules.blocking(message.klass, message.audience)
        mine = [
            one for one in placed
            if one.contact_id == message.contact_id or one.address_id == message.address_id
        ]  # fmt: skip
        state = states.get((message.contact_id or 0, message.topic_id or 0))
        withdrew = state is ConsentState.UNSUBSCRIBED and message.klass in rules.NOT_URGENT
        is_held = message.contact_id in held | pausing and message.klass in rules.NOT_URGENT
        if withdrew or is_held or any(one.reason in stops for one in mine):
            blocked.add(message.id)
    return blocked
