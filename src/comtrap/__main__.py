"""`python -m comtrap`."""

import sys

from comtrap.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
