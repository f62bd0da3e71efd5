import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { behaves, eventually, tool } from "./scenario";

const source = "pulumi/pulumi-kubernetes provider/pkg";
const seen = "seen with the published plugin";

const namespace = `conformance-${Date.now().toString(36)}`;
const kubectl = (...args: string[]) => tool("kubectl", args);
const inNamespace = (...args: string[]) => kubectl("-n", namespace, ...args);
interface Live {
  metadata: { labels: Data; annotations: Data; deletionTimestamp?: string };
  data: Data;
}
const live = async (...args: string[]) =>
  JSON.parse(await inNamespace("get", ...args, "-o", "json")) as Live;
const patchStatus = (object: string, status: object) =>
  eventually(() =>
    inNamespace(
      "patch",
      object,
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    ),
  );

beforeAll(async () => {
  await kubectl("create", "namespace", namespace);
});
afterAll(async () => {
  await kubectl("delete", "namespace", namespace, "--wait=false");
  await kubectl("delete", "storageclass", "-l", `conformance=${namespace}`);
});

type Data = Record<string, string>;
const configMap =
  (data: Data, metadata: object = {}, opts?: pulumi.CustomResourceOptions, immutable?: boolean) =>
  () => {
    const m = new k8s.core.v1.ConfigMap(
      "m",
      { metadata: { namespace, ...metadata }, data, immutable },
      opts,
    );
    return { name: m.metadata.name, id: m.id, uid: m.metadata.uid };
  };

/** A pod template that no node can take: what waits for it waits until the test interferes. */
const nowhere = (app: string) => ({
  metadata: { labels: { app } },
  spec: {
    nodeSelector: { "conformance/nowhere": "true" },
    containers: [{ name: "app", image: "conformance/none:1" }],
  },
});
const selecting = (app: string) => ({ selector: { matchLabels: { app } }, template: nowhere(app) });
const lateBinding = (name: string) =>
  tool(
    "kubectl",
    ["apply", "-f", "-"],
    JSON.stringify({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name, labels: { conformance: namespace } },
      provisioner: "conformance/none",
      volumeBindingMode: "WaitForFirstConsumer",
    }),
  );
const claim = (spec: object, metadata: object = {}, opts?: pulumi.CustomResourceOptions) =>
  new k8s.core.v1.PersistentVolumeClaim(
    "x",
    {
      metadata: { namespace, ...metadata },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "1Gi" } },
        ...spec,
      },
    },
    opts,
  );
const short = { customTimeouts: { create: "4s", update: "4s" } };

describe("names", () => {
  behaves(
    "without a name an object gets one with eight hex digits, marks it, and keeps it",
    seen,
    async (s) => {
      const first = await s.up(configMap({ a: "1" }));
      const second = await s.up();
      expect(first.outputs.name).toMatch(/^m-[0-9a-f]{8}$/);
      expect(first.outputs.id).toBe(`${namespace}/${first.outputs.name as string}`);
      expect(second.ops.m).toBe("same");
      const object = await live("configmap", first.outputs.name as string);
      expect(object.metadata.annotations["pulumi.com/autonamed"]).toBe("true");
    },
  );

  behaves(
    "creating an object that exists fails, and leaves it as it was",
    "pulumi-kubernetes#4278, since 4.29",
    async (s) => {
      await inNamespace("create", "configmap", "taken", "--from-literal=mine=yes");
      expect((await s.preview(configMap({ a: "1" }, { name: "taken" }))).ops.m).toBe("create");
      expect(await s.fails(s.up())).toContain('configmaps "taken" already exists');
      expect((await live("configmap", "taken")).data).toEqual({ mine: "yes" });
    },
  );

  behaves(
    "the provider's namespace is used where the program names none",
    `${source}/provider/provider.go Check`,
    async (s) => {
      const step = await s.up(() => {
        const provider = new k8s.Provider("cluster", { namespace });
        const m = new k8s.core.v1.ConfigMap("m", { data: { a: "1" } }, { provider });
        return { namespace: m.metadata.namespace };
      });
      expect(step.outputs.namespace).toBe(namespace);
    },
  );

  behaves(
    "generateName is refused with server-side apply",
    `${source}/provider/provider.go Check`,
    async (s) => {
      expect(await s.fails(s.preview(configMap({}, { generateName: "m-" })))).toContain(
        "generateName",
      );
    },
  );
});

