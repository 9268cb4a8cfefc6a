"""Names that set-up made up follow the language of the organisation until people change them."""

from sqlmodel import Session, col, select

from core.alerts.models import AlertRule
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.organisation import queries
from core.templates import shipped
from core.templates.models import Template


def speak(session: Session, *, old: Language, new: Language) -> None:
    """Give office, rule and shipped mails their names in the new language."""
    office = queries.default_office(session)
    office.name = _renamed(office.name, "setup.head_office", old=old, new=new)
    for rule in session.exec(select(AlertRule).where(col(AlertRule.key).is_not(None))):
        rule.name = _renamed(rule.name, "alert.default_rule_name", old=old, new=new)
    names = {key: mail["name"] for key, mail in shipped.mails().items()}
    for template in session.exec(select(Template).where(col(Template.key).in_(names))):
        known = names[template.key or ""]
        if template.name == known[old.value]:
            template.name = known[new.value]
    session.flush()


def _renamed(name: str, code: str, *, old: Language, new: Language) -> str:
    return translate(new, code) if name == translate(old, code) else name
