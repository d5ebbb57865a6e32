#!/bin/sh
# check_admx.sh - the template of machine policy names every setting that the agent reads, and nothing else, and has the
# structure that Windows expects. Run from the root; the rules are in tests/installer/admx.py, which plants mistakes, too.
exec python3 -B tests/installer/admx.py
