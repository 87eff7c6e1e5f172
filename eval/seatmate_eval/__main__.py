"""`python -m seatmate_eval`: the same as the command `seatmate-eval`."""

from seatmate_eval.cli import main

main()
