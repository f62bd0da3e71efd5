# shellcheck shell=bash
# What the lab needs of this machine, all problems at once, before anything is changed; then its own set-up.

# Sources and compiled packages of the tools take most of it, once.
readonly NEEDED_DISK_GIB=28

problem() { PROBLEMS+=("$1" "    fix: $2"); }

preflight() {
  local PROBLEMS=() free owner
  [[ $(uname -s) == Linux ]] || problem "this is $(uname -s), the lab needs Linux" "run it in a Linux virtual machine, or \`npm run render\` to see the plan"
  [[ $EUID == 0 ]] || problem "not root: the lab makes namespaces, mounts and network links" "run it as root (sudo npm run lab), or \`npm run render\` to see the plan with Node alone"
  command -v apt-get >/dev/null || problem "no apt-get: the lab's machine is made of Debian packages" "use a Debian-like machine"
  command -v go >/dev/null || problem "Go is not installed: the lab builds its tools from source" "install Go 1.26 or newer (https://go.dev/dl/) and put it on PATH"
  [[ $(node -p 'process.versions.node.split(".")[0] >= 20' 2>/dev/null) == true ]] || problem "Node $(node --version 2>/dev/null || echo 'is missing')" "install Node 20 or newer"
  free=$(($(stat -f -c '%a * %S' "$LAB_CACHE") / 1073741824))
  # A cache that is full of built tools has had its share already.
  [[ -d $LAB_CACHE/tools ]] && free=$((free + 23))
  ((free >= NEEDED_DISK_GIB)) || problem "only $free GiB free under $LAB_CACHE, $NEEDED_DISK_GIB are needed" "free some, or set LAB_CACHE to a folder on a larger disk"
  if command -v ip >/dev/null && ! running; then
    owner=$(ip -4 -o addr show to "$LAB_LAN.0/24" | awk '{print $2}' | head -n 1)
    [[ -z $owner || $owner == lab0 ]] || problem "the network $LAB_LAN.0/24 is in use by $owner" "free it, or change the addresses in lab/lab.env"
  fi
  ((${#PROBLEMS[@]} == 0)) || die "the lab can't run here:" "${PROBLEMS[@]}"
}

npm_dependencies() {
  # npm writes this file last, so it is newer than the lock file exactly when the install is complete.
  [[ $CHECKOUT/node_modules/.package-lock.json -nt $CHECKOUT/package-lock.json ]] || (cd "$CHECKOUT" && npm ci)
}

debian_packages() {
  local missing
  # chromium shows the page of npm run status to a test
  missing=$(for pair in chromium:chromium curl:curl ip:iproute2 mmdebstrap:mmdebstrap nsenter:util-linux openssl:openssl shellcheck:shellcheck ssh-keygen:openssh-client; do
    command -v "${pair%:*}" >/dev/null || echo "${pair#*:}"
  done)
  [[ -n $missing ]] || return 0
  apt-get update
  # shellcheck disable=SC2086 # one word a package
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

# base_system PACKAGES TARGET: a Debian of this machine's own release, from its own package sources.
base_system() {
  local target=$2 codename
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  rm -rf "$target.part"
  mmdebstrap --variant=minbase --format="$3" --include="$(grep -v '^#' "$1" | paste -sd,)" "$codename" "$target.part"
  mv -T "$target.part" "$target"
}

# based_on PACKAGES: the name of the base system that this list makes.
based_on() { { cat "$1" && grep -E '^(ID|VERSION_CODENAME)=' /etc/os-release; } | sha256sum | cut -c1-12; }

# pins LIST: what the project itself pins; see pins.ts.
pins() { (cd "$CHECKOUT" && node -r sucrase/register lab/pins.ts "$1"); }

# The published provider plugins where they can be had, else the offline ones of lab/plugins. Asked once
# per cache; LAB_PLUGINS=published or =offline overrides the answer.
published_plugins() {
  local name version choice=published
  while read -r name version; do
    timeout 120 env PULUMI_HOME="$LAB_CACHE/pulumi-home" "$LAB_BIN/pulumi" plugin install resource "$name" "$version" || {
      choice=offline
      break
    }
  done < <(pins plugins)
  echo "$choice plugins"
  echo "$choice" >"$LAB_CACHE/plugins"
}

build_everything() {
  local lines
  # Its own progress goes to the screen: the first time takes a quarter of an hour and more.
  lines=$(bash "$HERE/tools/build.sh") || exit 1
  { read -r LAB_BIN && read -r LAB_PLUGIN_DIR && read -r LAB_CRDS; } <<<"$lines"
  LAB_ROOT=$LAB_CACHE/machine-$(based_on "$HERE/machine/packages.txt")
  LAB_IMAGE_BASE=$LAB_CACHE/images-base-$(based_on "$HERE/images/base/packages.txt").tar
  [[ -f $LAB_CACHE/plugins ]] || step "provider plugins" published_plugins
  [[ ${LAB_PLUGINS:=$(cat "$LAB_CACHE/plugins")} == offline ]] || LAB_PLUGIN_DIR=
  export LAB_BIN LAB_CRDS LAB_PLUGIN_DIR LAB_ROOT
  [[ -d $LAB_ROOT ]] || step "base system of the machine" base_system "$HERE/machine/packages.txt" "$LAB_ROOT" directory
  [[ -f $LAB_IMAGE_BASE ]] || step "base system of the images" base_system "$HERE/images/base/packages.txt" "$LAB_IMAGE_BASE" tar
}

# What earlier versions of the project have left in the cache, some 300 MB each: what no start has used for a week.
forget_unused() {
  touch "$LAB_ROOT" "$LAB_IMAGE_BASE" "$(image_archive)"
  find "$LAB_CACHE" -maxdepth 1 \( -name 'images-*.tar' -o -name 'machine-*' \) -mtime +7 -exec rm -rf -- {} +
}
