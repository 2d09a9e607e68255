"""`python -m cpo_core`: the command line."""

import signal
import sys

from cpo_core import orphans
from cpo_core.cli import main

if __name__ == "__main__":
    orphans.die_with_parent(signal.SIGKILL)
    sys.exit(main())
