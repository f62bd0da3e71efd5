#!/bin/sh
# A cluster in files of the folder CLUSTER: answers/ has what `kubectl get` says, by its words; a drain lays closed/,
# away/ and moved/ over it, one after the other, an uncordon open/. What changes something is on record in "calls".
# DRAIN=refused is a drain that fails, DRAIN=hangs one that never ends.
set -eu
: "${CLUSTER:?folder}"

become() { cp "$CLUSTER/$1"/* "$CLUSTER/answers/"; }

main() {
  while :; do
    case $1 in
      get | drain | uncordon | exec | version) break ;;
      *) shift ;;
    esac
  done
  case $1 in
    get)
      shift
      words=$(echo "$*" | sed 's/ --output json$//' | tr ' /' '__')
      cat "$CLUSTER/answers/$words" 2>/dev/null || { echo "error: nobody knows $*" >&2; exit 1; }
      ;;
    version) echo '{"clientVersion": {"gitVersion": "v1.34.1"}}' ;;
    drain)
      echo "$*" >>"$CLUSTER/calls"
      become closed
      if [ "${DRAIN:-}" = hangs ]; then exec sleep 60; fi
      [ "${DRAIN:-}" != refused ] || { echo "error: Cannot evict pod as it would violate the disruption budget" >&2; exit 1; }
      become away
      sleep 1.5
      become moved
      ;;
    uncordon)
      echo "$*" >>"$CLUSTER/calls"
      become open
      ;;
    *) echo "error: unknown command $1" >&2; exit 1 ;;
  esac
}

main "$@" </dev/null
