/**
 * `npm run schema`: writes the JSON Schema that editors find through the stack files' first line.
 * It isn't called schema.json, because `require("./schema")` would find that before schema.ts.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { stackFileSchema } from "../config/json-schema";
import { projectName } from "./stack-file";

export const schemaFile = path.join(__dirname, "..", "config", "stack-file.schema.json");

/** What the file has to say; a test compares it with what is checked in. */
export function editorSchema(): unknown {
  return stackFileSchema(projectName());
}

if (require.main === module) fs.writeFileSync(schemaFile, JSON.stringify(editorSchema()));
