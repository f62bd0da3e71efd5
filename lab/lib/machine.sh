# shellcheck shell=bash
# The machine: one process tree in namespaces of its own, found again by its cgroup.

readonly CGROUP=media-homelab

# The lab's process ids, as this machine knows them. The cgroup is the record: it can't be stale,
# and nothing that does not belong to the lab is ever in it.
lab_processes() { find /sys/fs/cgroup -path "*/$CGROUP/*" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un; }

running() {
  local pid
  pid=$(cat "$LAB_WORLD/init.pid" 2>/dev/null) && grep -q "/$CGROUP\$\|/$CGROUP/" "/proc/$pid/cgroup" 2>/dev/null
}

# inside COMMAND…: runs it on the lab's machine.
inside() {
  nsenter --target "$(cat "$LAB_WORLD/init.pid")" --mount --net --pid --uts --ipc --cgroup --root --wd=/ \
    env PATH=/opt/lab/bin:/usr/sbin:/usr/bin:/sbin:/bin KUBECONFIG=/lab/kubeconfig "$@"
}

# What a lab is made of: another base, tool or configuration makes another lab.
world_key() {
  (cd "$HERE" && find lab.env machine images lib -type f -print0 | sort -z | xargs -0 sha256sum &&
    echo "$LAB_BIN $LAB_ROOT $LAB_IMAGE_BASE") | sha256sum
}

start_machine() {
  # An `up` that was killed leaves a locked state and half-made resources: such a world is thrown away.
  if running && [[ $(world_key) == "$(cat "$LAB_WORLD/key")" && ! -e $LAB_WORLD/up-unfinished ]]; then
    echo "it runs already"
  else
    stop_machine
    boot_machine
  fi
  connect
}

boot_machine() {
  local file variables
  mkdir -p "$LAB_WORLD/logs"
  world_key >"$LAB_WORLD/key"
  cp -r "$LAB_MACHINE" "$LAB_WORLD/machine"
  while IFS= read -r -d '' file; do render "$file" >"$LAB_WORLD/machine/${file#"$LAB_MACHINE/"}"; done \
    < <(find "$LAB_MACHINE"/{etc,manifests} -type f -print0)
  certificates
  ssh_keys
  enter_cgroup
  # --kill-child: if unshare is killed, so is the machine.
  # The lock is not handed on: the machine outlives this script.
  # Nothing of the user's environment gets in: a CA bundle set for one cloud's tools stops Nomad.
  mapfile -t variables < <(env | grep '^LAB_')
  setsid env -i PATH="$PATH" "${variables[@]}" unshare --mount --net --pid --uts --ipc --cgroup --fork --kill-child \
    bash "$LAB_MACHINE/init.sh" >"$LAB_WORLD/logs/init.log" 2>&1 </dev/null 9>&- &
  wait_until 20 "the machine's first process ($LAB_WORLD/logs/init.log)" test -s "$LAB_WORLD/init.pid"
}

# render FILE: with the lab's own variables filled in, written ${LAB_NODE} in the file.
render() {
  local name script=()
  for name in $(compgen -v LAB_); do script+=(-e "s|\${$name}|${!name}|g"); done
  sed "${script[@]}" "$1"
}

# This shell and all it starts; the machine's root is then exactly this group.
enter_cgroup() {
  local group
  while read -r group; do
    mkdir -p "$group/$CGROUP"
    if [[ -f $group/$CGROUP/cpuset.cpus && -f $group/cpuset.cpus ]]; then
      cat "$group/cpuset.cpus" >"$group/$CGROUP/cpuset.cpus"
      cat "$group/cpuset.mems" >"$group/$CGROUP/cpuset.mems"
    fi
    echo "$BASHPID" >"$group/$CGROUP/cgroup.procs"
  done < <(awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/mounts)
}

# The cable between this machine and the lab's, and the way to the addresses of MetalLB's pool.
connect() {
  [[ ! -e /sys/class/net/lab0 ]] || return 0
  ip link add lab0 type veth peer name host0 netns "$(cat "$LAB_WORLD/init.pid")"
  ip addr add "$LAB_HOST/24" dev lab0
  ip link set lab0 up
  wait_until 10 "the lab's bridge" inside ip link show lan0
  inside ip link set host0 master lan0 up
  ip route replace "$LAB_POOL" via "$LAB_NODE" dev lab0
}

# Throw-away: one authority, one server certificate, static tokens; nothing of it leaves the world's folder.
certificates() {
  local pki=$LAB_WORLD/pki token
  mkdir -p "$pki"
  (
    umask 077
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=lab -keyout "$pki/ca.key" -out "$pki/ca.crt"
    openssl req -newkey rsa:2048 -nodes -subj /CN=kube-apiserver -keyout "$pki/apiserver.key" -out "$pki/apiserver.csr"
    openssl x509 -req -in "$pki/apiserver.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -days 30 \
      -out "$pki/apiserver.crt" -extfile <(echo "subjectAltName=IP:$LAB_NODE,IP:${LAB_DNS%.*}.1,DNS:kubernetes.default.svc")
    openssl genrsa -out "$pki/sa.key" 2048
    for token in "admin admin system:masters kubeconfig" "kubelet system:node:k3s-w1 system:nodes kubelet.kubeconfig"; do
      # shellcheck disable=SC2086 # four words
      user $token
    done
  )
}

# The operator's key, one that opens nothing, and those of the old servers' hosts.
ssh_keys() {
  local name
  mkdir -p "$LAB_WORLD/ssh"
  for name in id_ed25519 other_ed25519 plex-vm overseerr-host; do ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$LAB_WORLD/ssh/$name"; done
}

# user NAME USER GROUP FILE: a token and the kubeconfig that carries it.
user() {
  local -x LAB_TOKEN LAB_CA
  LAB_TOKEN=$(openssl rand -hex 16)
  LAB_CA=$(base64 -w0 "$LAB_WORLD/pki/ca.crt")
  echo "$LAB_TOKEN,$2,$1,$3" >>"$LAB_WORLD/pki/tokens.csv"
  render "$LAB_MACHINE/kubeconfig.yaml" >"$LAB_WORLD/$4"
}

stop_machine() {
  local pids group
  pids=$(lab_processes)
  if [[ -n $pids ]]; then
    # shellcheck disable=SC2086 # one word a process
    kill -9 $pids 2>/dev/null || true
    wait_until 30 "the lab's processes to end" no_processes
  fi
  # Gone with the namespace, but a moment later.
  ip link del lab0 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d -path "*/$CGROUP*" -exec rmdir {} + 2>/dev/null || true
  # What the parts said last stays readable.
  if [[ -d $LAB_WORLD/logs ]]; then
    rm -rf "$LAB_CACHE/logs/machine"
    mv "$LAB_WORLD/logs" "$LAB_CACHE/logs/machine"
  fi
  rm -rf "$LAB_WORLD"
}

no_processes() { [[ -z $(lab_processes) ]]; }
