/** Looks for secrets that stand in clear where a plan is shown. */
import { texts } from "../policies/value";

/** A value that nobody may read, and what it is called where it is found. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Shorter ones are in every other text by chance; they are only found where they are all there is. */
const least = 8;

/** What is no secret though it is hidden with one: a connection is marked as a whole, its address with its key. */
const openParts = /\.connection\.(host|hostKey|port|user|dialErrorLimit|perDialTimeout)$/;

/** The values that a mark hides, by where it was set. */
export function markedSecrets(value: unknown, place: string): Secret[] {
  return texts({ [place]: value })
    .filter(({ path, text }) => text.length >= least && !openParts.test(path))
    .map(({ path, text }) => ({ name: `what is marked secret at ${path}`, value: text }));
}

/** A line for each place at which one of the secrets stands in clear; the line shows none. */
export function leaks(
  shown: readonly { readonly place: string; readonly value: unknown }[],
  secrets: readonly Secret[],
): string[] {
  const forms = formsOf(secrets);
  const found = shown.flatMap(({ place, value }) =>
    texts(value).flatMap(({ path, text }) => {
      const inText = forms.find((form) => isIn(text, form));
      const inPath = forms.find((form) => isIn(path, form));
      const where = inPath ? "a key" : path;
      const secret = inText ?? inPath;
      return secret ? [`${place}: found ${secret.name} in clear at ${where}`] : [];
    }),
  );
  return [...new Set(found)];
}

/** A text without the secrets in it. */
export function scrubbed(text: string, secrets: readonly Secret[]): string {
  return formsOf(secrets)
    .filter(({ value }) => value.length >= least)
    .reduce((clean, { value }) => clean.replaceAll(value, "[secret]"), text);
}

/** As it is, and as Kubernetes shows what lies in a Secret; the longest first, since one may hold another. */
function formsOf(secrets: readonly Secret[]): Secret[] {
  return secrets
    .filter(({ value }) => value !== "")
    .flatMap((secret) => [
      secret,
      { ...secret, value: Buffer.from(secret.value).toString("base64").replace(/=+$/, "") },
    ])
    .sort((a, b) => b.value.length - a.value.length);
}

function isIn(text: string, { value }: Secret): boolean {
  return value.length >= least ? text.includes(value) : text === value;
}
