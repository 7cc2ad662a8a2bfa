"""`python -m comtrap`, and the command `comtrap`; the processes it starts import this too."""

import sys

from comtrap.cli.main import main
from comtrap.events.without_pandas import without_pandas

# Spark converts to pandas here and there.
if not any(word.startswith("--c") for word in sys.argv):
    without_pandas()

if __name__ == "__main__":
    sys.exit(main())
