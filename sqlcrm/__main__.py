"""`python -m sqlcrm` is the command."""

from sqlcrm.shell.commands import main

if __name__ == "__main__":
    main()
