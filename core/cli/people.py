"""Commands about who may come in: administrators, the set-up link, keys for programs."""

from typing import Annotated

import typer

from core import clock
from core.access.terms import Permission, Role
from core.accounts import links
from core.accounts.api_keys import create_api_key
from core.accounts.terms import LinkPurpose, MembershipInput, NewApiKey
from core.cli.running import setup_link
from core.cli.speech import COMMAND_LINE, remark, say, show, words
from core.cli.waking import bind_waker
from core.db import transaction
from core.errors import Conflict, Invalid
from core.i18n.terms import Language
from core.migrations.standing import require_current
from core.notices import service as notices
from core.notices.terms import StaffInvitation
from core.organisation import instance
from core.organisation import queries as organisation
from core.settings import settings
from core.setup import service as setup

app = typer.Typer()
admin = typer.Typer(help=words("cli.help.admin"), no_args_is_help=True)
keys = typer.Typer(help=words("cli.help.api_key"), no_args_is_help=True)
app.add_typer(admin, name="admin")
app.add_typer(keys, name="api-key")


@admin.command(help=words("cli.help.admin_create"))
def create(
    email: Annotated[str, typer.Argument(help=words("cli.help.email"))],
    *,
    first_name: Annotated[str, typer.Option(help=words("cli.help.first_name"))],
    last_name: Annotated[str, typer.Option(help=words("cli.help.last_name"))] = "",
    language: Annotated[Language | None, typer.Option(help=words("cli.help.language"))] = None,
) -> None:
    """Make an administrator and print the link by which the password is chosen."""
    require_current(settings().store_url)
    bind_waker()
    now = clock.now()
    with transaction() as session:
        house = setup.ensure_basics(session, now=now)
        department = organisation.departments(session)[0]
        given = StaffInvitation(
            email=email,
            first_name=first_name,
            last_name=last_name,
            language=language or house.language,
            calendar=house.calendar,
            memberships=(MembershipInput(department_id=department.id, role=Role.ADMINISTRATOR),),
        )
        user = notices.invite_staff(session, COMMAND_LINE, given=given, now=now)
        made = links.make_link(session, purpose=LinkPurpose.INVITATION, user_id=user.id, now=now)
    say("cli.admin_made", login=user.login)
    show(made.address)


@admin.command(help=words("cli.help.admin_link"))
def link() -> None:
    """Print a fresh link that opens set-up; those printed before stop working."""
    require_current(settings().store_url)
    address = setup_link()
    if address is None:
        raise Conflict("account.has_administrator")
    show(address)


@admin.command("confirm-sending", help=words("cli.help.confirm_sending"))
def confirm_sending() -> None:
    """Say that this copy is the one that sends, after a backup was restored."""
    require_current(settings().store_url)
    with transaction() as session:
        instance.confirm(session, COMMAND_LINE, now=clock.now())
    say("cli.sending_confirmed")


@keys.command("create", help=words("cli.help.api_key_create"))
def create_key(
    name: Annotated[str, typer.Argument(help=words("cli.help.key_name"))],
    *,
    scope: Annotated[list[str], typer.Option(help=words("cli.help.scope"))],
    department: Annotated[int | None, typer.Option(help=words("cli.help.department"))] = None,
) -> None:
    """Make a key for another program and print it: this once."""
    require_current(settings().store_url)
    given = NewApiKey(name=name, scopes=_scopes(scope), department_id=department)
    with transaction() as session:
        made = create_api_key(session, COMMAND_LINE, given=given, now=clock.now())
    show(made.text)
    remark("cli.key_shown_once")


def _scopes(names: list[str]) -> frozenset[Permission]:
    known = {permission.value for permission in Permission}
    unknown = sorted(set(names) - known)
    if unknown:
        raise Invalid("cli.unknown_scope", scope=unknown[0], known=sorted(known))
    return frozenset(Permission(name) for name in names)
