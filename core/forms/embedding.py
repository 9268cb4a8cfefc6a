"""How a form stands elsewhere: its own address, plain HTML without any script, or a frame."""

from collections.abc import Mapping, Sequence
from html import escape

from sqlmodel import Session

from core.access.service import verb
from core.access.terms import Actor, Permission
from core.consent.models import Topic
from core.consent.rules import in_language
from core.errors import NotFound
from core.forms import queries
from core.forms.answers import attributes_of
from core.forms.models import Form
from core.forms.terms import CUSTOM, FieldName
from core.i18n.catalog import translate
from core.i18n.terms import Language
from core.settings import settings

FRAME_HEIGHT = 640
TRAP = "website"
_TYPES = {FieldName.EMAIL.value: "email", FieldName.PHONE.value: "tel"}


def address(form: Form) -> str:
    """Return where the form is."""
    return f"{settings().link_url}/f/{form.public_id}"


def frame(form: Form) -> str:
    """Return the HTML of a frame with the form."""
    source, title = escape(f"{address(form)}/frame"), escape(form.name)
    style = f"width:100%;height:{FRAME_HEIGHT}px;border:0"
    return f'<iframe src="{source}" title="{title}" style="{style}"></iframe>'


@verb(Permission.FORM_VIEW, audit=None)
def plain_html(session: Session, _actor: Actor, *, form_id: int) -> str:
    """Return the form as HTML that works on any page, without script and without our style."""
    form = session.get(Form, form_id)
    if form is None:
        raise NotFound("form.missing")
    labels = {key: in_language(row.names, [form.language])
              for key, row in attributes_of(session).items()}  # fmt: skip
    target, side = escape(address(form)), form.language.direction
    start = f'<form method="post" action="{target}" lang="{form.language}" dir="{side}">'
    lines = [start, *(_field(one, form.language, labels) for one in form.fields)]
    lines += _topics(queries.offered(session, form), form.language)
    lines.append(f'  <p style="display:none"><input name="{TRAP}" tabindex="-1"></p>')
    words = in_language(form.texts.get("button", {}), [form.language])
    words = words or translate(form.language, "form.page.button")
    return "\n".join([*lines, f"  <p><button>{escape(words)}</button></p>", "</form>"])


def _field(one: Mapping[str, object], language: Language, labels: Mapping[str, str]) -> str:
    name = str(one["field"])
    own = one.get("label")
    label = in_language(own, [language]) if isinstance(own, dict) else ""
    if not label and name.startswith(CUSTOM):
        label = labels.get(name.removeprefix(CUSTOM), name)
    label = label or translate(language, f"form.field.{name}")
    needed = " required" if one["is_required"] else ""
    kind = _TYPES.get(name, "text")
    return (f'  <p><label>{escape(label)}<br><input type="{kind}" name="{escape(name)}"'
            f"{needed}></label></p>")  # fmt: skip


def _topics(offered: Sequence[Topic], language: Language) -> list[str]:
    """Return the promise of the only topic, or a box to tick for each of several."""
    shown = [(one.id, in_language(one.names, [language]), in_language(one.promises, [language]))
             for one in offered]  # fmt: skip
    if len(shown) == 1:
        _, name, promise = shown[0]
        said = translate(language, "form.page.promise", topic=name)
        return [f"  <p><small>{escape(f'{said} {promise}')}</small></p>"]
    return [
        f'  <p><label><input type="checkbox" name="topic" value="{key}"> {escape(name)}'
        f"<br><small>{escape(promise)}</small></label></p>"
        for key, name, promise in shown
    ]
