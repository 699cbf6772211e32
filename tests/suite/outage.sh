#!/bin/bash
# Two machines that lose their power, at other moments each time; `make outage` makes as many as one likes.
CUTS=${CUTS:-2} exec "$(dirname "$0")/../fault/outage.sh"