describe("preview", () => {
  behaves("the API server checks the object in a dry run", seen, async (s) => {
    const port = { port: 99999999 };
    const program = () =>
      new k8s.core.v1.Service("svc", {
        metadata: { namespace, name: `p-${s.id}` },
        spec: { ports: [port] },
      });
    expect(await s.fails(s.preview(program))).toContain(
      "spec.ports[0].port: Invalid value: 99999999",
    );
  });

  behaves(
    "a namespace that is still to be created is no error",
    `${source}/await/await.go IsNamespaceNotFoundErr`,
    async (s) => {
      const step = await s.preview(configMap({ a: "1" }, { namespace: `not-yet-${s.id}` }));
      expect(step.ops.m).toBe("create");
    },
  );

  behaves("nothing is created, and what the server fills in is known already", seen, async (s) => {
    let protocol: unknown;
    await s.preview(() => {
      const spec = { type: "ClusterIP", ports: [{ port: 80 }] };
      const service = new k8s.core.v1.Service("svc", {
        metadata: { namespace, name: `p-${s.id}` },
        spec,
      });
      service.spec.apply((spec) => spec.ports[0]?.protocol).apply((value) => (protocol = value));
    });
    expect(protocol).toBe("TCP");
    expect(await inNamespace("get", "services", "-o", "name")).toBe("");
  });

  behaves(
    "it works without a reachable cluster, an update does not",
    `${source}/provider/provider.go clusterUnreachable`,
    async (s) => {
      const kubeconfig = JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        users: [{ name: "u", user: {} }],
        "current-context": "c",
      });
      const program = () => {
        const provider = new k8s.Provider("cluster", { kubeconfig });
        new k8s.core.v1.ConfigMap("m", { metadata: { name: "m" }, data: { a: "1" } }, { provider });
      };
      expect((await s.preview(program)).ops.m).toBe("create");
      expect(await s.fails(s.up())).toContain("configured Kubernetes cluster is unreachable");
    },
  );
});

