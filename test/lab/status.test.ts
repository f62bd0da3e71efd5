/** The page of `npm run status`, in a real browser: on a telephone and on a desk, by day and by night. */
import * as fs from "node:fs";
import * as path from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { html } from "../../ops/status/render";
import { tempTree } from "../support/scripts";
import { statusOf } from "../support/status";

interface Facts {
  /** Whether it has to be moved sideways. */
  readonly isWide: boolean;
  readonly texts: readonly {
    readonly text: string;
    readonly contrast: number;
    readonly isInside: boolean;
  }[];
}

const facts = fs.readFileSync(path.join(__dirname, "../support/page-facts.js"), "utf8");
const pages = tempTree({ "profile/": "" });
let browser: BrowserContext;

beforeAll(async () => {
  browser = await chromium.launchPersistentContext(path.join(pages, "profile"), {
    executablePath: "/usr/bin/chromium",
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
  const unanswered = { kube: {} };
  const written = {
    homelab: await statusOf("homelab"),
    nomad: await statusOf("nomad"),
    unknown: await statusOf("homelab", (answers) => ({ ...answers, ...unanswered })),
  };
  for (const [name, status] of Object.entries(written))
    fs.writeFileSync(path.join(pages, `${name}.html`), html(status));
});

afterAll(() => browser.close());

/** What the page has asked for beside itself, and what it has complained about. */
function watched(page: Page): string[] {
  const seen: string[] = [];
  page.on("request", (request) => {
    if (!request.isNavigationRequest() && !request.url().startsWith("data:"))
      seen.push(`asked for ${request.url()}`);
  });
  page.on("console", (message) => seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(error.message));
  return seen;
}

const widths = [360, 768, 1024, 1440, 2560];
const schemes = ["light", "dark"] as const;
const cases = ["homelab", "nomad", "unknown"].flatMap((name) =>
  widths.flatMap((width) => schemes.map((scheme) => [name, width, scheme] as const)),
);

test.each(cases)(
  "%s, %d px, %s: fits, is legible, asks for nothing",
  async (name, width, colorScheme) => {
    const page = await browser.newPage();
    const seen = watched(page);
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`file://${pages}/${name}.html`);
    const { isWide, texts } = await page.evaluate<Facts>(facts);
    const picture = await page.screenshot({ fullPage: true });
    await page.close();

    expect(isWide).toBe(false);
    expect(texts.length).toBeGreaterThan(30);
    expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
    expect(texts.filter(({ isInside }) => !isInside)).toEqual([]);
    expect(seen).toEqual([]);
    // A blank page is smaller by far.
    expect(picture.length).toBeGreaterThan(20_000);
  },
);

test("day and night are two pictures", async () => {
  const page = await browser.newPage();
  await page.goto(`file://${pages}/homelab.html`);
  const colours = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    colours.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
  }
  await page.close();
  expect(new Set(colours).size).toBe(2);
});
