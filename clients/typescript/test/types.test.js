import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
const block = (text, head) => text.slice(text.indexOf(head)).match(/^[^{]*\{\n([\s\S]*?)\n\}/)[1];
const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

// The fields of a message that a client may send: those whose comment does not say that they are in answers only.
function fields(text, message) {
  const found = [];
  let comment = "";
  for (const line of block(text, `message ${message} {`).split("\n")) {
    if (/^  \/\//.test(line)) comment += line;
    const field = line.match(/^  (?:(?:repeated|optional) )?[\w.]+ (\w+) = \d+/);
    if (field && !comment.includes("Output only")) found.push(camel(field[1]));
    if (field) comment = "";
  }
  return found;
}

const kinds = (text, name) => [...block(text, `enum ${name} {`).matchAll(/^  (\w+) = [1-9]\d*;/gm)].map((m) => m[1]);
const union = (text, name) => [...text.match(new RegExp(`type ${name} =([^;]*);`))[1].matchAll(/"(\w+)"/g)].map((m) => m[1]);
const members = (text, name) => [...block(text, `interface ${name} {`).matchAll(/^  (\w+)\??:/gm)].map((m) => m[1]);

test("the types are those of the contract", async () => {
  const types = await read("../devtrail.d.ts");
  const contract = await read("../../../proto/devtrail/events/v1/event.proto");
  const ingest = await read("../../../proto/devtrail/events/v1/ingest_service.proto");
  const identity = await read("../../../proto/devtrail/identity/v1/identity.proto");
  assert.deepEqual(members(types, "Event").toSorted(), [...fields(contract, "Event"), "properties"].toSorted());
  assert.deepEqual(members(types, "Result").toSorted(), fields(ingest, "CaptureResult").toSorted());
  assert.deepEqual(types.match(/source: \{(.*)\}/)[1].match(/\w+(?=\??:)/g), fields(contract, "Source"));
  assert.deepEqual(union(types, "SourceKind"), kinds(contract, "SourceKind"));
  assert.deepEqual(union(types, "IdentityKind"), kinds(identity, "IdentityKind"));
});
