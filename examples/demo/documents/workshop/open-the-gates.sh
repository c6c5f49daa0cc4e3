#!/bin/sh
# Opens the sluice gates one after the other, so that the race below does not flood.
set -eu

for gate in upper middle lower; do
  echo "opening the $gate gate by a hand's width"
  sleep 60
  level=$(cat "/var/mill/level-$gate")
  if [ "$level" -gt 95 ]; then
    echo "the water below the $gate gate stands at $level cm, closing it again" >&2
    exit 1
  fi
done
echo "all gates are open, the wheel may turn"
