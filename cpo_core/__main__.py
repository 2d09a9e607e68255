"""`python -m cpo_core`: the command line."""

import sys

from cpo_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
