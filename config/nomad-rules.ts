/** What must hold between the keys of the Nomad stack's config; each broken rule is one sentence. */
import { nomadConfig, type NomadConfig } from "./nomad";
import { movedAnew, type Quote, type RuleFault } from "./rules";

type Overseerr = NomadConfig["overseerr"];

/** Every broken rule of a config of which some concerns may be faulty, or not to be quoted. */
export function nomadFaults(
  given: Readonly<Record<string, unknown>>,
  isSecret: (concern: string) => boolean,
): RuleFault[] {
  const { success, data } = nomadConfig.shape.overseerr.safeParse(given.overseerr);
  if (!success) return [];
  const rules = [
    createdVolume,
    mesh,
    storeInTheMesh,
    writtenKeys,
    retention,
    successor,
    move,
    targeted,
  ];
  const quote: Quote = (concern, value) => (isSecret(concern) ? undefined : value);
  return rules.flatMap((rule) => rule(data, quote));
}

const at = (...path: string[]) => ["overseerr", ...path];

function createdVolume({ volume }: Overseerr): RuleFault[] {
  const { kind, plugin, size } = volume;
  if (plugin !== undefined && kind === "host")
    return [
      {
        path: at("volume", "plugin"),
        found: plugin,
        expected: "nothing, because a host volume is made on its clients",
        remove: true,
      },
    ];
  if (size === undefined || plugin !== undefined) return [];
  const expected = "nothing, because only a volume that volume.plugin makes is given a size";
  return [{ path: at("volume", "size"), found: size, expected, remove: true }];
}

function mesh({ service }: Overseerr): RuleFault[] {
  const faults: RuleFault[] = [];
  if (service.mesh && service.provider !== "consul")
    faults.push({
      path: at("service", "mesh"),
      found: true,
      expected: "false, because only Consul has a mesh",
      fix: false,
    });
  if (service.directNetworks.length > 0 && !service.mesh)
    faults.push({
      path: at("service", "directNetworks"),
      found: service.directNetworks,
      expected: "nothing, because only in the mesh is there a proxy to pass by",
      remove: true,
    });
  return faults;
}

/** Names that only the mesh's own proxy can connect to: https://developer.hashicorp.com/consul/docs/discover/dns */
const meshName = /\.virtual(\.[\w-]+)*\.consul$/;

function storeInTheMesh({ service, replica }: Overseerr): RuleFault[] {
  if (!replica || service.mesh || !meshName.test(new URL(replica.endpoint).hostname)) return [];
  return [
    {
      path: at("replica", "endpoint"),
      found: replica.endpoint,
      expected: "a host outside Consul's mesh, because service.mesh is false",
      fix: "http://minio.service.consul:9000",
    },
  ];
}

function writtenKeys({ replica }: Overseerr): RuleFault[] {
  if (!replica?.keys.write || replica.keys.from === "variable") return [];
  return [
    {
      path: at("replica", "keys", "write"),
      found: true,
      expected: "false, because only Nomad's variables are written, not Vault's secrets",
      fix: false,
    },
  ];
}

function retention({ replica }: Overseerr, quote: Quote): RuleFault[] {
  if (!replica || replica.retentionHours >= replica.snapshotHours) return [];
  return [
    {
      path: at("replica", "retentionHours"),
      found: replica.retentionHours,
      expected:
        "at least replica.snapshotHours: the last snapshot must outlive the next one's making",
      fix: quote("overseerr", replica.snapshotHours.toString()),
    },
  ];
}

function successor({ app, replica }: Overseerr): RuleFault[] {
  if (app === "overseerr" || replica) return [];
  return [
    {
      path: at("app"),
      found: app,
      expected:
        "overseerr, because without a replica nothing hands the database over to the user that Seerr runs as",
      fix: "overseerr",
    },
  ];
}

/** What moving Overseerr from a container of Docker's asks of the rest. */
function move({ app, replica, migration }: Overseerr, quote: Quote): RuleFault[] {
  if (!migration) return [];
  const { endpoint, phase, removeOldData } = migration;
  const faults: RuleFault[] = [];
  if (!replica)
    return [
      {
        path: at("migration"),
        found: "a migration",
        expected: "none, because without overseerr.replica there is nothing to bring it by",
        remove: true,
      },
    ];
  if (app !== "overseerr" && phase === "move")
    faults.push({
      path: at("app"),
      found: app,
      expected: "overseerr, because only the same app can be moved; Seerr takes it over afterwards",
      fix: "overseerr",
    });
  if (removeOldData !== undefined && phase === "move")
    faults.push({
      path: at("migration", "removeOldData"),
      found: removeOldData,
      expected: "nothing, because only a move that is over (phase: done) gives the old data up",
      remove: true,
    });
  faults.push(...movedAnew("overseerr", migration, "Overseerr", quote));
  if (phase === "move" && meshName.test(new URL(endpoint ?? replica.endpoint).hostname))
    faults.push({
      path: at("migration", "endpoint"),
      ...(endpoint !== undefined && { found: endpoint }),
      expected: "the store's URL outside Consul's mesh, where the old Overseerr's host is",
      fix: "http://192.168.1.5:9000",
    });
  return faults;
}

/** What it takes to tell Overseerr what to speak to. */
function targeted({ targets, replica }: Overseerr): RuleFault[] {
  if (!targets) return [];
  const path = at("targets");
  if (Object.keys(targets).length === 0) {
    const expected = "homelab, plex, sonarr or radarr, because an empty group says nothing";
    return [{ path, found: targets, expected, remove: true }];
  }
  if (replica) return [];
  const expected =
    "none, because they are set from the task beside Overseerr, which only overseerr.replica brings";
  return [{ path, found: "targets", expected, remove: true }];
}
