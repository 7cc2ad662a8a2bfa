"""`python -m comtrap`, and the command `comtrap`; the processes it starts import this too."""

import atexit
import gc
import sys

# Hundreds of thousands of objects are made while starting, and nothing that is made is let go of: to look for circles
# among them takes a tenth of the time. What is left at the end goes with the process.
gc.set_threshold(100_000)
atexit.register(gc.freeze)

from comtrap.cli.main import main  # noqa: E402 - not before
from comtrap.events.system_memory import system_memory  # noqa: E402 - the same
from comtrap.events.without_pandas import without_pandas  # noqa: E402 - the same

system_memory()

# Spark converts to pandas here and there.
if not any(word.startswith("--c") for word in sys.argv):
    without_pandas()

if __name__ == "__main__":
    sys.exit(main())
