"""The command line: noun then verb. A command parses, calls the API, prints; `--json` prints data for machines."""

from seatmate.cli.app import main

__all__ = ["main"]
