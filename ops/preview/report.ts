/** All that is said of one stack: its plan, judged, and compared with what was before. */
import * as fs from "node:fs";
import * as path from "node:path";
import { check, render } from "../policies/index";
import type { Base } from "./base";
import { changesBetween } from "./changes";
import { losses, type Loss } from "./guard";
import type { Outcome, StackPlan } from "./plan-process";
import type { Planned } from "./planned";
import { runPlan } from "./run-plan";
import { deployedStack, withoutStandIns } from "./state";
import type { StackReport } from "./summary";

/** What a plan is compared with. */
export interface Against {
  readonly base?: Base;
  /** The real state, where the backend has the stack. */
  readonly state: boolean;
}

/** What was before, in words and as it compares with each form of the new plan. */
interface Before {
  readonly name: string;
  readonly fault?: string;
  readonly pairs: (plan: StackPlan) => readonly (readonly [before: Planned, after: Planned])[];
}

export async function report(
  project: string,
  stack: string,
  scratch: string,
  against: Against,
): Promise<StackReport> {
  const deployed = against.state ? deployedStack(project, stack) : undefined;
  const [head, base] = await Promise.all([
    runPlan(project, stack, path.join(scratch, stack, "head")),
    deployed || !against.base
      ? undefined
      : basePlan(against.base, stack, path.join(scratch, stack, "base")),
  ]);
  const before = deployed
    ? fromState(deployed)
    : against.base && base && fromBase(against.base, base);
  if ("fault" in head) {
    return { stack, evidence: "No plan.", resources: 0, faults: [head.fault], losses: [] };
  }
  const { plan } = head;
  const faults = [...findings(plan), ...plan.leaks, ...(before?.fault ? [before.fault] : [])];
  const pairs = before?.fault === undefined ? (before?.pairs(plan) ?? []) : [];
  const [first] = pairs;
  return {
    stack,
    evidence: evidence(plan, before, against),
    resources: plan.recorded.filter(({ custom }) => custom).length,
    faults,
    losses: once(pairs.flatMap(([was, is]) => losses(was, is))),
    ...(first && { changes: changesBetween(...first) }),
  };
}

/** The plan of the base; undefined where it has no such stack yet. */
async function basePlan(base: Base, stack: string, scratch: string): Promise<Outcome | undefined> {
  const isThere = fs.existsSync(path.join(base.folder, `Pulumi.${stack}.yaml`));
  return isThere ? runPlan(base.folder, stack, scratch) : undefined;
}

function fromState(deployed: Planned): Before {
  return {
    name: "the deployed state",
    pairs: ({ engine, recorded }) => [
      [deployed, withoutStandIns(recorded)],
      ...(engine ? ([[deployed, engine]] as const) : []),
    ],
  };
}

function fromBase({ name }: Base, base: Outcome): Before {
  if ("fault" in base) {
    const fault = `${name} can't be planned, so nothing can be compared with it; compare with a commit that can: --base <ref>\n${base.fault}`;
    return { name, fault, pairs: () => [] };
  }
  const { plan } = base;
  return {
    name,
    pairs: (head) => [
      [plan.recorded, head.recorded],
      ...(plan.engine && head.engine ? ([[plan.engine, head.engine]] as const) : []),
    ],
  };
}

/** What the policies find in either form of the plan, a text each. */
function findings({ recorded, engine }: StackPlan): string[] {
  const found = [recorded, ...(engine ? [engine] : [])].flatMap((graph) => check(graph));
  return [...new Set(found.map((finding) => render([finding])))];
}

/** The same loss is seen in both forms of the plan. */
function once(found: readonly Loss[]): Loss[] {
  const seen = new Map(found.map((each) => [`${each.resource} ${each.field}`, each]));
  return [...seen.values()];
}

const secretsAre = {
  none: "It needs no secrets.",
  placeholders: "Placeholders stand for the secrets: no key.",
  decrypted: "Its secrets were decrypted.",
};

function evidence(plan: StackPlan, before: Before | undefined, against: Against): string {
  const { evidence: by, secrets } = plan;
  const planned =
    "version" in by
      ? `Planned by Pulumi's engine ${by.version} on an empty state, without a cluster.`
      : `Planned by the recorder, without an engine, which proves less: ${by.missing}.`;
  const missing =
    against.state && before?.name !== "the deployed state" ? " The backend has no such stack." : "";
  const compared = before ? `Compared with ${before.name}.` : "Compared with nothing.";
  return `${planned} ${secretsAre[secrets]}${missing} ${compared}`;
}
