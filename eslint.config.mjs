import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/** Dependencies point one way: `files` may import nothing from `folders`. The last match of a file counts. */
function arrow(files, folders, message, ...more) {
  const patterns = [{ regex: `(^|/)(${folders.join("|")})/`, message }, ...more];
  return { files: [files], rules: { "no-restricted-imports": ["error", { patterns }] } };
}

const tools = ["ops", "lab", "test"];
const above = ["config", "stacks", ...tools];

export default tseslint.config(
  { ignores: ["node_modules/", "plan/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
  },
  arrow("index.ts", ["components", ...tools], "the entry point picks a stack and nothing else"),
  arrow(
    "config/**",
    ["components", "stacks", ...tools],
    "config knows nothing of what it configures",
  ),
  arrow("stacks/**", tools, "the program depends on no tool around it"),
  arrow("components/**", above, "a component gets all it needs as arguments"),
  arrow("components/apps/**", above, "a component gets all it needs as arguments", {
    regex: "^\\./",
    message: "an app is given a URL, never another app",
  }),
  arrow(
    "components/kubernetes/**",
    ["apps", "storage", "foundation", "nomad", ...above],
    "the builders serve the components, not the other way round",
  ),
  arrow("ops/**", ["lab", "test"], "what operators run needs neither the lab nor the tests"),
  prettier,
);
