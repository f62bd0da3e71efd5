#!/usr/bin/env bash
# Watches the programs that move a library until it is killed: prints the largest memory of each in KiB, whenever there is a
# larger one.
set -euo pipefail

declare -A largest=()
while sleep 0.5; do
  while read -r size name; do
    if ((size > ${largest[$name]:-0})); then
      largest[$name]=$size
      echo "$name $size"
    fi
  done < <(ps -C rsync,rrsync,ssh,sshd,tar,zstd,sha256sum -o rss=,comm= || true)
done
