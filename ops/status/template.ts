/**
 * Fills a template: {{name}} escaped, {{{name}}} as it is, {{#name}}…{{/name}} once for each of a list, or if there is
 * any, {{^name}}…{{/name}} if there is none. The part of https://mustache.github.io that the pages here need.
 */
export type View = Readonly<Record<string, unknown>>;

const tag =
  /\{\{(?<kind>[#^])(?<section>\w+)\}\}(?<inner>[\s\S]*?)\{\{\/\k<section>\}\}|\{\{\{(?<raw>\w+)\}\}\}|\{\{(?<text>\w+)\}\}/g;

/**
 * In one pass: what is filled in is never taken for a part of the template. Throws where the template names what the
 * view doesn't have, for a mistake in it must not be an empty place on a page.
 */
export function filled(template: string, view: View): string {
  const valueOf = (name: string): unknown => {
    if (!(name in view)) throw new Error(`the template names ${name}, which it is not given`);
    return view[name];
  };
  return template.replaceAll(tag, (...match) => {
    const { kind, section, inner = "", raw, text = "" } = match.at(-1) as Record<string, string>;
    if (raw !== undefined) return String(valueOf(raw));
    if (section === undefined) return escaped(String(valueOf(text)));
    const items = itemsOf(valueOf(section));
    if (kind === "^") return items.length === 0 ? filled(inner, view) : "";
    return items
      .map((item) => filled(inner, typeof item === "object" ? { ...view, ...item } : view))
      .join("");
  });
}

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return value === undefined || value === false || value === "" ? [] : [value];
}

/** As text of HTML or SVG, in an attribute, too. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0).toString()};`);
}
