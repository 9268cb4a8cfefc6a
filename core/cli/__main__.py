"""`python -m core.cli` is `chapar`."""

from core.cli import main

if __name__ == "__main__":
    main()
