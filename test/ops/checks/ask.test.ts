import { answer, toItsEnd } from "../../../ops/checks/ask";

describe("a script whose words may be lost", () => {
  const shell = (script: string) => answer("bash", ["-s"], { input: script });

  it("is run until all that it says has arrived", async () => {
    const arrived = ["", "half of", undefined];
    let runs = 0;
    const said = await toItsEnd(async (lastLine) => {
      const whole = await shell(`main() { printf 'half of it'; }\nmain\n${lastLine}`);
      return arrived[runs++] ?? whole;
    });
    expect([said, runs]).toEqual(["half of it", 3]);
  });

  it("may have nothing to say", async () => {
    expect(await toItsEnd((lastLine) => shell(`true\n${lastLine}`))).toBe("");
  });

  it("is told of where its words are lost each time", async () => {
    let runs = 0;
    await expect(toItsEnd(() => Promise.resolve(`${(runs++).toString()}\n`))).rejects.toThrow(
      "Nomad has lost what a script said in the task, three times; try again",
    );
    expect(runs).toBe(3);
  });

  it("that fails is run once", async () => {
    let runs = 0;
    const failing = toItsEnd((lastLine) => {
      runs++;
      return shell(`echo no >&2; exit 1\n${lastLine}`);
    });
    await expect(failing).rejects.toThrow("no");
    expect(runs).toBe(1);
  });
});
