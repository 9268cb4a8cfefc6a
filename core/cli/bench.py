"""Benches."""

import typer

app = typer.Typer()
