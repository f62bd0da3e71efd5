/** Reads assignments as the scripts do that are given them. */
import { run } from "./scripts";

/** bash's own. */
const known = ["PATH", "PWD", "SHLVL", "_"];

/** What bash makes of them: variables by name. */
export async function assigned(text: string): Promise<Record<string, string>> {
  const script = 'set -a; eval "$(cat)"; exec env -0';
  const { code, stdout, stderr } = await run(["bash", "--norc", "-c", script], {}, text);
  if (code !== 0 || stderr !== "") throw new Error(`bash: ${stderr}`);
  const variables = stdout.split("\0").map((variable): [string, string] => {
    const end = variable.indexOf("=");
    return [variable.slice(0, end), variable.slice(end + 1)];
  });
  return Object.fromEntries(variables.filter(([name]) => name !== "" && !known.includes(name)));
}
