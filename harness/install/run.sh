#!/bin/sh
# Runs a module of harness/install with Python 3.11: run.sh MODULE. Called by make; needs nothing but a POSIX shell.
# The checkout is found from "$0" and not from make's $(CURDIR), because make splits paths at spaces.
set -eu
checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)

for candidate in python3.11 python3 python /usr/bin/python3.11 /usr/local/bin/python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        PYTHONPATH="$checkout/harness" PYTHONDONTWRITEBYTECODE=1 exec "$candidate" -m "$1" "$checkout"
    fi
done

echo "error: Python 3.11 is needed (AWS Glue 5.1 runs 3.11), and neither python3.11 nor a python3 of that version is on the PATH." >&2
echo "       Install it, for example: apt-get install python3.11 python3.11-venv, or pyenv install 3.11" >&2
exit 1
