"""`python -m oms` is the command line."""

from oms.app.cli import main

main()
