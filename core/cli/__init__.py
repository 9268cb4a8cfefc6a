"""The command line. Starts the interface and the workers as processes, by name."""

from importlib import import_module


def main() -> None:
    """Run the command that was typed and leave with its exit code.

    The commands are loaded here, not above: the supervisor lives in this package and stays small.
    """
    import_module("core.cli.commands").main()
