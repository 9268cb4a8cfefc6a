"""Commands that run Chapar: all of it, or one of its processes."""

import typer

from core import clock
from core.access.terms import SYSTEM
from core.accounts import links
from core.accounts import queries as accounts
from core.cli import processes
from core.cli.speech import say, show, words
from core.db import engine, transaction
from core.migrations.standing import require_current
from core.settings import settings
from core.setup import service as setup

app = typer.Typer()


@app.command(help=words("cli.help.run"))
def run() -> None:
    """Serve the interface and work in the background, until told to stop."""
    require_current(settings().store_url)
    say("cli.address")
    show(settings().site_url)
    link = setup_link()
    if link:
        say("cli.setup_link")
        show(link)
    _become(processes.supervisor_command())


@app.command(help=words("cli.help.web"))
def web() -> None:
    """Serve the interface alone."""
    require_current(settings().store_url)
    say("cli.address")
    show(settings().site_url)
    _become(processes.web_command())


@app.command(help=words("cli.help.worker"))
def worker() -> None:
    """Work in the background alone."""
    require_current(settings().store_url)
    _become(processes.worker_command())


@app.command(help=words("cli.help.public"))
def public() -> None:
    """Serve the public routes alone."""
    require_current(settings().store_url)
    _become(processes.public_command())


def setup_link() -> str | None:
    """Return a fresh link that opens set-up; None once somebody can sign in as administrator."""
    with transaction() as session:
        if accounts.has_administrator(session):
            return None
        setup.ensure_basics(session, now=clock.now())
        return links.make_setup_link(session, SYSTEM, now=clock.now()).address


def _become(command: list[str]) -> None:
    engine().dispose()
    processes.become(command)
