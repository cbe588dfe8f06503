#!/bin/bash
# check_undefined.sh NM ALLOWED ARCHIVE...
#
# Fails if the archives, taken together, leave a symbol undefined that no line of ALLOWED (extended
# regular expressions of whole symbols, # comments) matches; names the symbol and who wants it.

set -euo pipefail
nm=$1 allowed=$2
shift 2
[ $# -gt 0 ] || { echo "no archives: nothing was compiled"; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
grep -Ev '^(#|$)' "$allowed" >"$scratch/allowed"

# nm -A: "archive:member: [address] type symbol". Weak undefined symbols (w, v) may stay so.
"$nm" -A "$@" | awk '$(NF-1) ~ /^[A-TV-Zu]$/ { print $NF }' | sort -u >"$scratch/defined"
"$nm" -A "$@" | awk '$(NF-1) == "U" { print $NF, $1 }' | sort -u >"$scratch/wanted"

count=$(awk '{ print $1 }' "$scratch/wanted" | sort -u | wc -l)
[ "$count" -gt 0 ] || { echo "nothing is undefined: the archives cannot be the engine"; exit 1; }

join -v 1 "$scratch/wanted" "$scratch/defined" >"$scratch/open"
awk '{ print $1 }' "$scratch/open" | sort -u | grep -Evxf "$scratch/allowed" >"$scratch/refused" || true
if [ -s "$scratch/refused" ]; then
  echo "undefined, and not in $allowed:"
  join "$scratch/open" "$scratch/refused" | sed -E 's/^([^ ]+) (.*):$/  \1  wanted by \2/' | c++filt
  exit 1
fi
echo "$(awk '{ print $1 }' "$scratch/open" | sort -u | wc -l) undefined symbols, all of them allowed"
