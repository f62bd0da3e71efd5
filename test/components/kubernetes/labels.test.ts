import { labels, selectorLabels } from "../../../components/kubernetes/labels";

it("selects by name and instance only", () => {
  expect(selectorLabels("sonarr")).toEqual({
    "app.kubernetes.io/name": "sonarr",
    "app.kubernetes.io/instance": "sonarr",
  });
});

it("adds what describes the app", () => {
  expect(labels("sonarr", "series")).toEqual({
    "app.kubernetes.io/name": "sonarr",
    "app.kubernetes.io/instance": "sonarr",
    "app.kubernetes.io/component": "series",
    "app.kubernetes.io/part-of": "media-homelab",
    "app.kubernetes.io/managed-by": "pulumi",
  });
});
