"""`python -m slshell` is `slshell`."""

from slshell.cli import main

main()
