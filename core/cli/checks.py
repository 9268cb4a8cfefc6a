"""Commands that look and report: the audit log, and whether this installation is in order."""

from typing import Annotated

import typer

from core import clock
from core.audit import verification
from core.audit.terms import Finding
from core.cli import dns_checks, doctor
from core.cli.speech import say, words
from core.db import reading
from core.delivery.terms import Level
from core.i18n.terms import Word
from core.migrations.standing import require_current
from core.settings import settings

app = typer.Typer()
audit = typer.Typer(help=words("cli.help.audit"), no_args_is_help=True)
app.add_typer(audit, name="audit")
_SHOWN = 20


@audit.command(help=words("cli.help.audit_verify"))
def verify() -> None:
    """Read the whole log and name what was altered, inserted, moved, removed or cut off."""
    require_current(settings().store_url)
    with reading() as session:
        report = verification.verify(session, now=clock.now())
    say("audit.checked", rows=report.row_count, sealed=report.sealed_count,
        waiting=report.waiting_count, anchors=report.anchor_count)  # fmt: skip
    for finding in report.findings[:_SHOWN]:
        say(f"audit.fault.{finding.fault}", place=_place(finding))
    if len(report.findings) > _SHOWN:
        say("audit.more_faults", count=len(report.findings) - _SHOWN)
    say("audit.sound" if report.is_sound else "audit.unsound")
    if not report.is_sound:
        raise typer.Exit(1)


def _place(finding: Finding) -> str:
    """Return the row by its number, else the place in the chain."""
    if finding.entry_id is not None:
        return words("audit.row", number=finding.entry_id)
    if finding.position is not None:
        return words("audit.place", number=finding.position)
    return words("audit.anchor_file")


@app.command("doctor", help=words("cli.help.doctor"))
def examine(
    *,
    smtp: Annotated[bool, typer.Option("--smtp", help=words("cli.help.smtp"))] = False,
    dns: Annotated[bool, typer.Option("--dns", help=words("cli.help.dns"))] = False,
) -> None:
    """Look at configuration, clock, store and queue; at mail servers and DNS where asked."""
    findings = [*doctor.configuration(), *doctor.clock_and_store(), *doctor.queue()]
    findings += doctor.mail_servers() if smtp else []
    findings += dns_checks.sender_domains() if dns else []
    for finding in findings:
        word = Word(f"doctor.level.{finding.level}")
        say("doctor.line", level=word, text=words(finding.code, **finding.params))
    if any(finding.level is Level.DANGER for finding in findings):
        raise typer.Exit(1)
