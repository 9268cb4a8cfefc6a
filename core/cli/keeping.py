"""Commands that keep the store: migrate, back up, restore, verify, fill with practice."""

from pathlib import Path
from typing import Annotated

import typer

from core import clock
from core.backup import service as backup
from core.cli import processes
from core.cli.speech import remark, say, words
from core.cli.waking import bind_waker
from core.db import reading, transaction
from core.migrations import service as migrations
from core.migrations.standing import require_current
from core.practice import service as practice
from core.privacy import again
from core.settings import settings
from core.setup import service as setup

app = typer.Typer()
File = Annotated[Path, typer.Argument(help=words("cli.help.file"))]


@app.command(help=words("cli.help.migrate"))
def migrate() -> None:
    """Bring the store up to date; on SQLite a backup is made first."""
    url = settings().store_url
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    pending = migrations.pending(url)
    if not pending:
        say("cli.migrated_already")
        _erase_again()
        return
    with processes.alone():
        saved = backup.back_up_before_upgrade(now=clock.now())
        if saved:
            say("cli.saved_before_upgrade", file=str(saved))
        migrations.upgrade(url)
    say("cli.migrated", count=len(pending))
    _erase_again()


@app.command("backup", help=words("cli.help.backup"))
def back_up(
    file: File,
    *,
    with_key: Annotated[bool, typer.Option("--with-key", help=words("cli.help.with_key"))] = False,
) -> None:
    """Write everything into one file while people go on working."""
    make = backup.back_up_with_key if with_key else backup.back_up
    manifest = make(file, now=clock.now())
    say("cli.backed_up", file=str(file), size=_megabytes(file))
    if manifest.has_key:
        remark("cli.backup_has_key")
    else:
        remark("cli.backup_lacks_key")


@app.command("verify-backup", help=words("cli.help.verify_backup"))
def verify_backup(file: File) -> None:
    """Prove that a backup is whole and could be restored."""
    manifest = backup.verify(file)
    made = manifest.made_at.isoformat(timespec="seconds")
    say("cli.backup_sound", file=str(file), made=made, store=manifest.store.value)
    say("cli.backup_has_key" if manifest.has_key else "cli.backup_lacks_key")


@app.command(help=words("cli.help.restore"))
def restore(
    file: File,
    *,
    replace: Annotated[bool, typer.Option("--replace", help=words("cli.help.replace"))] = False,
) -> None:
    """Put the content of a backup in place of the store; it sends nothing until confirmed."""
    with processes.alone():
        done = (backup.replace if replace else backup.restore)(file, now=clock.now())
    say("cli.restored", made=done.manifest.made_at.isoformat(timespec="seconds"))
    if done.replaced:
        say("cli.saved_before_restore", file=str(done.replaced))
    if not done.has_right_key:
        remark("cli.restored_without_key")
    if not done.is_listed:
        remark("cli.restored_unlisted")
    if migrations.pending(settings().store_url):
        remark("cli.restored_behind")
    else:
        _erase_again()
    remark("cli.restored_unconfirmed")


def _erase_again() -> None:
    """Erase anew whom an older backup brought back, and name those who could not be."""
    with reading() as session:
        is_due = again.is_due(session)
    if not is_due:
        return
    with processes.alone(), transaction() as session:
        done = again.erase(session, now=clock.now())
    if done.count:
        say("cli.erased_again", count=done.count)
    for one in done.left:
        remark("cli.erased_back", person=one.public_id, reason=words(one.code))


@app.command(help=words("cli.help.demo"))
def demo(
    *, clear: Annotated[bool, typer.Option("--clear", help=words("cli.help.clear"))] = False
) -> None:
    """Load the practice company, or take all of it away again."""
    require_current(settings().store_url)
    bind_waker()
    now = clock.now()
    with transaction() as session:
        if clear:
            practice.clear(session, now=now)
        else:
            setup.ensure_basics(session, now=now)
            practice.load(session, now=now)
    say("cli.demo_cleared" if clear else "cli.demo_loaded")


def _megabytes(path: Path) -> float:
    return round(path.stat().st_size / 1024 / 1024, 1)
