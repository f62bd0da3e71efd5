#!/usr/bin/env bash
# Makes sure that every program of the lab is there. Each is built once from its Go module into a cache
# outside the checkout: tools.tsv names them, <module>/go.mod and go.sum pin every source they are made of.
#
# usage: bash lab/tools/build.sh
#
# Prints three lines; progress goes to stderr:
#   1. the folder with all programs, for PATH
#   2. the folder with the offline plugins, for PATH where the published ones can't be had; an empty line
#      as long as there is no lab/plugins
#   3. the folder with MetalLB's resource definitions (YAML)
#
# environment: LAB_CACHE  root of the cache, default ~/.cache/media-homelab; it may be removed at any time
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE PLUGINS=${HERE%/*}/plugins

# A workspace or flags that somebody has set for modules of their own must not choose other sources here.
# Without cgo no C compiler is needed, and the programs run in any root file system.
export GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0 LC_ALL=C
export PULUMI_SKIP_UPDATE_CHECK=true

say() { printf '%s\n' "$*" >&2; }
die() {
  say "✗ $1"
  exit 1
}

modules() { awk -F'\t' '!/^#/ && !seen[$2]++ { print $2 }' "$HERE/tools.tsv"; }
rows() { awk -F'\t' -v module="$1" '!/^#/ && $2 == module' "$HERE/tools.tsv"; }
key() { sha256sum | cut -c1-12; }

# has_version FILE WORD ARGUMENTS: whole words only, since v1.34.1+k3s1 is not v1.34.1. The exit status says
# nothing: MetalLB's controller names its version only on its way to refusing an argument.
has_version() {
  local output
  # shellcheck disable=SC2086 # the table's arguments may be several words
  output=$(timeout 20 "$1" $3 2>&1 </dev/null || true)
  tr -s '[:space:]' '\n' <<<"$output" | grep -qxF -- "$2"
}

# take_over PROGRAM WORD ARGUMENTS TARGET: one of exactly the right version on PATH need not be built. It is
# copied: a link would follow its next upgrade, and leads nowhere inside the lab's machine, which has a root
# of its own. Scripts are left alone, as a version manager's shim works in its own place only.
take_over() {
  local found
  found=$(type -P "$1") && [[ $(head -c 4 "$found") == $'\x7fELF' ]] && has_version "$found" "$2" "$3" &&
    cp -L "$found" "$4"
}

# A package that consists of C only gets a Go file from <module>/_nocgo: a copy of its module with that file
# takes the place of the original.
replace_c() {
  local work=$1 path
  cp go.{mod,sum} "$work"
  while read -r path; do
    [[ -d _nocgo/$path ]] || continue
    go mod download "$path"
    mkdir -p "$work/$path"
    cp -r --no-preserve=mode "$(go list -m -f '{{.Dir}}' "$path")/." "_nocgo/$path/." "$work/$path"
    go mod edit -replace="$path=./$path" "$work/go.mod"
  done < <(awk '$2 ~ /^v[0-9]/ { print $1 }' go.mod)
  cd "$work"
}

# build_module MODULE TARGET
build_module() {
  local module=$1 target=$2 work=$2/work program package version arguments flags packages=()
  mkdir "$target/bin" "$work"
  cd "$HERE/$module"
  while IFS=$'\t' read -r program _ package version arguments _; do
    take_over "$program" "$version" "$arguments" "$target/bin/$program" || packages+=("$package")
  done < <(rows "$module")
  if ((${#packages[@]})); then
    [[ ! -d _nocgo ]] || replace_c "$work"
    flags=$(rows "$module" | cut -f6 | grep -vx -e - || true)
    go build -trimpath -ldflags "-s -w $flags" -o "$work/bin/" "${packages[@]}"
  fi
  while IFS=$'\t' read -r program _ package version arguments _; do
    [[ -f $target/bin/$program ]] || mv "$work/bin/${package##*/}" "$target/bin/$program"
    has_version "$target/bin/$program" "$version" "$arguments" || die "$program doesn't say that it is $version"
  done < <(rows "$module")
  # MetalLB's resource definitions come from the very sources of its controller.
  [[ $module != metallb ]] ||
    cp -r --no-preserve=mode "$(go list -m -f '{{.Dir}}' go.universe.tf/metallb)/config/crd/bases" "$target/crds"
  rm -rf "$work"
}

