import { kept, type Keeping } from "../../../components/storage/claim";

const id = (namespace: string) => `${namespace}/data`;
const asFound = { import: "old/data", ignoreChanges: ["*"] };

it.each<[string, Keeping, object]>([
  ["protected data is kept", { protect: true }, { protect: true, retainOnDelete: true }],
  ["unprotected data is kept, too", { protect: false }, { protect: false, retainOnDelete: true }],
  [
    "data of an earlier stack is taken over as found",
    { protect: true, adoptFrom: "old" },
    { protect: true, retainOnDelete: true, ...asFound },
  ],
  ["what is disposable is like any other object", { protect: true, disposable: true }, {}],
  [
    "what is disposable is never taken over",
    { protect: false, adoptFrom: "old", disposable: true },
    {},
  ],
])("%s", (_, keeping, options) => {
  expect(kept(keeping, id)).toEqual(options);
});
