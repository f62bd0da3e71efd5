/**
 * `npm run doctor -- <stack> [--only <area>] [--json | --markdown]`: looks whether this machine, the stack's config
 * and the cluster are as the stack needs them. Changes nothing; its exit status is how many checks failed.
 */
import { checkCommand } from "./checks/command";
import { doctorChecks } from "./checks/doctor";
import { runCommand } from "./pulumi-cli";

if (require.main === module) runCommand(() => checkCommand("doctor", doctorChecks));
