/**
 * What Pulumi's library does for nothing here, in every test file anew: it loads a compiler and a package manager, to turn
 * functions into text, and it notes a stack for each promise, of which Jest looks up every line in a source map. Together
 * they were a third of the suite's time.
 */
jest.mock("@pulumi/pulumi/runtime/closure/codePaths", () => ({}));
jest.mock("@pulumi/pulumi/runtime/closure/serializeClosure", () => ({}));
jest.mock("@pulumi/pulumi/runtime/debuggable", (): unknown => ({
  ...jest.requireActual<object>("@pulumi/pulumi/runtime/debuggable"),
  debuggablePromise: (promise: unknown) => promise,
}));
