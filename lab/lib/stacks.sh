# shellcheck shell=bash
# What people need to look around, and the main job.

# The variables that kubectl, nomad, pulumi and the tests need; nothing of the user's own is read.
write_environment() {
  mkdir -p "$LAB_WORLD/pulumi/state"
  cat >"$LAB_WORLD/environment" <<END
PATH=${LAB_PLUGIN_DIR:+$LAB_PLUGIN_DIR:}$LAB_BIN:$PATH
KUBECONFIG=$LAB_WORLD/kubeconfig
NOMAD_ADDR=http://$LAB_NOMAD:4646
PULUMI_HOME=$LAB_CACHE/pulumi-home
PULUMI_BACKEND_URL=file://$LAB_WORLD/pulumi/state
PULUMI_CONFIG_PASSPHRASE=lab
PULUMI_SKIP_UPDATE_CHECK=true
SOPS_AGE_KEY_FILE=$LAB_WORLD/age-key
LAB_WORLD=$LAB_WORLD
LAB_NODE=$LAB_NODE
LAB_NOMAD=$LAB_NOMAD
LAB_STORE=$LAB_STORE
LAB_STORE_BUCKET=$LAB_STORE_BUCKET
MC_CONFIG_DIR=$MC_CONFIG_DIR
MC_HOST_LAB=$MC_HOST_LAB
LAB_PLEX_VM=$LAB_PLEX_VM
LAB_PLEX_VM_HOST_KEY=$(cut -d ' ' -f 1,2 "$LAB_WORLD/ssh/plex-vm.pub")
LAB_OVERSEERR_HOST_KEY=$(cut -d ' ' -f 1,2 "$LAB_WORLD/ssh/overseerr-host.pub")
LAB_SSH_KEY=$LAB_WORLD/ssh/id_ed25519
END
}

# The stacks' secrets files, made with the tool that people use, for a key of the lab's own.
encrypt_secrets() {
  local dir=$LAB_WORLD/secrets stack
  mkdir -p "$dir"
  for stack in homelab nomad; do
    [[ ! -e $dir/$stack.sops.yaml ]] || continue
    render "$HERE/secrets/$stack.yaml" >"$dir/plain.yaml"
    env PATH="$LAB_BIN:$PATH" SOPS_AGE_KEY_FILE="$LAB_WORLD/age-key" SECRETS_DIR="$dir" \
      bash "$CHECKOUT/ops/secrets.sh" init "$stack" --from "$dir/plain.yaml"
    rm "$dir/plain.yaml"
  done
}

environment() {
  running || die "the lab does not run" "start it: npm run lab"
  sed -e "s/'/'\\\\''/g" -e "s/^\([A-Z_]*\)=\(.*\)/export \1='\2'/" "$LAB_WORLD/environment"
}

run_stacks() {
  touch "$LAB_WORLD/up-unfinished"
  (cd "$CHECKOUT" && node -r sucrase/register lab/main.ts) ||
    die "the stacks did not come up" "logs of the lab's parts: $LAB_WORLD/logs (after a stop: $LAB_CACHE/logs/machine)"
  rm "$LAB_WORLD/up-unfinished"
  note "both stacks are up and stay up, $(($(date +%s) - STARTED)) s after the start; the lab's machine has used $(peak_memory) MiB at most"
  note ""
  note "look around:  eval \"\$(npm run -s lab -- env)\"; then kubectl get pods -A, nomad status, pulumi stack ls"
  note "              curl -H 'Host: sonarr.homelab' http://$(kube get service traefik -n lab -o jsonpath='{.status.loadBalancer.ingress[0].ip}')/ping"
  note "logs:         $LAB_WORLD/logs"
  note "stop it:      npm run lab -- down"
}

# The kernel's own record for the lab's cgroup, page cache included, in MiB.
peak_memory() {
  cat /sys/fs/cgroup/{memory/,}"$CGROUP"/memory.{max_usage_in_bytes,peak} 2>/dev/null | awk '{ printf "%d", $1 / 1048576; exit }'
}

down() {
  step "stop" stop_machine
  note "nothing of the lab runs any more; the cache of built tools stays in $LAB_CACHE"
}
