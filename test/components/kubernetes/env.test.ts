import { envList } from "../../../components/kubernetes/env";

it("lists the variables by name, whatever their order in the map", () => {
  expect(envList({ TZ: "UTC", PUID: "1000" })).toEqual([
    { name: "PUID", value: "1000" },
    { name: "TZ", value: "UTC" },
  ]);
});

it("refers to a Secret instead of holding its value", () => {
  expect(envList({ KEY: { secret: "app-key", key: "api-key" } })).toEqual([
    { name: "KEY", valueFrom: { secretKeyRef: { name: "app-key", key: "api-key" } } },
  ]);
});
