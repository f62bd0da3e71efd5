export type Labels = Readonly<Record<string, string>>;

/** The labels that selectors use. A selector is immutable, so nothing descriptive belongs here. */
export function selectorLabels(name: string): Labels {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/instance": name };
}

/** All labels of an app's objects. */
export function labels(name: string, component: string): Labels {
  return {
    ...selectorLabels(name),
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": "media-homelab",
    "app.kubernetes.io/managed-by": "pulumi",
  };
}
