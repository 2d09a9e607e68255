"""`python -m cpo_core`: the command line."""

import signal
import sys

from cpo_core.machine import parent_death
from cpo_core.terminal.cli import main

if __name__ == "__main__":
    parent_death.die_with_parent(signal.SIGKILL)
    sys.exit(main())
