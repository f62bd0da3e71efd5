/**
 * `npm run verify -- <stack> [--active] [--only <area>] [--json | --markdown]`: looks whether a stack that was brought
 * up does what it is for. Changes nothing, unless --active lets it write small files, which it takes away again, or
 * `--drill [--node <name>] [--yes]` has it drain a node and give it back. Its exit status is how many checks failed.
 * Counts and red ids of a whole run are kept in reports/, for `npm run status`.
 */
import { checkCommand } from "./checks/command";
import { verifyChecks } from "./checks/verify";
import { runCommand } from "./pulumi-cli";

if (require.main === module) runCommand(() => checkCommand("verify", verifyChecks));
