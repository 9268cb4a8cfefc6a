"""What can be asked of consent: where people stand with topics, and who is not written to."""

from collections.abc import Mapping, Sequence

from sqlalchemy import and_
from sqlmodel import Session, col, select

from core.consent.models import Subscription, Suppression, Topic
from core.consent.terms import ConsentState
from core.contacts.filter_fields import table
from core.contacts.models import ContactIdentity
from core.filters.fields import FilterField, Related
from core.filters.terms import FieldInfo, Kind, Option

_TOPICS = table(Subscription).join(table(Topic), col(Topic.id) == col(Subscription.topic_id))
MOVED_BY = frozenset({"consent.changed", "contact.suppressed"})


def _info(key: str, kind: Kind) -> FieldInfo:
    return FieldInfo(key, kind, "consent", f"filter.field.{key}", moved_by=MOVED_BY)


def _topic_field(state: ConsentState) -> FilterField:
    """Return the topics with which a person stands so."""
    source = Related(
        owner=col(Subscription.contact_id),
        value=col(Topic.key),
        rows=_TOPICS,
        where=(col(Subscription.state) == state,),
    )
    return FilterField(_info(f"consent.{state.value}", Kind.CHOICES), source)


FIELDS: tuple[FilterField, ...] = (
    *(_topic_field(state) for state in ConsentState),
    FilterField(
        _info("consent.suppressed", Kind.FLAG),
        Related(
            owner=col(Suppression.contact_id),
            value=col(Suppression.id),
            rows=table(Suppression),
            where=(col(Suppression.lifted_at).is_(None),),
        ),
    ),
    FilterField(
        _info("consent.address_suppressed", Kind.FLAG),
        Related(
            owner=col(ContactIdentity.contact_id),
            value=col(Suppression.id),
            rows=table(Suppression).join(
                table(ContactIdentity),
                and_(
                    col(ContactIdentity.address_id) == col(Suppression.address_id),
                    col(ContactIdentity.is_primary).is_(True),
                ),
            ),
            where=(col(Suppression.lifted_at).is_(None),),
        ),
    ),
)


def options(session: Session) -> Mapping[str, Sequence[Option]]:
    """Return the topics there are."""
    topics = session.exec(select(Topic).order_by(col(Topic.id))).all()
    named = [Option(one.key, names=one.names) for one in topics]
    return {f"consent.{state.value}": named for state in ConsentState}
