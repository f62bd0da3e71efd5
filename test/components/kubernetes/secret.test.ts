import * as pulumi from "@pulumi/pulumi";
import { labels } from "../../../components/kubernetes/labels";
import { appSecret } from "../../../components/kubernetes/secret";
import { record } from "../../../ops/recorder";
import { children } from "../../support/children";

const recorded = () =>
  record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const data = { host: "news.test", password: pulumi.secret("canary-password") };
    return appSecret("app-account", "test-media", data, { parent });
  });

it("is an immutable Secret without a fixed name, shown nowhere; nothing else was created", async () => {
  const recording = await recorded();
  expect(children(recording)).toEqual([
    {
      type: "kubernetes:core/v1:Secret",
      name: "app-account",
      inputs: {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace: "test-media", labels: labels("app-account", "secrets") },
        immutable: true,
        stringData: "[secret]",
      },
    },
  ]);
  expect(JSON.stringify(recording)).not.toContain("canary");
});

it("gives a reference to each key", async () => {
  expect((await recorded()).outputs).toEqual({
    host: { secret: "app-account-autonamed", key: "host" },
    password: { secret: "app-account-autonamed", key: "password" },
  });
});
