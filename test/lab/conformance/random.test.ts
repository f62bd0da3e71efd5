import * as random from "@pulumi/random";
import { behaves } from "./scenario";

const terraform = "hashicorp/terraform-provider-random internal/provider";

describe("random", () => {
  behaves(
    "a password keeps its value from one update to the next",
    "seen with the published plugin",
    async (s) => {
      const program = () => ({
        value: new random.RandomPassword("p", { length: 24 }).result,
      });
      const first = await s.up(program);
      const second = await s.up();
      expect(first.outputs.value).toHaveLength(24);
      expect(second.outputs.value).toBe(first.outputs.value);
      expect(second.ops.p).toBe("same");
    },
  );

  behaves(
    "a password is secret as an output and in the state, and is not its id",
    `${terraform}/resource_password.go`,
    async (s) => {
      const step = await s.up(() => ({
        value: new random.RandomPassword("p", { length: 24 }).result,
      }));
      expect(step.secretOutputs).toEqual(["value"]);
      expect(JSON.stringify(await s.state())).not.toContain(step.outputs.value);
      expect((await s.stored("p"))?.id).toBe("none");
    },
  );

  behaves(
    "a password comes with its bcrypt hash",
    `${terraform}/resource_password.go`,
    async (s) => {
      const step = await s.up(() => ({
        hash: new random.RandomPassword("p", { length: 80 }).bcryptHash,
      }));
      expect(step.outputs.hash).toMatch(/^\$2a\$10\$.{53}$/);
    },
  );

  behaves(
    "a changed keeper draws again, an unchanged one does not",
    `${terraform}: keepers RequiresReplace`,
    async (s) => {
      const program = (turn: string) => () => ({
        value: new random.RandomPassword("p", { length: 16, keepers: { turn } }).result,
      });
      const first = await s.up(program("1"));
      const second = await s.up(program("2"));
      expect(second.ops.p).toBe("replace");
      expect(second.outputs.value).not.toBe(first.outputs.value);
    },
  );

  behaves("a changed length draws again", `${terraform}: length RequiresReplace`, async (s) => {
    await s.up(() => new random.RandomString("s", { length: 8 }));
    const step = await s.preview(() => new random.RandomString("s", { length: 9 }));
    expect(step.ops.s).toBe("replace");
    expect(step.diffs.s).toEqual(["length"]);
  });

  behaves(
    "classes of characters are left out and guaranteed as asked",
    `${terraform}/internal/random/string.go`,
    async (s) => {
      const step = await s.up(() => ({
        plain: new random.RandomString("plain", {
          length: 40,
          special: false,
          upper: false,
          numeric: false,
        }).result,
        many: new random.RandomString("many", {
          length: 8,
          minSpecial: 2,
          minUpper: 2,
          minNumeric: 2,
          minLower: 2,
          overrideSpecial: "_",
        }).result,
      }));
      expect(step.outputs.plain).toMatch(/^[a-z]{40}$/);
      expect(
        Array.from(step.outputs.many as string)
          .sort()
          .join(""),
      ).toMatch(/^\d\d[A-Z][A-Z]__[a-z][a-z]$/);
    },
  );

  behaves(
    "an id has the same bytes in every notation",
    `${terraform}/resource_id.go`,
    async (s) => {
      const step = await s.up(() => {
        const id = new random.RandomId("i", { byteLength: 4, prefix: "x-" });
        return { id: id.id, hex: id.hex, dec: id.dec, url: id.b64Url, std: id.b64Std };
      });
      const { id, hex, dec, url, std } = step.outputs as Record<
        "id" | "hex" | "dec" | "url" | "std",
        string
      >;
      const bytes = Buffer.from(id, "base64url");
      expect(bytes).toHaveLength(4);
      expect([hex, dec, url, std]).toEqual([
        `x-${bytes.toString("hex")}`,
        `x-${bytes.readUInt32BE().toString()}`,
        `x-${id}`,
        `x-${bytes.toString("base64")}`,
      ]);
    },
  );

  behaves("the value is unknown in a preview", "seen with the published plugin", async (s) => {
    let seen: unknown = "nothing";
    await s.preview(() => {
      new random.RandomPassword("p", { length: 8 }).result.apply((value) => (seen = value));
    });
    expect(seen).toBe("nothing");
  });

  behaves(
    "an existing value is imported by giving it as the id",
    `${terraform}/resource_password.go ImportState`,
    async (s) => {
      const step = await s.up(() => ({
        value: new random.RandomPassword("p", { length: 9 }, { import: "brandnew1" }).result,
      }));
      expect(step.outputs.value).toBe("brandnew1");
    },
  );
});
