"""``python -m striate`` is ``striate``."""

from striate.cli.main import main

main()
