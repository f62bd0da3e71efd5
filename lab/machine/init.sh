#!/usr/bin/env bash
# First process of the lab's machine, in namespaces of its own (process ids, mounts, network, host
# name, cgroups): builds its root file system from the read-only base, enters it, and becomes
# supervisord. When this process dies, for whatever reason, the kernel ends everything it started and
# takes mounts, links and iptables rules with it: the lab can't leave a rest.
#
# usage: LAB_ROOT=… LAB_WORLD=… LAB_BIN=… LAB_MACHINE=… bash init.sh   (under unshare; see lab.sh)
set -euo pipefail
: "${LAB_ROOT:?unpacked base system of the machine}" "${LAB_WORLD:?folder of all that this run writes}"
: "${LAB_BIN:?folder of the tools}" "${LAB_MACHINE:?lab/machine of the checkout}"

# Each on the real disk, not on the overlay: overlayfs can't be stacked on itself.
readonly DATA=(containerd docker etcd kubelet minio nomad volumes)

mount_root() {
  local new=$LAB_WORLD/root
  mkdir -p "$new" "$LAB_WORLD"/{upper,work,logs}
  mount -t overlay lab -o "lowerdir=$LAB_ROOT,upperdir=$LAB_WORLD/upper,workdir=$LAB_WORLD/work" "$new"
  mkdir -p "$new"/{proc,sys,dev,run,tmp,lab,opt/lab/bin,old}
  mount -t tmpfs tmpfs "$new/run"
  mount --rbind /dev "$new/dev"
  mount --bind "$LAB_WORLD" "$new/lab"
  # And under its name outside, so that one path means one file on both sides.
  mkdir -p "$new$LAB_WORLD"
  mount --bind "$LAB_WORLD" "$new$LAB_WORLD"
  mount --bind "$LAB_BIN" "$new/opt/lab/bin"
  # Kept from one run to the next: they are generated.
  mkdir -p "$LAB_CACHE/libraries" "$new"/srv/{libraries,plex-vm}
  mount --bind "$LAB_CACHE/libraries" "$new/srv/libraries"
  local name
  for name in "${DATA[@]}"; do
    mkdir -p "$LAB_WORLD/data/$name" "$new/var/lib/$name"
    mount --bind "$LAB_WORLD/data/$name" "$new/var/lib/$name"
  done
  # Pods hand mounts on to each other below these (Bidirectional needs a shared mount).
  mount --make-rshared "$new/var/lib/kubelet"
  # Decypharr's file system appears below this one, and hands itself on to its readers.
  mkdir -p "$new/mnt/k8s"
  mount -t tmpfs tmpfs "$new/mnt/k8s"
  mount --make-rshared "$new/mnt/k8s"
}

# The same hierarchies as outside, rooted in the lab's own cgroup by the cgroup namespace.
mount_cgroups() {
  local new=$1 kind point options
  while read -r kind point options; do
    [[ $point == /sys/fs/cgroup* ]] || continue
    [[ $point == /sys/fs/cgroup ]] || mkdir -p "$new$point"
    mount -t "$kind" -o "$options" "$kind" "$new$point"
  done < <(awk '$3 == "cgroup" || $3 == "cgroup2" || $2 == "/sys/fs/cgroup" {
    gsub(/(^|,)(rw|ro|relatime|noatime|nosuid|nodev|noexec|nsdelegate|memory_recursiveprot|memory_localevents|mode=[0-9]+|size=[0-9a-z]+|nr_inodes=[0-9a-z]+|inode64|seclabel)/, "", $4)
    sub(/^,/, "", $4); print $3, $2, ($4 == "" ? "rw" : $4)
  }' /proc/mounts)
}

# A cgroup v2 group with processes in it can't hand its controllers on: they move one level down.
delegate_controllers() {
  [[ -f /sys/fs/cgroup/cgroup.controllers ]] || return 0
  mkdir -p /sys/fs/cgroup/init
  xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
  sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}

network() {
  ip link set lo up
  ip link add lan0 type bridge
  ip addr add "$LAB_NODE/24" dev lan0
  ip addr add "$LAB_NOMAD/24" dev lan0
  ip addr add "$LAB_PLEX_VM/24" dev lan0
  ip link set lan0 up
  # kubelet and Nomad look for the address of the default route; nothing answers behind it.
  ip route add default via "$LAB_HOST" dev lan0
  sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
}

# The folders that a NAS would export, with a little to play.
nas() {
  local file
  mkdir -p /srv/nas/{library,optimized,transcode}
  for file in tv/Show/Show.S01E0{1,2,3}.mkv movies/Film/Film.mkv; do
    mkdir -p "/srv/nas/media/$(dirname "$file")"
    head -c 65536 /dev/urandom >"/srv/nas/media/$file"
  done
  chown -R 1000:1000 /srv/nas
}

main() {
  local pid
  # The number that the outside knows this process by; read before /proc is the namespace's own.
  read -r pid _ </proc/self/stat
  hostname k3s-w1
  mount_root
  local new=$LAB_WORLD/root
  mount -t proc proc "$new/proc"
  mount -t sysfs sysfs "$new/sys"
  mount_cgroups "$new"
  echo "$pid" >"$LAB_WORLD/init.pid.new"
  cd "$new"
  pivot_root . old
  mv /lab/init.pid.new /lab/init.pid
  umount -l /old
  export PATH=/opt/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  # The builder has left the workstation's own name server there.
  cp /lab/machine/etc/resolv.conf /etc/resolv.conf
  delegate_controllers
  network
  cp -r /lab/machine/etc /lab/etc
  # The host volume that nomad.hcl offers.
  mkdir -p /var/lib/volumes/overseerr-config
  nas
  # sshd's own, for what it does before anybody has signed in.
  mkdir -p /run/sshd
  exec supervisord -c /lab/machine/supervisord.conf
}

main "$@" </dev/null
