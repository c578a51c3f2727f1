# What the shell of the tests does before and after a block. A command that fails in the middle of a block is noted, and does
# not end it: an operator's shell would go on, too.
exec 2>&1
set -o pipefail
note() { failed+="${BASH_COMMAND//$'\n'/ }"$'\x1f'; }
ended() { printf '\n%s%s\n' "$1" "$failed"; }
trap note ERR
