#!/bin/bash
# A draw of the crash storm (fault/storm.sh): another one in each check.
MESSAGES=${MESSAGES:-150} STORM_SECONDS=${STORM_SECONDS:-5} exec "$(dirname "$0")/../fault/storm.sh"
