#!/bin/sh
# check_format.sh - every C file looks as .clang-format says; ./run fmt puts it right.
exec ./run fmt --check