describe("changes", () => {
  behaves(
    "a label is changed in place, and a dropped one goes",
    `${source}/await/await.go ssaUpdate`,
    async (s) => {
      const first = await s.up(configMap({ a: "1" }, { labels: { keep: "1", drop: "1" } }));
      const second = await s.up(configMap({ a: "1" }, { labels: { keep: "2" } }));
      const third = await s.up();
      expect(second.ops.m).toBe("update");
      expect(second.diffs.m?.sort()).toEqual(["metadata.labels.drop", "metadata.labels.keep"]);
      expect(second.outputs.uid).toBe(first.outputs.uid);
      expect((await live("configmap", first.outputs.name as string)).metadata.labels).toEqual({
        keep: "2",
      });
      expect(third.ops.m).toBe("same");
    },
  );

  behaves("what another manager adds to the object stays", "server-side apply", async (s) => {
    const { outputs } = await s.up(configMap({ a: "1" }, { labels: { mine: "1" } }));
    await inNamespace("label", "configmap", outputs.name as string, "theirs=1");
    await s.up(configMap({ a: "1" }, { labels: { mine: "2" } }));
    expect((await live("configmap", outputs.name as string)).metadata.labels).toEqual({
      mine: "2",
      theirs: "1",
    });
  });

  behaves(
    "changed data of an autonamed ConfigMap makes a new one under a new name",
    `${source}/provider/diff.go forceNewProperties`,
    async (s) => {
      const first = await s.up(configMap({ a: "1" }));
      const second = await s.up(configMap({ a: "2" }));
      expect(second.ops.m).toBe("replace");
      expect(second.outputs.name).not.toBe(first.outputs.name);
      await expect(live("configmap", first.outputs.name as string)).rejects.toThrow("not found");
    },
  );

  behaves(
    "with a fixed name the old object is deleted before the new one is made",
    `${source}/provider/provider.go Diff`,
    async (s) => {
      const first = await s.up(configMap({ a: "1" }, { name: `fixed-${s.id}` }));
      const second = await s.up(configMap({ a: "2" }, { name: `fixed-${s.id}` }));
      expect(second.ops.m).toBe("replace");
      expect(second.outputs.name).toBe(first.outputs.name);
      expect(second.outputs.uid).not.toBe(first.outputs.uid);
    },
  );

  behaves(
    "with enableConfigMapMutable changed data is an update",
    `${source}/provider/diff.go forceNewProperties`,
    async (s) => {
      const program = (a: string) => () => {
        const provider = new k8s.Provider("cluster", { enableConfigMapMutable: true });
        new k8s.core.v1.ConfigMap("m", { metadata: { namespace }, data: { a } }, { provider });
      };
      await s.up(program("1"));
      expect((await s.preview(program("2"))).ops.m).toBe("update");
    },
  );

  const cases: [
    what: string,
    path: string,
    make: (changed: boolean, name: string) => pulumi.Resource,
  ][] = [
    [
      "a Deployment's selector",
      "spec.selector.matchLabels.app",
      (changed, name) =>
        new k8s.apps.v1.Deployment("x", {
          metadata: { namespace, name },
          spec: { replicas: 0, ...selecting(changed ? "b" : "a") },
        }),
    ],
    [
      "a StatefulSet's service name",
      "spec.serviceName",
      (changed, name) => {
        const spec = { replicas: 0, serviceName: changed ? "b" : "a", ...selecting("a") };
        return new k8s.apps.v1.StatefulSet("x", { metadata: { namespace, name }, spec });
      },
    ],
    [
      "a storage class's parameters",
      "parameters.p",
      (changed, name) => {
        const parameters = { p: changed ? "b" : "a" };
        return new k8s.storage.v1.StorageClass("x", {
          metadata: { name },
          provisioner: "conformance/none",
          parameters,
        });
      },
    ],
    [
      "a Job's template",
      "spec.template.spec.restartPolicy",
      (changed, name) => {
        const { metadata, spec } = nowhere("j");
        const template = {
          metadata,
          spec: { ...spec, restartPolicy: changed ? "Never" : "OnFailure" },
        };
        return new k8s.batch.v1.Job("x", {
          metadata: { namespace, name },
          spec: { completions: 0, template },
        });
      },
    ],
    [
      "a Secret's data",
      "stringData.k",
      (changed, name) =>
        new k8s.core.v1.Secret("x", {
          metadata: { namespace, name },
          stringData: { k: changed ? "b" : "a" },
        }),
    ],
    [
      "a claim's storage class",
      "spec.storageClassName",
      (changed, name) => claim({ storageClassName: changed ? `b-${name}` : `a-${name}` }, { name }),
    ],
  ];
  for (const [what, path, make] of cases) {
    behaves(
      `${what} is changed by a planned replacement`,
      `${source}/provider/diff.go`,
      async (s) => {
        await Promise.all(["a", "b"].map((name) => lateBinding(`${name}-x-${s.id}`)));
        await s.up(() => void make(false, `x-${s.id}`));
        const step = await s.preview(() => void make(true, `x-${s.id}`));
        expect(step.ops.x).toBe("replace");
        expect(step.diffs.x).toContain(path);
        expect((await s.up()).ops.x).toBe("replace");
      },
    );
  }

  behaves(
    "a claim's size is changed in place, if the API server lets it",
    `${source}/provider/diff.go`,
    async (s) => {
      await lateBinding(`size-${s.id}`);
      const program = (storage: string) => () =>
        claim({ storageClassName: `size-${s.id}`, resources: { requests: { storage } } });
      await s.up(program("1Gi"));
      // It does not for a claim that is not bound yet: the update is tried, a replacement is not.
      expect(await s.fails(s.preview(program("2Gi")))).toContain(
        "spec is immutable after creation except resources.requests",
      );
    },
  );

  behaves(
    "another spelling of a quantity is no change",
    `${source}/provider/provider.go normalizeInputs`,
    async (s) => {
      const program = (cpu: string) => () => {
        const container = {
          name: "app",
          image: "conformance/none:1",
          resources: { requests: { cpu } },
        };
        const template = { ...nowhere("q"), spec: { containers: [container] } };
        const spec = { replicas: 0, selector: { matchLabels: { app: "q" } }, template };
        new k8s.apps.v1.Deployment("x", {
          metadata: { namespace, annotations: { "pulumi.com/skipAwait": "true" } },
          spec,
        });
      };
      await s.up(program("1000m"));
      expect((await s.preview(program("1"))).ops.x).toBe("same");
      await s.refresh();
      expect((await s.preview()).ops.x).toBe("same");
    },
  );
});

