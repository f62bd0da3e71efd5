# Overseerr, or Seerr, on Nomad. Read by components/nomad/overseerr.ts, which sets the variables from the stack's
# config; by hand: nomad job plan -var-file=... overseerr.nomad.hcl (npm run render writes that file).

variable "image" {
  type        = string
  description = "Image reference, pinned to a version."
}

variable "owner" {
  type        = string
  description = "User and group that it runs as, as 1000:1000."
}

variable "init" {
  type        = bool
  description = "Whether the image wants the runtime's init process."
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

variable "direct_networks" {
  type        = string
  description = "Networks that are reached past the mesh's proxy, separated by commas."
}

# The rest is set where the database is replicated.

variable "litestream_image" {
  type        = string
  default     = ""
  description = "Image reference of Litestream, pinned to a version. Without one nothing is replicated."
}

variable "litestream_config" {
  type        = string
  default     = ""
  description = "Text of overseerr/litestream.yml."
}

variable "restore_script" {
  type        = string
  default     = ""
  description = "Text of overseerr/restore.sh."
}

variable "replica_endpoint" {
  type        = string
  default     = ""
  description = "URL of the object store."
}

variable "replica_bucket" {
  type    = string
  default = ""
}

variable "replica_path" {
  type        = string
  default     = ""
  description = "Where in the bucket."
}

variable "replica_region" {
  type        = string
  default     = ""
  description = "Region that requests are signed for."
}

variable "replica_keys" {
  type        = string
  default     = ""
  description = "Where the object store's keys are: vault or variable."
}

variable "replica_keys_path" {
  type        = string
  default     = ""
  description = "Path of the secret in Vault, or of the variable in Nomad."
}

variable "sync_seconds" {
  type        = string
  default     = ""
  description = "Seconds between two uploads: what a lost node costs at most."
}

variable "snapshot_hours" {
  type        = string
  default     = ""
  description = "Hours between two snapshots."
}

variable "retention_hours" {
  type        = string
  default     = ""
  description = "Hours for which a snapshot is kept."
}

variable "generation" {
  type        = string
  default     = ""
  description = "Number of the move that has brought it here; empty if none has."
}

variable "allow_empty" {
  type        = string
  default     = ""
  description = "true: where neither a database nor a replica has ever been, Overseerr may begin anew."
}

locals {
  # A dynamic block is there once, or not at all.
  replicated = var.litestream_image != "" ? ["replica"] : []
  in_mesh    = var.mesh ? ["mesh"] : []
  by_vault   = var.replica_keys == "vault" ? ["vault"] : []

  database = "/alloc/data/db/db.sqlite3"

  # What both tasks of Litestream are told.
  replica_env = {
    DATABASE         = local.database
    REPLICA_ENDPOINT = var.replica_endpoint
    REPLICA_BUCKET   = var.replica_bucket
    REPLICA_PATH     = var.replica_path
    REPLICA_REGION   = var.replica_region
    SYNC_SECONDS     = var.sync_seconds
    SNAPSHOT_HOURS   = var.snapshot_hours
    RETENTION_HOURS  = var.retention_hours
  }

  # Nomad reads them with the task's own identity: they stand in no job, no log and no argument.
  keys_from_vault    = <<-END
    {{ with secret "${var.replica_keys_path}" }}
    LITESTREAM_ACCESS_KEY_ID={{ .Data.data.MINIO_ACCESS_KEY | toJSON }}
    LITESTREAM_SECRET_ACCESS_KEY={{ .Data.data.MINIO_SECRET_KEY | toJSON }}
    {{ end }}
  END
  keys_from_variable = <<-END
    {{ with nomadVar "${var.replica_keys_path}" }}
    LITESTREAM_ACCESS_KEY_ID={{ .MINIO_ACCESS_KEY.Value | toJSON }}
    LITESTREAM_SECRET_ACCESS_KEY={{ .MINIO_SECRET_KEY.Value | toJSON }}
    {{ end }}
  END
  keys               = var.replica_keys == "vault" ? local.keys_from_vault : local.keys_from_variable
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
    # SQLite allows one writer, and so does a replica.
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

      dynamic "port" {
        for_each = local.replicated
        labels   = ["metrics"]

        content {
          to = 9090
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
        for_each = local.in_mesh

        content {
          sidecar_service {
            proxy {
              transparent_proxy {
                # By number: of labels, Nomad takes only those of static ports here.
                exclude_inbound_ports  = [for each in local.replicated : "9090"]
                exclude_outbound_cidrs = compact(split(",", var.direct_networks))
              }
            }
          }

          # Nomad ends the proxy together with Litestream, whose last upload goes through it.
          dynamic "sidecar_task" {
            for_each = local.replicated

            content {
              shutdown_delay = "20s"
            }
          }
        }
      }
    }

    # Prometheus finds Litestream's figures here: https://litestream.io/reference/metrics/
    dynamic "service" {
      for_each = local.replicated

      content {
        name     = "overseerr-litestream"
        provider = var.service_provider
        port     = "metrics"
        tags     = ["traefik.enable=false"]
      }
    }

    dynamic "task" {
      for_each = local.replicated
      labels   = ["litestream-restore"]

      content {
        driver = "docker"

        # If it fails, neither Overseerr nor the replication is started.
        lifecycle {
          hook = "prestart"
        }

        config {
          image      = var.litestream_image
          entrypoint = ["bash", "/local/restore.sh"]
        }

        volume_mount {
          volume      = "config"
          destination = "/config"
        }

        env = merge(local.replica_env, {
          SETTINGS     = "/config"
          CONFIG       = "/local/litestream.yml"
          OWNER        = var.owner
          ALLOW_EMPTY  = var.allow_empty
          GENERATION   = var.generation
          WAIT_SECONDS = "60"
        })

        template {
          destination = "local/restore.sh"
          data        = var.restore_script
          # Bash has its own use for the usual ones.
          left_delimiter  = "{{{{"
          right_delimiter = "}}}}"
        }

        template {
          destination = "local/litestream.yml"
          data        = var.litestream_config
        }

        template {
          destination          = "secrets/keys.env"
          data                 = local.keys
          env                  = true
          error_on_missing_key = true
        }

        dynamic "vault" {
          for_each = local.by_vault

          # The token is for the template alone.
          content {
            env          = false
            disable_file = true
          }
        }

        logs {
          max_files     = 2
          max_file_size = 10
        }

        resources {
          cpu        = 100
          memory     = 256
          memory_max = 512
        }
      }
    }

    task "overseerr" {
      driver = "docker"
      user   = var.owner

      config {
        image = var.image
        init  = var.init

        # Docker makes what a volume names, but refuses a mount of what isn't there: on a disk that was wiped after the
        # restore, Overseerr must not begin anew, for Litestream would replicate that.
        volumes = var.litestream_image == "" ? ["../alloc/data/db:/app/config/db"] : []

        mounts = [for each in local.replicated : {
          type   = "bind"
          source = "../alloc/data/db"
          target = "/app/config/db"
        }]
      }

      volume_mount {
        volume      = "config"
        destination = "/app/config"
      }

      env {
        TZ = var.timezone
      }

      # They lie on the disk of the database, whose room Nomad's own 100 MB a task would take.
      logs {
        max_files     = 2
        max_file_size = 10
      }

      resources {
        cpu        = 200
        memory     = 256
        memory_max = 512
      }
    }

    dynamic "task" {
      for_each = local.replicated
      labels   = ["litestream"]

      content {
        driver = "docker"
        user   = var.owner
        # After Overseerr has ended, what it wrote last is uploaded.
        kill_timeout = "30s"

        lifecycle {
          hook    = "poststart"
          sidecar = true
        }

        config {
          image = var.litestream_image
          args  = ["replicate", "-config", "/local/litestream.yml"]
        }

        # For the API key, which scripts that speak to Overseerr from here find in its settings.
        volume_mount {
          volume      = "config"
          destination = "/config"
          read_only   = true
        }

        env = local.replica_env

        template {
          destination = "local/litestream.yml"
          data        = var.litestream_config
        }

        template {
          destination          = "secrets/keys.env"
          data                 = local.keys
          env                  = true
          error_on_missing_key = true
        }

        dynamic "vault" {
          for_each = local.by_vault

          # The token is for the template alone.
          content {
            env          = false
            disable_file = true
          }
        }

        logs {
          max_files     = 2
          max_file_size = 10
        }

        resources {
          cpu        = 100
          memory     = 128
          memory_max = 256
        }
      }
    }
  }
}
