"""`python -m sqlcrm` is the command `sqlcrm`."""

from sqlcrm.shell.commands import main

if __name__ == "__main__":
    main()