describe("secrets", () => {
  behaves("a Secret's data never reaches the state in plain text", seen, async (s) => {
    const program = () => {
      const secret = new k8s.core.v1.Secret("x", {
        metadata: { namespace },
        stringData: { key: pulumi.secret("open-sesame") },
      });
      return { data: secret.data };
    };
    const step = await s.up(program);
    expect(step.secretOutputs).toEqual(["data"]);
    expect(step.outputs.data).toEqual({ key: Buffer.from("open-sesame").toString("base64") });
    const stored = JSON.stringify(await s.state());
    expect(stored).not.toContain("open-sesame");
    expect(stored).not.toContain(Buffer.from("open-sesame").toString("base64"));
    expect((await s.up()).ops.x).toBe("same");
    await s.refresh();
    expect((await s.preview()).ops.x).toBe("same");
  });
});

describe("awaiting", () => {
  behaves(
    "a Deployment that does not become ready fails with the reason, stays in the state and is tried again",
    `${source}/await/deployment.go`,
    async (s) => {
      const program = (replicas: number) => () =>
        new k8s.apps.v1.Deployment(
          "x",
          { metadata: { namespace, name: `x-${s.id}` }, spec: { replicas, ...selecting(s.id) } },
          short,
        );
      const message = await s.fails(s.up(program(1)));
      expect(message).toContain("timed out waiting to be Ready");
      expect(message).toContain("(0/1 Pods available)");
      expect((await s.stored("x"))?.initErrors?.join()).toContain("(0/1 Pods available)");
      expect((await s.stored("x"))?.id).toBe(`${namespace}/x-${s.id}`);
      // Unchanged, it is waited for once more; with no replicas wanted it is ready.
      expect(await s.fails(s.up())).toContain("timed out waiting to be Ready");
      expect((await s.up(program(0))).ops.x).toBe("update");
      expect((await s.stored("x"))?.initErrors).toBeUndefined();
      expect((await s.up()).ops.x).toBe("same");
    },
  );

  behaves(
    "a StatefulSet that does not become ready fails with the reason",
    `${source}/await/statefulset.go`,
    async (s) => {
      const spec = { replicas: 1, serviceName: "none", ...selecting(s.id) };
      const message = await s.fails(
        s.up(() => new k8s.apps.v1.StatefulSet("x", { metadata: { namespace }, spec }, short)),
      );
      expect(message).toContain("timed out waiting to be Ready");
      expect(message).toContain("(0/1 Pods ready)");
    },
  );

  behaves("skipAwait returns at once", `${source}/metadata/overrides.go`, async (s) => {
    const annotations = { "pulumi.com/skipAwait": "true" };
    const step = await s.up(
      () =>
        new k8s.apps.v1.Deployment(
          "x",
          { metadata: { namespace, annotations }, spec: selecting(s.id) },
          short,
        ),
    );
    expect(step.ops.x).toBe("create");
  });

  behaves(
    "the annotation timeoutSeconds ends the wait",
    `${source}/metadata/overrides.go TimeoutDuration`,
    async (s) => {
      const annotations = { "pulumi.com/timeoutSeconds": "2" };
      const program = () =>
        new k8s.apps.v1.Deployment("x", {
          metadata: { namespace, annotations },
          spec: selecting(s.id),
        });
      expect(await s.fails(s.up(program))).toContain("timed out waiting to be Ready");
    },
  );

  behaves(
    "a LoadBalancer Service waits for its address and says so",
    `${source}/await/service.go`,
    async (s) => {
      const program = (opts?: pulumi.CustomResourceOptions) => () => {
        const spec = {
          type: "LoadBalancer",
          loadBalancerClass: "conformance/none",
          ports: [{ port: 80 }],
        };
        const service = new k8s.core.v1.Service(
          "x",
          { metadata: { namespace, name: `lb-${s.id}` }, spec },
          opts,
        );
        return { ip: service.status.apply((status) => status.loadBalancer.ingress[0]?.ip) };
      };
      expect(await s.fails(s.up(program(short)))).toContain(
        "Service was not allocated an IP address",
      );
      const up = s.up(program());
      await patchStatus(`service/lb-${s.id}`, { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } });
      expect((await up).outputs.ip).toBe("192.0.2.1");
    },
  );

  behaves(
    "a Service with a selector waits for a pod behind it",
    `${source}/await/service.go`,
    async (s) => {
      const metadata = { namespace, name: `svc-${s.id}` };
      const spec = { selector: { app: s.id }, ports: [{ port: 80 }] };
      const program = (opts?: pulumi.CustomResourceOptions) => () =>
        new k8s.core.v1.Service("x", { metadata, spec }, opts);
      expect(await s.fails(s.up(program(short)))).toContain("Service does not target any Pods");
      const endpoints = {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        addressType: "IPv4",
        endpoints: [{ addresses: ["192.0.2.2"] }],
        metadata: {
          name: `svc-${s.id}-by-hand`,
          labels: { "kubernetes.io/service-name": `svc-${s.id}` },
        },
      };
      await tool("kubectl", ["-n", namespace, "apply", "-f", "-"], JSON.stringify(endpoints));
      expect((await s.up(program())).ops.x).toBe("update");
    },
  );

  behaves(
    "headless Services and Services without a selector are ready at once",
    `${source}/await/service.go`,
    async (s) => {
      await s.up(() => {
        new k8s.core.v1.Service(
          "a",
          {
            metadata: { namespace },
            spec: { clusterIP: "None", selector: { app: "none" }, ports: [{ port: 80 }] },
          },
          short,
        );
        new k8s.core.v1.Service(
          "b",
          { metadata: { namespace }, spec: { ports: [{ port: 80 }] } },
          short,
        );
      });
    },
  );

  behaves(
    "a claim waits to be bound, unless its class binds with the first pod",
    seen,
    async (s) => {
      const program = (volumeBindingMode: string) => () => {
        const metadata = { name: `class-${s.id}-${volumeBindingMode.toLowerCase()}` };
        const sc = new k8s.storage.v1.StorageClass("sc", {
          metadata,
          provisioner: "conformance/none",
          volumeBindingMode,
        });
        claim({ storageClassName: sc.metadata.name }, {}, short);
      };
      await s.up(program("WaitForFirstConsumer"));
      expect(await s.fails(s.up(program("Immediate")))).toContain("Pending");
    },
  );

  behaves(
    "a Job is awaited until it is complete; one that fails ends the wait",
    `${source}/await/job.go`,
    async (s) => {
      const program = (extra: object) => () => {
        const template = {
          ...nowhere("job"),
          spec: { ...nowhere("job").spec, restartPolicy: "Never" },
        };
        new k8s.batch.v1.Job("x", { metadata: { namespace }, spec: { template, ...extra } });
      };
      await s.up(program({ completions: 0 }));
      expect(await s.fails(s.up(program({ activeDeadlineSeconds: 2 })))).toContain(
        "DeadlineExceeded",
      );
    },
  );

  behaves("a Pod is awaited until it is ready", `${source}/await/pod.go`, async (s) => {
    const program = (opts?: pulumi.CustomResourceOptions) => () =>
      new k8s.core.v1.Pod(
        "x",
        { ...nowhere("pod"), metadata: { namespace, name: `p-${s.id}` } },
        opts,
      );
    expect(await s.fails(s.up(program(short)))).toContain("timed out waiting to be Ready");
    const up = s.up(program());
    await patchStatus(`pod/p-${s.id}`, {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
    });
    await up;
  });

  behaves(
    "an Ingress waits for a service behind it and for its address",
    `${source}/await/ingress.go`,
    async (s) => {
      const program = (opts?: pulumi.CustomResourceOptions) => () => {
        const backend = { service: { name: `ext-${s.id}`, port: { number: 80 } } };
        const rules = [
          { host: "x.test", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } },
        ];
        const metadata = { namespace, name: `i-${s.id}` };
        return new k8s.networking.v1.Ingress(
          "x",
          { metadata, spec: { ingressClassName: "none", rules } },
          opts,
        );
      };
      const message = await s.fails(s.up(program(short)));
      expect(message).toContain("No matching service found for ingress rule");
      expect(message).toContain(".status.loadBalancer field was not updated");
      await inNamespace(
        "create",
        "service",
        "externalname",
        `ext-${s.id}`,
        "--external-name=example.com",
      );
      await patchStatus(`ingress/i-${s.id}`, { loadBalancer: { ingress: [{ ip: "192.0.2.3" }] } });
      await s.up(program());
    },
  );
});

