"""`python -m specloop.cli`."""

from specloop.cli import main

main()
