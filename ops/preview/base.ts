/** The state of the project that a change is compared with, checked out beside it for as long as that takes. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";

export interface Base {
  /** As it was asked for, with the commit. */
  readonly name: string;
  readonly folder: string;
}

/** Calls with the base checked out in `scratch`; the worktree is gone afterwards, whatever happens. */
export async function withBase<T>(
  project: string,
  ref: string,
  scratch: string,
  use: (base: Base) => Promise<T>,
): Promise<T> {
  const commit = commitOf(project, ref);
  const tree = path.join(scratch, "base");
  const remove = () => {
    if (fs.existsSync(tree)) git(project, "worktree", "remove", "--force", tree);
  };
  // Before the folder in which it lies is removed.
  process.prependOnceListener("exit", remove);
  try {
    git(project, "worktree", "add", "--detach", "--force", tree, commit);
    // The project may be a part of its repository.
    const folder = path.join(tree, git(project, "rev-parse", "--show-prefix"));
    if (!fs.existsSync(path.join(folder, "node_modules"))) {
      fs.symlinkSync(
        fs.realpathSync(path.join(project, "node_modules")),
        path.join(folder, "node_modules"),
      );
    }
    return await use({ name: `${ref} (${commit.slice(0, 7)})`, folder });
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function commitOf(project: string, ref: string): string {
  try {
    return git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
  } catch (error) {
    if (!(error instanceof GitFault)) throw error;
    throw new pulumi.RunError(
      `--base ${ref}: git knows no such commit; fetch it first: git fetch origin`,
    );
  }
}

class GitFault extends pulumi.RunError {}

function git(folder: string, ...args: string[]): string {
  try {
    return execFileSync("git", args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    if (code === "ENOENT") throw new pulumi.RunError("git is not on the PATH; --base needs it");
    throw new GitFault(`git ${args.join(" ")}: ${(stderr ?? "").trim()}`);
  }
}
