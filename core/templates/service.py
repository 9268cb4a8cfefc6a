"""Verbs of templates: write one, save a new version, look at it as one person will see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.access.service import require_on, verb
from core.access.terms import Actor, Permission
from core.audit import service as audit
from core.contacts.models import Contact
from core.errors import Conflict, Invalid, NotFound
from core.i18n.terms import Language, Reader
from core.i18n.text import stored
from core.organisation import queries as organisation_queries
from core.organisation.models import Organisation
from core.organisation.service import usual_calendar
from core.templates import queries, samples
from core.templates.compiler import compile_text
from core.templates.models import Template, TemplateVersion
from core.templates.render import render, standard_footer
from core.templates.terms import (
    BARE,
    Compiled,
    Framing,
    MessageClass,
    RenderedMail,
    TemplateState,
)

Texts = Mapping[str, Mapping[str, str]]
FALLBACKS = (Language.FA, Language.AR, Language.EN)
NOWHERE = {"unsubscribe": "#", "preferences": "#"}
"""What stands for the links of every mail where nobody gave them: in previews."""


@dataclass(frozen=True)
class TemplateInput:
    """What a person fills in about a template."""

    name: str
    purpose: str
    klass: MessageClass
    department_id: int | None = None
    topic_id: int | None = None


@verb(Permission.TEMPLATE_EDIT, audit="template.added")
def add_template(
    session: Session, actor: Actor, *, given: TemplateInput, texts: Texts, now: datetime
) -> Template:
    """Return a new template with its first version."""
    require_on(actor, Permission.TEMPLATE_EDIT, department_id=given.department_id)
    name = stored(given.name)
    if not name:
        raise Invalid("template.empty_name", field="name")
    if queries.named(session, name) is not None:
        raise Conflict("template.name_taken", field="name")
    template = Template(
        name=name,
        purpose=given.purpose,
        klass=given.klass,
        department_id=given.department_id,
        topic_id=given.topic_id,
    )
    session.add(template)
    session.flush()
    _add_version(session, actor, template, number=1, texts=texts)
    audit.record(
        session, actor, "template.added", now=now, subject=template, name=name,
        department_id=template.department_id, after={"klass": given.klass.value},
    )  # fmt: skip
    return template


@verb(Permission.TEMPLATE_EDIT, audit="template.changed")
def save_version(
    session: Session,
    actor: Actor,
    *,
    template_id: int,
    seen_version: int,
    texts: Texts,
    now: datetime,
) -> TemplateVersion:
    """Return the new version; messages already queued keep the version they were queued with."""
    template = _editable(session, actor, template_id)
    if template.version != seen_version:
        raise Conflict("template.changed_meanwhile")
    newest = queries.newest_version(session, template.id)
    number = 1 if newest is None else newest.number + 1
    version = _add_version(session, actor, template, number=number, texts=texts)
    template.version += 1
    audit.record(
        session, actor, "template.changed", now=now, subject=template, name=template.name,
        department_id=template.department_id, after={"number": number},
    )  # fmt: skip
    return version


@verb(Permission.TEMPLATE_EDIT, audit="template.changed")
def set_topic(
    session: Session,
    actor: Actor,
    *,
    template_id: int,
    seen_version: int,
    topic_id: int | None,
    now: datetime,
) -> Template:
    """Return the template, whose mails from now on go to those alone who agreed to the topic."""
    template = _editable(session, actor, template_id)
    if template.version != seen_version:
        raise Conflict("template.changed_meanwhile")
    before = template.topic_id
    template.topic_id = topic_id
    template.version += 1
    session.flush()
    audit.record(
        session, actor, "template.changed", now=now, subject=template, name=template.name,
        department_id=template.department_id, before={"topic_id": before},
        after={"topic_id": topic_id},
    )  # fmt: skip
    return template


@verb(Permission.TEMPLATE_EDIT, audit="template.retired")
def retire(session: Session, actor: Actor, *, template_id: int, now: datetime) -> None:
    """Keep the template from being chosen again."""
    template = _editable(session, actor, template_id)
    template.state = TemplateState.RETIRED
    audit.record(session, actor, "template.retired", now=now, subject=template, name=template.name)


@verb(Permission.TEMPLATE_VIEW, audit=None)
def list_templates(
    session: Session, _actor: Actor, *, purpose: str | None = None
) -> list[Template]:
    """Return the templates in use, by name."""
    return list(queries.active(session, purpose=purpose))


@verb(Permission.TEMPLATE_VIEW, audit=None)
def languages(session: Session, _actor: Actor) -> dict[int, list[Language]]:
    """Return in which languages each template in use has a text."""
    texts = queries.newest_texts(session)
    return {key: [one for one in Language if one.value in found] for key, found in texts.items()}


@verb(Permission.TEMPLATE_VIEW, audit=None)
def sample(
    session: Session, actor: Actor, *, template_version_id: int, language: Language, now: datetime
) -> RenderedMail:
    """Return the text of one language with example values, as the actor would get it."""
    version = session.get(TemplateVersion, template_version_id)
    if version is None or language.value not in version.texts:
        raise NotFound("template.missing")
    organisation = organisation_queries.organisation(session)
    text = version.texts[language.value]
    values = samples.values_for(text["subject"], text["body"], language=language, now=now)
    contact = session.get(Contact, actor.contact_id) if actor.contact_id else None
    known = {"organisation": {"name": organisation.name}, "sender": {"name": organisation.name}}
    if contact is not None and contact.first_name:
        known = person_values(contact, organisation, sender_name=organisation.name)  # type: ignore[assignment]
    calendar = usual_calendar(language, organisation)
    reader = Reader(language, calendar, organisation.time_zone)
    footer = standard_footer(
        reader, organisation=organisation.name, postal_address=organisation.postal_address
    )
    return render(compiled_text(version, language), {**values, **known}, reader, footer=footer)


@verb(Permission.TEMPLATE_VIEW, audit=None)
def read_template(
    session: Session, _actor: Actor, *, template_id: int
) -> tuple[Template, TemplateVersion]:
    """Return the template and its newest version."""
    template = session.get(Template, template_id)
    version = queries.newest_version(session, template_id)
    if template is None or version is None:
        raise NotFound("template.missing")
    return template, version


@verb(Permission.TEMPLATE_VIEW, audit=None)
def preview(
    session: Session,
    _actor: Actor,
    *,
    template_version_id: int,
    contact_id: int,
    values: Mapping[str, object] | None = None,
) -> RenderedMail:
    """Return the mail as this person will see it; raises MissingValue where data lacks."""
    version = session.get(TemplateVersion, template_version_id)
    contact = session.get(Contact, contact_id)
    if version is None or contact is None:
        raise NotFound("template.missing")
    organisation = organisation_queries.organisation(session)
    return render_for(
        version, contact, organisation, sender_name=organisation.name, values=values or {}
    )


def render_for(
    version: TemplateVersion,
    contact: Contact,
    organisation: Organisation,
    *,
    sender_name: str,
    values: Mapping[str, object],
    framing: Framing = BARE,
) -> RenderedMail:
    """Return the version filled in for this person, in their language and zone."""
    reader = reader_of(contact, organisation, version)
    footer = standard_footer(
        reader, organisation=organisation.name, postal_address=organisation.postal_address
    )
    context = person_values(contact, organisation, sender_name=sender_name)
    known = values.get("links")
    addresses = {**NOWHERE, **(known if isinstance(known, Mapping) else {})}
    return render(
        compiled_text(version, reader.language),
        {**values, "links": addresses, **context},
        reader,
        footer=footer,
        framing=framing,
    )


def reader_of(contact: Contact, organisation: Organisation, version: TemplateVersion) -> Reader:
    """Return for whom the mail is written: the first language of theirs that has a text."""
    wanted = (contact.language, organisation.language, *FALLBACKS)
    language = next((code for code in wanted if code and code.value in version.texts), None)
    if language is None:
        raise Invalid("template.no_text")
    calendar = usual_calendar(language, organisation)
    return Reader(language, calendar, contact.time_zone or organisation.time_zone)


def compiled_text(version: TemplateVersion, language: Language) -> Compiled:
    """Return the checked text of one language."""
    text = version.texts[language.value]
    return compile_text(text["subject"], text["body"])


def person_values(
    contact: Contact, organisation: Organisation, *, sender_name: str
) -> dict[str, object]:
    """Return the values every template may read; plain text only."""
    full_name = f"{contact.first_name} {contact.last_name}".strip()
    return {
        "contact": {
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "full_name": full_name,
        },
        "organisation": {"name": organisation.name},
        "sender": {"name": sender_name},
    }


def _editable(session: Session, actor: Actor, template_id: int) -> Template:
    template = session.get(Template, template_id)
    if template is None:
        raise NotFound("template.missing")
    require_on(actor, Permission.TEMPLATE_EDIT, department_id=template.department_id)
    return template


def _add_version(
    session: Session, actor: Actor, template: Template, *, number: int, texts: Texts
) -> TemplateVersion:
    kept = {
        Language(code).value: {"subject": text["subject"].strip(), "body": text["body"].strip()}
        for code, text in texts.items()
        if text["subject"].strip() or text["body"].strip()
    }
    if not kept:
        raise Invalid("template.no_text", field="body")
    for text in kept.values():
        compile_text(text["subject"], text["body"])
    by_user = actor.id if actor.kind == "user" else None
    version = TemplateVersion(
        template_id=template.id, number=number, texts=kept, created_by_id=by_user
    )
    session.add(version)
    session.flush()
    return version
