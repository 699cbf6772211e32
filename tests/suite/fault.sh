#!/bin/bash
# A draw from the fault sweep, another one each time; `make fault` sweeps it whole.
export SAMPLE=${SAMPLE:-1} FAULT_SECONDS=${FAULT_SECONDS:-1}
exec "$(dirname "$0")/../fault/sweep.sh" disk:once:5 disk:once:28 disk:once:9999 net:once:104 sqlite:once:10 curl:once:0 smtp:once:0
