# Overseerr on Nomad. Read by components/nomad/overseerr.ts, which sets the variables from the stack's
# config; by hand: nomad job plan -var-file=... overseerr.nomad.hcl (npm run render writes that file).

variable "image" {
  type        = string
  description = "Image reference, pinned to a version."
}

variable "host" {
  type        = string
  description = "Host name that Traefik routes here."
}

variable "datacenters" {
  type        = string
  description = "Datacenters or patterns, separated by commas."
}

variable "timezone" {
  type        = string
  description = "IANA time zone."
}

variable "volume_type" {
  type        = string
  description = "csi or host."
}

variable "volume_source" {
  type        = string
  description = "Id of the volume that holds settings.json."
}

variable "service_provider" {
  type        = string
  description = "consul or nomad."
}

variable "mesh" {
  type        = bool
  description = "Join Consul's mesh through a transparent proxy."
}

job "overseerr" {
  type        = "service"
  datacenters = split(",", var.datacenters)

  update {
    max_parallel      = 1
    health_check      = "checks"
    min_healthy_time  = "10s"
    healthy_deadline  = "5m"
    progress_deadline = "10m"
    # An older Overseerr must not open a database that a newer one has migrated.
    auto_revert = false
  }

  # Tried for ever: a client that comes back after the night must not find the job given up.
  reschedule {
    unlimited      = true
    delay          = "15s"
    delay_function = "exponential"
    max_delay      = "2m"
  }

  group "overseerr" {
    # SQLite allows one writer.
    count = 1

    network {
      mode = "bridge"

      # In the mesh there is no way in but the proxy's.
      dynamic "port" {
        for_each = var.mesh ? [] : ["http"]
        labels   = [port.value]

        content {
          to = 5055
        }
      }
    }

    # The database lives here and not on the volume: SQLite must not lie on a network file system.
    ephemeral_disk {
      size    = 500
      sticky  = true
      migrate = true
    }

    volume "config" {
      type            = var.volume_type
      source          = var.volume_source
      access_mode     = "single-node-writer"
      attachment_mode = "file-system"
    }

    restart {
      attempts = 3
      interval = "5m"
      delay    = "15s"
      mode     = "fail"
    }

    service {
      name     = "overseerr"
      provider = var.service_provider
      # The mesh wants the port inside the allocation as a literal.
      port = var.mesh ? "5055" : "http"

      tags = [
        "traefik.enable=true",
        "traefik.http.routers.overseerr.rule=Host(`${var.host}`)",
        "traefik.http.routers.overseerr.entrypoints=websecure",
        "traefik.consulcatalog.connect=${var.mesh}",
      ]

      check {
        type = "http"
        # Not /api/v1/status: that asks GitHub at each call and fails when GitHub says no.
        path     = "/api/v1/settings/public"
        interval = "30s"
        timeout  = "5s"
        expose   = var.mesh
      }

      dynamic "connect" {
        for_each = var.mesh ? ["sidecar"] : []

        content {
          sidecar_service {
            proxy {
              transparent_proxy {}
            }
          }
        }
      }
    }

    task "overseerr" {
      driver = "docker"

      config {
        image   = var.image
        volumes = ["../alloc/data/db:/app/config/db"]
      }

      volume_mount {
        volume      = "config"
        destination = "/app/config"
      }

      env {
        TZ = var.timezone
      }

      resources {
        cpu        = 200
        memory     = 256
        memory_max = 512
      }
    }
  }
}
