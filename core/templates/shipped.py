"""The mails that come with Chapar, put into the store once; from then on they are the users'."""

import tomllib
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session, select

from core.access.terms import DepartmentKind
from core.i18n.terms import Language
from core.organisation.models import Department
from core.templates import queries
from core.templates.compiler import compile_text
from core.templates.models import Template, TemplateVersion
from core.templates.terms import MessageClass

MAILS = Path(__file__).parents[1] / "layouts" / "mails"


@lru_cache(maxsize=1)
def mails() -> dict[str, dict[str, dict[str, str]]]:
    """Return the shipped mails by key, as their files hold them."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(MAILS.glob("*.toml"))
    }


def name_in(template: Template, language: Language) -> str:
    """Return what the template is called: in the reader's language, unless users named it."""
    names = mails().get(template.key or "", {}).get("name", {})
    return names.get(language.value, "") if template.name in names.values() else template.name


def ensure(session: Session, *, language: Language) -> None:
    """Put the shipped mails that the store lacks into it; those that users changed stay.

    `language` is the organisation's: template names are shown to its staff.
    """
    known = queries.keys(session)
    for key, mail in mails().items():
        if key not in known:
            _add(session, key, mail, language=language)


def _add(
    session: Session, key: str, mail: dict[str, dict[str, str]], *, language: Language
) -> None:
    texts = {code.value: dict(mail[code.value]) for code in Language}
    for text in texts.values():
        compile_text(text["subject"], text["body"])
    template = Template(
        key=key,
        name=mail["name"][language.value],
        purpose=str(mail["purpose"]),
        department_id=_department_id(session, mail),
        klass=MessageClass(str(mail["klass"])),
    )
    session.add(template)
    session.flush()
    session.add(TemplateVersion(template_id=template.id, number=1, texts=texts))


def _department_id(session: Session, mail: dict[str, dict[str, str]]) -> int | None:
    if "department" not in mail:
        return None
    kind = DepartmentKind(str(mail["department"]))
    return session.exec(select(Department.id).where(Department.kind == kind)).first()
