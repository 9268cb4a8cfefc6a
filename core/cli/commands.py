"""All commands together, and how they end: 0 done, 1 failed with one clear line, 2 wrong use."""

import os
import sys
from collections.abc import Callable

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from core.cli import checks, exchange, keeping, people, running
from core.cli.bench import app as bench
from core.cli.speech import remark, words
from core.errors import ChaparError

app = typer.Typer(
    name="chapar",
    help=words("cli.help.chapar"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for part in (running.app, keeping.app, people.app, exchange.app, checks.app, bench):
    app.add_typer(part)


def main() -> None:
    """Run what was typed and leave with its exit code. Files it makes are for their owner only."""
    os.umask(0o077)
    sys.exit(said(app))


def said(command: Callable[[], object]) -> int:
    """Run the command; return 1 after one line that says why it could not be done."""
    try:
        command()
    except ChaparError as error:
        remark(error.code, **error.params)
    except ValidationError as error:
        fields = [".".join(map(str, fault["loc"])) for fault in error.errors()]
        remark("cli.bad_settings", fields=fields)
    except SQLAlchemyError as error:
        remark("cli.store_failed", kind=type(error).__name__)
    except OSError as error:
        remark("cli.system_refused", text=error.strerror or "", file=str(error.filename or ""))
    else:
        return 0
    return 1
