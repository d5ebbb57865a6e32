#!/bin/sh
# check_sccm.sh - scripts, inventory classes and pages for SCCM know the agent's State as agent/mirror_paint.c writes it. Run from
# the root; the rules are in tests/installer/sccm.py, which plants mistakes, too.
exec python3 -B tests/installer/sccm.py
