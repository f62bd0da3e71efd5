import { previewedGraph } from "../../../ops/policies/preview";
import { policies } from "../../../ops/policies";
import { secretMark, unknownMark } from "../../../ops/policies/value";
import { setting } from "./samples";

const urn = (type: string, name: string) => `urn:pulumi:homelab::media-homelab::${type}::${name}`;

/** Steps as Pulumi 3.259 prints them, cut down to a few. */
const steps = [
  {
    op: "create",
    urn: urn("pulumi:pulumi:Stack", "media-homelab-homelab"),
    newState: {
      urn: urn("pulumi:pulumi:Stack", "media-homelab-homelab"),
      custom: false,
      type: "pulumi:pulumi:Stack",
    },
  },
  {
    op: "create",
    urn: urn("homelab:storage:StateClaim$kubernetes:core/v1:PersistentVolumeClaim", "config-plex"),
    newState: {
      urn: urn(
        "homelab:storage:StateClaim$kubernetes:core/v1:PersistentVolumeClaim",
        "config-plex",
      ),
      custom: true,
      type: "kubernetes:core/v1:PersistentVolumeClaim",
      inputs: { metadata: { name: "config-plex" }, spec: { storageClassName: "longhorn-simple" } },
      protect: true,
      retainOnDelete: true,
    },
  },
  {
    op: "create",
    urn: urn("command:remote:Command", "plex-g1-stop"),
    newState: {
      urn: urn("command:remote:Command", "plex-g1-stop"),
      custom: true,
      type: "command:remote:Command",
      inputs: { connection: secretMark, create: "bash -s", stdin: unknownMark },
      ignoreChanges: ["*"],
      replaceOnChanges: ["triggers[*]"],
    },
  },
  {
    op: "create",
    urn: urn("homelab:migrations:PlexMove$command:local:Command", "plex-g1-check"),
    newState: {
      urn: urn("homelab:migrations:PlexMove$command:local:Command", "plex-g1-check"),
      custom: true,
      type: "command:local:Command",
      inputs: { create: "bash", stdin: "SOURCE_HOST='old'\nHOST_KEY='ssh-ed25519 AAAA'" },
      parent: urn("homelab:migrations:PlexMove", "plex"),
      ignoreChanges: ["*"],
    },
  },
  {
    op: "read",
    urn: urn("kubernetes:core/v1:Service", "symlink-library-nfs"),
    newState: {
      urn: urn("kubernetes:core/v1:Service", "symlink-library-nfs"),
      custom: true,
      external: true,
      type: "kubernetes:core/v1:Service",
    },
  },
  {
    op: "delete",
    urn: urn("kubernetes:core/v1:Service", "of-old"),
    oldState: {
      urn: urn("kubernetes:core/v1:Service", "of-old"),
      type: "kubernetes:core/v1:Service",
    },
  },
];

describe("a previewed graph", () => {
  it("has what the stack will have, with its options, and nothing that goes or is only read", () => {
    expect(previewedGraph(JSON.stringify({ steps }))).toEqual([
      { type: "pulumi:pulumi:Stack", name: "media-homelab-homelab", inputs: {}, options: {} },
      {
        type: "kubernetes:core/v1:PersistentVolumeClaim",
        name: "config-plex",
        inputs: {
          metadata: { name: "config-plex" },
          spec: { storageClassName: "longhorn-simple" },
        },
        options: { protect: true, retainOnDelete: true },
      },
      {
        type: "command:remote:Command",
        name: "plex-g1-stop",
        inputs: { connection: secretMark, create: "bash -s", stdin: unknownMark },
        options: { ignoreChanges: ["*"] },
      },
      {
        type: "command:local:Command",
        name: "plex-g1-check",
        inputs: { create: "bash", stdin: "SOURCE_HOST='old'\nHOST_KEY='ssh-ed25519 AAAA'" },
        options: { ignoreChanges: ["*"] },
        parent: urn("homelab:migrations:PlexMove", "plex"),
      },
    ]);
  });

  it("shows the engine's own form of a secret as a recording does", () => {
    const sealed = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "AAAA",
    };
    const [secret] = previewedGraph(
      JSON.stringify({
        steps: [
          {
            newState: {
              urn: urn("kubernetes:core/v1:Secret", "keys"),
              type: "kubernetes:core/v1:Secret",
              inputs: { stringData: sealed, list: [sealed, "seen"] },
            },
          },
        ],
      }),
    );
    expect(secret?.inputs).toEqual({ stringData: secretMark, list: [secretMark, "seen"] });
  });

  it("is judged by the same policies", () => {
    const bare = steps.map(({ newState, ...step }) => ({
      ...step,
      newState: newState && { ...newState, protect: undefined, ignoreChanges: undefined },
    }));
    const graph = previewedGraph(JSON.stringify({ steps: bare }));
    const found = (id: string) => policies[id]?.(graph, setting).map(({ resource }) => resource);
    expect(found("data-is-kept")).toEqual([
      "kubernetes:core/v1:PersistentVolumeClaim::config-plex",
    ]);
    expect(found("step-runs-once")).toEqual([
      "command:remote:Command::plex-g1-stop",
      "command:local:Command::plex-g1-check",
    ]);
    expect(found("host-is-checked")).toEqual([]);
  });

  it.each(["{}", '{"steps": []}', '{"steps": "none"}', "[]", "null"])(
    "is refused where there is none, instead of passing for want of resources: %s",
    (json) => {
      expect(() => previewedGraph(json)).toThrow(
        "found no steps, expected the output of a preview; make it with: pulumi preview --json --show-sames",
      );
    },
  );
});
