"""`python -m lenskeeper.cli` is the command `lenskeeper`."""

import sys

from lenskeeper.cli import main

if __name__ == "__main__":
    sys.exit(main())
