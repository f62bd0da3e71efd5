import { wrapped } from "../../../ops/status/draw";
import { filled } from "../../../ops/status/template";

describe("a template is filled", () => {
  it.each([
    ["{{a}} {{{a}}}", { a: "<&>\"'" }, "&#60;&#38;&#62;&#34;&#39; <&>\"'"],
    [
      "{{#list}}[{{name}}{{of}}]{{/list}}",
      { list: [{ name: 1 }, { name: 2 }], of: "x" },
      "[1x][2x]",
    ],
    ["{{#a}}some{{/a}}{{^a}}none{{/a}}", { a: "" }, "none"],
    ["{{#a}}some {{a}}{{/a}}{{^a}}none{{/a}}", { a: "b" }, "some b"],
    ["{{#a}}{{#b}}{{c}}{{/b}};{{/a}}", { a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: [] }] }, "12;;"],
    ["{{a}}", { a: "{{{b}}}", b: "c" }, "{{{b}}}"],
  ])("%s", (template, view, expected) => {
    expect(filled(template, view)).toBe(expected);
  });

  it("but not with what it is not given", () => {
    expect(() => filled("{{a}}", {})).toThrow("the template names a, which it is not given");
  });
});

test.each([
  ["short", 10, ["short"]],
  ["two words", 5, ["two", "words"]],
  ["192.168.100.10:/mnt/user", 19, ["192.168.100.10:/", "mnt/user"]],
  ["abcdefghij", 4, ["abcd", "efgh", "ij"]],
])("%s is wrapped at %d letters", (text, letters, expected) => {
  expect(wrapped(text, letters)).toEqual(expected);
});
