"""What can be asked of people, their companies and tags, and of custom fields."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, String, literal, type_coerce
from sqlmodel import Session, SQLModel, col, select

from core.accounts.models import User
from core.contacts.models import Attribute, Company, Contact, ContactTag, Tag
from core.contacts.terms import AttributeKind, ContactKind, ContactStatus, Gender, Lifecycle
from core.filters.fields import Column, Entry, Expression, FilterField, Related, Via
from core.filters.terms import FieldInfo, Kind, Option
from core.i18n.terms import Language

ROOT = col(Contact.id)
_COMPANY = Via(here=col(Contact.company_id), there=col(Company.id))
_KINDS = {
    AttributeKind.TEXT: Kind.TEXT,
    AttributeKind.LINK: Kind.TEXT,
    AttributeKind.NUMBER: Kind.NUMBER,
    AttributeKind.DATE: Kind.DATE,
    AttributeKind.FLAG: Kind.FLAG,
    AttributeKind.CHOICE: Kind.CHOICE,
    AttributeKind.CHOICES: Kind.CHOICES,
}


def table(model: type[SQLModel]) -> Any:
    """Return the table of a row."""
    return model.__table__  # type: ignore[attr-defined]


def words(column: object) -> Expression:
    """Return a column of states as the text that is stored."""
    return type_coerce(column, String)


def _field(
    key: str,
    kind: Kind,
    source: Any,
    *,
    group: str = "person",
    values: Any = (),
    is_folded: bool = False,
) -> FilterField:
    options = tuple(Option(one.value, _option_code(one)) for one in values)
    info = FieldInfo(key, kind, group, f"filter.field.{key}", options=options, is_folded=is_folded)
    is_source = isinstance(source, Column | Entry | Related)
    return FilterField(info, source if is_source else Column(source))


def _option_code(value: StrEnum) -> str:
    return f"filter.choice.{type(value).__name__.lower()}.{value.value}"


_NAME = col(Contact.first_name) + literal(" ") + col(Contact.last_name)
_TAGS = table(ContactTag).join(table(Tag), col(Tag.id) == col(ContactTag.tag_id))
_MERGED = FieldInfo("contact.merged", Kind.FLAG, "person", "filter.field.contact.merged",
                    is_hidden=True)  # fmt: skip

FIELDS: tuple[FilterField, ...] = (
    _field("contact.name", Kind.TEXT, _NAME),
    _field("contact.kind", Kind.CHOICE, words(col(Contact.kind)), values=ContactKind),
    _field("contact.lifecycle", Kind.CHOICE, words(col(Contact.lifecycle)),
           values=Lifecycle),
    _field("contact.status", Kind.CHOICE, words(col(Contact.status)),
           values=[one for one in ContactStatus if one is not ContactStatus.ERASED]),
    _field("contact.language", Kind.CHOICE, words(col(Contact.language)),
           values=Language),
    _field("contact.gender", Kind.CHOICE, words(col(Contact.gender)), values=Gender),
    _field("contact.age", Kind.AGE, col(Contact.birth_date)),
    _field("contact.birth_date", Kind.DATE, col(Contact.birth_date)),
    _field("contact.country", Kind.CHOICE, col(Contact.country)),
    _field("contact.city", Kind.TEXT, col(Contact.city)),
    _field("contact.position", Kind.TEXT, col(Contact.position)),
    _field("contact.tags", Kind.CHOICES,
           Related(col(ContactTag.contact_id), col(Tag.search_key), _TAGS), is_folded=True),
    _field("contact.owner", Kind.CHOICE, col(Contact.owner_id), group="origin"),
    _field("contact.source", Kind.TEXT, col(Contact.source), group="origin"),
    _field("contact.sub_source", Kind.TEXT, col(Contact.sub_source), group="origin"),
    _field("contact.created", Kind.MOMENT, col(Contact.created_at), group="origin"),
    _field("contact.first_touch", Kind.MOMENT, col(Contact.first_touch_at), group="origin"),
    _field("contact.engaged", Kind.MOMENT, col(Contact.engaged_at), group="mail"),
    _field("company.name", Kind.TEXT, Column(col(Company.name), _COMPANY), group="company"),
    _field("company.industry", Kind.TEXT, Column(col(Company.industry), _COMPANY), group="company"),
    _field("company.size", Kind.NUMBER, Column(col(Company.size), _COMPANY), group="company"),
    _field("company.domain", Kind.TEXT, Column(col(Company.domain), _COMPANY), group="company"),
    FilterField(_MERGED, Column(type_coerce(col(Contact.merged_into_id).is_not(None), Boolean))),
)  # fmt: skip


def more_fields(session: Session) -> Sequence[FilterField]:
    """Return a field for every custom field in use."""
    rows = session.exec(
        select(Attribute).where(col(Attribute.is_active).is_(True)).order_by(
            col(Attribute.position), col(Attribute.id)
        )
    )  # fmt: skip
    return [_custom(one) for one in rows]


def _custom(attribute: Attribute) -> FilterField:
    options = tuple(
        Option(str(one["value"]), names=one.get("names") or {})  # type: ignore[arg-type]
        for one in attribute.options
    )
    info = FieldInfo(f"attribute.{attribute.key}", _KINDS[attribute.kind], "custom",
                     names=attribute.names, options=options)  # fmt: skip
    return FilterField(info, Entry(col(Contact.attributes), attribute.key))


def options(session: Session) -> Mapping[str, Sequence[Option]]:
    """Return the colleagues who can own a person, and the tags there are."""
    users = session.exec(select(User.id, User.name).where(col(User.is_active).is_(True))).all()
    tags = session.exec(select(Tag.search_key, Tag.name).order_by(col(Tag.name)).limit(1_000)).all()
    return {
        "contact.owner": [Option(str(id_), names={"": name}) for id_, name in users],
        "contact.tags": [Option(key, names={"": name}) for key, name in tags],
    }
