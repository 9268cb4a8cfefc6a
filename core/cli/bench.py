"""`chapar bench`: figures from really running Chapar, in a private data directory."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.cli import measurements
from core.cli.figures import PEOPLE, Given
from core.cli.speech import show, words
from core.errors import Invalid

app = typer.Typer()


@app.command("bench", help=words("cli.help.bench"))
def bench(
    name: Annotated[str, typer.Argument(help=words("cli.help.bench_name"))],
    *,
    as_json: Annotated[bool, typer.Option("--json", help=words("cli.help.json"))] = False,
    file: Annotated[Path | None, typer.Option("--file", help=words("cli.help.bench_file"))] = None,
    people: Annotated[int, typer.Option(min=1_000, help=words("cli.help.bench_people"))] = PEOPLE,
) -> None:
    """Measure one thing; the store of this installation is not touched."""
    measure = measurements.BENCHES.get(name)
    if measure is None:
        raise Invalid("bench.unknown", name=name, known=sorted(measurements.BENCHES))
    figures = measure(Given(file, people))
    if as_json:
        sys.stdout.write(f"{json.dumps(figures)}\n")
        return
    for figure, value in figures.items():
        show(words("bench.figure", name=figure, figure=value))
