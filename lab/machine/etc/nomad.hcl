data_dir  = "/var/lib/nomad"
log_level = "INFO"

server {
  enabled          = true
  bootstrap_expect = 1

  # Else memory_max says nothing.
  default_scheduler_config {
    memory_oversubscription_enabled = true
  }
}

client {
  enabled      = true
  cni_path     = "/usr/lib/cni"
  # Its own directory for allocations; the bridge is Nomad's own, beside the cluster's.
  host_volume "overseerr-config" {
    path = "/var/lib/volumes/overseerr-config"
  }
}

plugin "docker" {
  config {
    endpoint    = "unix:///run/docker.sock"
    infra_image = "lab.local/pause:1"
    gc {
      image = false
    }
  }
}