describe("refresh, import, get and delete", () => {
  behaves(
    "a refresh sees drift in the program's own fields, and the next up repairs it",
    `${source}/provider/provider.go pruneLiveState`,
    async (s) => {
      const { outputs } = await s.up(configMap({ a: "1" }, { labels: { mine: "1" } }));
      await inNamespace(
        "label",
        "--overwrite",
        "configmap",
        outputs.name as string,
        "mine=theirs",
        "other=theirs",
      );
      expect((await s.refresh()).ops.m).toBe("update");
      expect((await s.preview()).diffs.m).toEqual(["metadata.labels.mine"]);
      await inNamespace("annotate", "configmap", outputs.name as string, "noise=1");
      // The other manager owns the field now: taking it back needs force, by annotation.
      expect(await s.fails(s.up())).toContain("conflict");
      await s.up(
        configMap(
          { a: "1" },
          { labels: { mine: "1" }, annotations: { "pulumi.com/patchForce": "true" } },
        ),
      );
      expect((await live("configmap", outputs.name as string)).metadata.labels).toEqual({
        mine: "1",
        other: "theirs",
      });
    },
  );

  behaves("a refresh without drift changes nothing", seen, async (s) => {
    const annotations = { "pulumi.com/skipAwait": "true" };
    await s.up(() => {
      const ports = [{ port: 80 }];
      new k8s.apps.v1.Deployment("d", {
        metadata: { namespace, annotations },
        spec: selecting(s.id),
      });
      new k8s.core.v1.Service("s", {
        metadata: { namespace, annotations },
        spec: { selector: { app: s.id }, ports },
      });
    });
    await s.refresh();
    const step = await s.preview();
    expect([step.ops.d, step.ops.s]).toEqual(["same", "same"]);
  });

  behaves(
    "an object deleted by somebody else is gone after a refresh and made again",
    `${source}/provider/provider.go Read`,
    async (s) => {
      const { outputs } = await s.up(configMap({ a: "1" }));
      await inNamespace("delete", "configmap", outputs.name as string);
      expect((await s.refresh()).ops.m).toBe("delete");
      expect((await s.up()).ops.m).toBe("create");
    },
  );

  behaves(
    "deleting an object that is gone already succeeds",
    `${source}/await/await.go Deletion`,
    async (s) => {
      const { outputs } = await s.up(configMap({ a: "1" }));
      await inNamespace("delete", "configmap", outputs.name as string);
      await s.destroy();
    },
  );

  behaves("an existing object is imported by namespace/name", seen, async (s) => {
    await inNamespace("create", "configmap", "found", "--from-literal=a=1");
    const program = configMap({ a: "1" }, { name: "found" }, { import: `${namespace}/found` });
    expect((await s.up(program)).ops.m).toBe("import");
    expect(
      (await s.up(configMap({ a: "1" }, { name: "found", labels: { now: "mine" } }))).ops.m,
    ).toBe("update");
  });

  behaves("get reads an object without owning it", seen, async (s) => {
    await inNamespace("create", "configmap", "other", "--from-literal=a=7");
    const step = await s.up(() => ({
      data: k8s.core.v1.ConfigMap.get("m", `${namespace}/other`).data,
    }));
    expect(step.outputs.data).toEqual({ a: "7" });
    await s.destroy();
    await live("configmap", "other");
  });

  behaves(
    "destroy waits until the object has disappeared",
    `${source}/await/await.go Deletion`,
    async (s) => {
      const name = `held-${s.id}`;
      await s.up(configMap({ a: "1" }, { name, finalizers: ["conformance/held"] }));
      const destroyed = s.destroy().then(() => Date.now());
      await eventually(async () => {
        expect((await live("configmap", name)).metadata.deletionTimestamp).toBeTruthy();
      });
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const released = Date.now();
      await inNamespace(
        "patch",
        "configmap",
        name,
        "--type=merge",
        "-p",
        '{"metadata":{"finalizers":null}}',
      );
      expect(await destroyed).toBeGreaterThan(released);
    },
  );
});

