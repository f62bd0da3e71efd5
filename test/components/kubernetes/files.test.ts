import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { fileMount, projectFiles } from "../../../components/kubernetes/files";
import { labels } from "../../../components/kubernetes/labels";
import { record } from "../../../ops/recorder";
import { children } from "../../support/children";
import { tempTree } from "../../support/scripts";

it("shows files from an immutable ConfigMap without a fixed name; nothing else was created", async () => {
  const recording = await record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    return { ...fileMount("app", "test-media", { "a.sh": "true\n" }, { parent }) };
  });
  expect(children(recording)).toEqual([
    {
      type: "kubernetes:core/v1:ConfigMap",
      name: "app",
      inputs: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: "test-media", labels: labels("app", "files") },
        immutable: true,
        data: { "a.sh": "true\n" },
      },
    },
  ]);
  expect(recording.outputs).toEqual({
    volume: "app",
    source: { configMap: { name: "app-autonamed" } },
    readOnly: true,
  });
});

it("reads files of the project under their own names", () => {
  const folder = tempTree({ "a.sh": "echo a\n", "b.sh": "echo b\n" });
  expect(projectFiles(folder, "b.sh")).toEqual({ "b.sh": "echo b\n" });
});

it("refuses a file that is not there", () => {
  const folder = tempTree({});
  expect(() => projectFiles(folder, "a.sh")).toThrow(path.join(folder, "a.sh"));
});
