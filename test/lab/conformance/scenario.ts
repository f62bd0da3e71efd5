import * as pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation";
import { randomBytes } from "crypto";
import { labStack } from "../../../lab/engine";

export { runTool as tool } from "../tools";

/** One behaviour of a provider plugin, and where it is known from: the plugin's source, or seen with the published one. */
export function behaves(
  sentence: string,
  knownFrom: string,
  test: (s: Scenario) => Promise<void>,
): void {
  it(`${sentence} (${knownFrom})`, async () => {
    const scenario = new Scenario();
    try {
      await test(scenario);
    } finally {
      await scenario.end();
    }
  }, 180_000);
}

export interface Step {
  /** What the engine did with each resource, by logical name: create, update, replace, delete, same, … */
  ops: Record<string, string>;
  /** Property paths that differ, by logical name. */
  diffs: Record<string, string[]>;
  outputs: Record<string, unknown>;
  secretOutputs: string[];
  /** All that was said on the way, status lines included. */
  messages: string;
}

interface StoredResource {
  urn: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
}

/** How the engine marks a secret in JSON. */
const secretSignature = "4dabf18193072939515e22adb298388d";

/** Declares resources; a plain object that it returns becomes the stack's outputs. */
export type Program = () => unknown;

/** A stack of its own, whose program changes from step to step. */
export class Scenario {
  readonly id = randomBytes(4).toString("hex");
  private program: Program = () => undefined;
  private opened: Promise<automation.Stack> | undefined;

  private stack(): Promise<automation.Stack> {
    return (this.opened ??= labStack(`conformance-${this.id}`, async () => {
      const declared = await this.program();
      const outputs = declared instanceof Object && !(declared instanceof pulumi.Resource);
      return outputs ? (declared as Record<string, unknown>) : {};
    }));
  }

  private async run(
    operation: (
      stack: automation.Stack,
      onEvent: (e: automation.EngineEvent) => void,
    ) => Promise<{ outputs?: automation.OutputMap }>,
  ): Promise<Step> {
    const step: Step = { ops: {}, diffs: {}, outputs: {}, secretOutputs: [], messages: "" };
    const note = (metadata: automation.StepEventMetadata) => {
      const name = metadata.urn.split("::").pop() ?? "";
      // A replacement is several steps; the one that names it counts.
      if (step.ops[name] !== "replace") step.ops[name] = metadata.op;
      if (metadata.detailedDiff) step.diffs[name] = Object.keys(metadata.detailedDiff);
    };
    let outputs: automation.OutputMap | undefined;
    try {
      const result = await operation(await this.stack(), (event) => {
        if (event.resourcePreEvent) note(event.resourcePreEvent.metadata);
        if (event.resOutputsEvent) note(event.resOutputsEvent.metadata);
        const said = event.diagnosticEvent;
        // The engine's own debug messages come this way too, whatever the type says.
        if (said && (said.severity as string) !== "debug") step.messages += said.message;
      });
      outputs = result.outputs;
    } catch (error) {
      throw Object.assign(new Error(`${step.messages}\n${(error as Error).message}`), { step });
    }
    for (const [name, output] of Object.entries(outputs ?? {})) {
      step.outputs[name] = output.value;
      if (output.secret) step.secretOutputs.push(name);
    }
    return step;
  }

  up(program?: Program): Promise<Step> {
    this.program = program ?? this.program;
    return this.run((stack, onEvent) => stack.up({ onEvent }));
  }

  preview(program?: Program): Promise<Step> {
    this.program = program ?? this.program;
    return this.run(async (stack, onEvent) => {
      await stack.preview({ onEvent, diff: true });
      return {};
    });
  }

  refresh(): Promise<Step> {
    return this.run(async (stack, onEvent) => {
      await stack.refresh({ onEvent });
      return { outputs: await stack.outputs() };
    });
  }

  destroy(): Promise<Step> {
    return this.run(async (stack, onEvent) => {
      await stack.destroy({ onEvent });
      return {};
    });
  }

  /** The error text of a step that has to fail. */
  async fails(step: Promise<Step>): Promise<string> {
    const outcome = await step.then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
    if (outcome === undefined) throw new Error("the step succeeded, but had to fail");
    return outcome;
  }

  /** The resources in the state. An export shows secrets in plain text: here they read "[secret]". */
  async state(): Promise<StoredResource[]> {
    const exported = await (await this.stack()).exportStack();
    const deployment: unknown = exported.deployment;
    const hidden = JSON.stringify(deployment, (_, value: unknown): unknown =>
      value instanceof Object && secretSignature in value ? "[secret]" : value,
    );
    return (JSON.parse(hidden) as { resources?: StoredResource[] }).resources ?? [];
  }

  async stored(name: string): Promise<StoredResource | undefined> {
    return (await this.state()).find((resource) => resource.urn.endsWith(`::${name}`));
  }

  async end(): Promise<void> {
    if (!this.opened) return;
    const stack = await this.stack();
    await stack.destroy({ remove: true });
  }
}

/** Tries until it works: for what the test does to the world while a step is under way. */
export async function eventually<T>(attempt: () => Promise<T>, seconds = 30): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