describe("patches", () => {
  behaves(
    "a patch adds fields to an existing object and takes only those away again",
    `${source}/provider/provider.go kinds.IsPatchResource`,
    async (s) => {
      const name = `adopted-${s.id}`;
      await kubectl("create", "namespace", name);
      await kubectl("label", "namespace", name, "theirs=1");
      const program = (mine: string) => () =>
        new k8s.core.v1.NamespacePatch("n", { metadata: { name, labels: { mine } } });
      const labels = async () =>
        (JSON.parse(await kubectl("get", "namespace", name, "-o", "json")) as Live).metadata.labels;
      await s.up(program("1"));
      expect(await labels()).toMatchObject({ mine: "1", theirs: "1" });
      expect((await s.up()).ops.n).toBe("same");
      await s.up(program("2"));
      expect(await labels()).toMatchObject({ mine: "2", theirs: "1" });
      await s.destroy();
      expect(await labels()).toEqual({ "kubernetes.io/metadata.name": name, theirs: "1" });
      await kubectl("delete", "namespace", name, "--wait=false");
    },
  );

  behaves(
    "a field that somebody else set is a conflict, unless forced",
    "server-side apply; pulumi.com/patchForce, PULUMI_K8S_ENABLE_PATCH_FORCE",
    async (s) => {
      const name = `contested-${s.id}`;
      await kubectl("create", "namespace", name);
      await kubectl("label", "namespace", name, "contested=theirs");
      const program = (annotations?: Data) => () =>
        new k8s.core.v1.NamespacePatch("n", {
          metadata: { name, labels: { contested: "mine" }, annotations },
        });
      expect(await s.fails(s.up(program()))).toContain("conflict");
      await s.up(program({ "pulumi.com/patchForce": "true" }));
      await kubectl("label", "namespace", name, "contested=theirs", "--overwrite");
      process.env.PULUMI_K8S_ENABLE_PATCH_FORCE = "true";
      try {
        await s.up(program());
      } finally {
        delete process.env.PULUMI_K8S_ENABLE_PATCH_FORCE;
      }
      await kubectl("delete", "namespace", name, "--wait=false");
    },
  );
});

describe("custom resources", () => {
  behaves(
    "an object of a type that is created in the same update is created after it",
    `${source}/await/await.go Creation`,
    async (s) => {
      const group = `c${s.id}.example.com`;
      const schema = {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
        },
      };
      const program = (size: number) => () => {
        const definition = new k8s.apiextensions.v1.CustomResourceDefinition("crd", {
          metadata: { name: `widgets.${group}` },
          spec: {
            group,
            scope: "Namespaced",
            names: { plural: "widgets", kind: "Widget" },
            versions: [{ name: "v1", served: true, storage: true, schema }],
          },
        });
        const args = {
          apiVersion: `${group}/v1`,
          kind: "Widget",
          metadata: { namespace },
          spec: { size },
        };
        new k8s.apiextensions.CustomResource("w", args, { dependsOn: definition });
      };
      expect((await s.preview(program(1))).ops.w).toBe("create");
      await s.up(program(1));
      expect((await s.up()).ops.w).toBe("same");
      expect((await s.up(program(2))).ops.w).toBe("update");
    },
  );
});
