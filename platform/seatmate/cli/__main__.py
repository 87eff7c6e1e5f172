"""`python -m seatmate.cli`: the same commands without the installed script; how a supervised child is started."""

from seatmate.cli.app import main

main()
