import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { assignments, quoted } from "../../../components/kubernetes/shell";
import { record } from "../../../ops/recorder";
import { assigned } from "../../support/assignments";
import { run } from "../../support/scripts";

type Values = Readonly<Record<string, pulumi.Input<string>>>;

async function written(values: Values): Promise<string> {
  const { outputs } = await record(() => ({ text: assignments(values) }));
  return outputs.text as string;
}

/** Anything that bash can hold, and often what it would take for itself. */
const words = fc
  .array(
    fc.oneof(
      fc.constantFrom("'", '"', "\\", "\n", ";", "$(touch it)", "`touch it`", "${A}", "!", "\t"),
      fc.constantFrom(" ", "\r", "#", "&&", "|", ">it", "\n\n", "~", "*", "-", "B='", "\u001f"),
      fc.string({ unit: "binary" }),
    ),
  )
  .map((parts) => parts.join("").replaceAll("\0", ""));

it("gives bash back exactly the values that were given, whatever is in them", async () => {
  const values = fc.record({ A: words, B: words, LONGER_NAME: words });
  await fc.assert(
    fc.asyncProperty(values, async (given) => {
      expect(await assigned(await written(given))).toEqual(given);
    }),
  );
});

it("makes one word of a text, whatever is in it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(words), async (given) => {
      const script = `printf '%s\\0' end ${given.map(quoted).join(" ")}`;
      const { stdout } = await run(["bash", "-s"], {}, script);
      expect(stdout.split("\0").slice(1, -1)).toEqual(given);
    }),
  );
});

it("writes one a line, sorted by name", async () => {
  expect(await written({ B: "2", A: pulumi.output("1"), C: "" })).toBe("A='1'\nB='2'\nC=''");
});

it("is secret as a whole where one value is", async () => {
  const text = await written({ A: "1", B: pulumi.secret("canary") });
  expect(text).toBe("[secret]");
});