# build_plugins TARGET: one program, which knows by the name it is called by which plugin it is to be.
build_plugins() {
  local target=$1 name
  cd "$PLUGINS"
  go build -trimpath -ldflags "-s -w" -o "$target/pulumi-offline-plugins" .
  for name in kubernetes command random nomad; do
    ln -s pulumi-offline-plugins "$target/pulumi-resource-$name"
  done
}

# link_programs MODULE_FOLDER… TARGET: hard links, since the lab mounts this one folder into its machine and its pods.
link_programs() {
  local dir
  for dir in "${@:1:$#-1}"; do ln "$dir"/bin/* "${!#}/"; done
}

# Since 1.21 Go fetches the release that a go.mod asks for, where it may: what it calls itself there settles it.
require_go() {
  local needed file found
  read -r needed file < <(find "$HERE/.." -name go.mod -exec awk '$1 == "go" { print $2, FILENAME }' {} + | sort -V | tail -n 1)
  command -v go >/dev/null || die "Go is not installed: install Go $needed or newer (https://go.dev/dl/) and put it on PATH"
  found=$(cd "${file%/*}" && go env GOVERSION 2>/dev/null) || found=$(cd / && go env GOVERSION)
  [[ $(printf '%s\n' "$needed" "${found#go}" | sort -V | head -n 1) == "$needed" ]] ||
    die "Go ${found#go} is too old: install Go $needed or newer (https://go.dev/dl/) and put it first on PATH"
}

# fill FOLDER COMMAND…: the folder gets its name last, so it is whole or not there, whenever this is killed.
fill() {
  local dir=$1
  shift
  mkdir -p "$dir.part"
  "$@" "$dir.part"
  mv -T "$dir.part" "$dir"
}

# build WHAT LABEL FOLDER COMMAND…: one line with the seconds it took, or what went wrong and where to read on.
build() {
  local log=$LAB_CACHE/logs/build-$1.log label=$2 start=$SECONDS status
  shift 2
  require_go
  printf 'building %s … ' "$label" >&2
  # Not tested by "if": inside a condition bash goes on after errors.
  set +e
  (set -e && fill "$@") >"$log" 2>&1
  status=$?
  set -e
  say "$((SECONDS - start)) s"
  ((status == 0)) && return
  tail -n 15 "$log" | sed 's/^/  │ /' >&2
  die "building $label failed; the whole log: $log"
}

main() {
  local module dir bin crds plugins="" label version folders=()
  LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/media-homelab}
  mkdir -p "$LAB_CACHE"/{tools,logs}
  LAB_CACHE=$(cd "$LAB_CACHE" && pwd)
  # Whatever this starts holds the lock too: what a killed run has left behind ends before another begins.
  exec 9>"$LAB_CACHE/tools.lock"
  flock -n 9 || { say "another run is building the lab's programs: waiting for it"; flock 9; }
  rm -rf "$LAB_CACHE"/tools/*.part

  for module in $(modules); do
    dir=$LAB_CACHE/tools/$module-$( (find "$HERE/$module" -type f | sort | xargs -d '\n' cat; rows "$module") | key)
    version=$(rows "$module" | head -n 1 | cut -f4)
    label="$module ${version##*[a-zA-Z-]} ($(rows "$module" | cut -f1 | paste -sd, | sed 's/,/, /g'))"
    [[ -d $dir ]] || build "$module" "$label" "$dir" build_module "$module"
    folders+=("$dir")
    [[ ! -d $dir/crds ]] || crds=$dir/crds
  done
  bin=$LAB_CACHE/tools/bin-$(printf '%s\n' "${folders[@]}" | key)
  [[ -d $bin ]] || fill "$bin" link_programs "${folders[@]}"

  if [[ -f $PLUGINS/go.mod ]]; then
    plugins=$LAB_CACHE/tools/plugins-$(cd "$PLUGINS" && find . -type f -print0 | sort -z | xargs -0 sha256sum | key)
    [[ -d $plugins ]] || build plugins "the offline plugins" "$plugins" build_plugins
  fi
  printf '%s\n' "$bin" "$plugins" "$crds"
}

main "$@" </dev/null
