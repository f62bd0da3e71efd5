/** What the tests of every move ask of what it plans; each is the move of a generation 7. */
import * as path from "node:path";
import type { RecordedResource, Recording } from "../../ops/recorder";
import { assigned } from "./assignments";
import { children, identities, only } from "./children";

export const stepType = "command:local:Command";
type Found = Readonly<Record<string, Record<string, unknown>>>;
type Recorded = (
  more?: { generation?: number; phase?: "done" },
  printed?: Record<string, string>,
) => Promise<Recording>;

/** A step's inputs: nothing but its script, whose values travel on standard input. */
const inputsOf = (script: string) => ({
  create: `exec bash '${path.join(__dirname, "../../migrations", script)}'`,
  stdin: expect.any(String) as string,
  logging: "stderr",
  addPreviousOutputInEnv: false,
});

/** The steps of an app's move, each of which stands on the one before, and what they have found out. */
export class MoveSteps {
  readonly results: readonly { step: string; seconds: number; found: Record<string, unknown> }[];
  /** What they have printed, by name. */
  readonly printed: Record<string, string>;

  private readonly app: string;
  private readonly chain: readonly string[];

  constructor(app: string, chain: readonly string[], found: Found) {
    this.app = app;
    this.chain = chain;
    this.results = chain.map((step, place) => ({
      step,
      seconds: place + 1,
      found: found[step] ?? {},
    }));
    this.printed = Object.fromEntries(
      this.results.map((result) => [this.nameOf(result.step), JSON.stringify(result)]),
    );
  }

  nameOf(step: string): string {
    return `${this.app}-g7-${step}`;
  }

  in(recording: Recording, step: string): RecordedResource {
    return only(recording, stepType, this.nameOf(step));
  }

  /** What the step's script is told. */
  valuesIn(recording: Recording, step: string): Promise<Record<string, string>> {
    return assigned(this.in(recording, step).inputs.stdin as string);
  }

  /** What holds of every move. */
  tests(recorded: Recorded): void {
    const all = ({ resources }: Recording) => resources.filter(({ type }) => type === stepType);

    it("is its steps and a report, and nothing else was created", async () => {
      const expected = [...this.chain, "report"].map((name) => `${stepType}::${this.nameOf(name)}`);
      expect(identities(await recorded())).toEqual(expected.sort());
      expect(identities(await recorded({}, this.printed))).toEqual(expected);
    });

    it.each([
      ["before anything is known", {}],
      ["when all is known", this.printed],
    ])("runs each step once and leaves nothing to change: %s", async (_, known) => {
      for (const { name, inputs, options } of all(await recorded({}, known))) {
        const file = name.slice(this.nameOf("").length);
        const script = file === "report" ? "lib/report.sh" : `${this.app}/steps/${file}.sh`;
        expect(options).toEqual({ ignoreChanges: ["*"] });
        expect(inputs).toEqual(inputsOf(script));
      }
    });

    it("has other names in another generation", async () => {
      const names = (recording: Recording) => all(recording).map(({ name }) => name);
      const [first, second] = [await recorded(), await recorded({ generation: 8 })];
      expect(names(second)).toEqual(names(first).map((name) => name.replace("-g7-", "-g8-")));
    });

    it("only cleans up, once, when it is over", async () => {
      const recording = await recorded({ phase: "done" });
      const inputs = inputsOf(`${this.app}/steps/clean-up.sh`);
      expect(children(recording)).toEqual([
        { type: stepType, name: this.nameOf("clean-up"), inputs },
      ]);
      expect(this.in(recording, "clean-up").options).toEqual({ ignoreChanges: ["*"] });
    });
  }
}
