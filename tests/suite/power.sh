#!/bin/bash
# A few power cuts, others each time; `make power` makes as many as one likes.
export CUTS=${CUTS:-15}
exec "$(dirname "$0")/../fault/power.sh"
