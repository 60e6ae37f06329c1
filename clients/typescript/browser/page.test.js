// The client in pages of a real browser, against a service: DEVTRAIL_TEST_HTTP and DEVTRAIL_TEST_KEY name it, and it allows the origin http://app.localhost.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { launch } from "./chromium.js";

const { DEVTRAIL_TEST_HTTP: url, DEVTRAIL_TEST_KEY: key } = process.env;
const app = "http://app.localhost";
const foreign = "http://foreign.localhost";
let server;
let browser;

before(async () => {
  assert.ok(url && key, "DEVTRAIL_TEST_HTTP and DEVTRAIL_TEST_KEY name a service");
  const module = await readFile(new URL("../devtrail.js", import.meta.url));
  server = createServer((req, res) => {
    if (req.url === "/devtrail.js") return res.setHeader("Content-Type", "text/javascript").end(module);
    res.setHeader("Content-Type", "text/html").end(`<!doctype html><title>a page</title><script type="module">import { Client } from "/devtrail.js"; globalThis.Client = Client;</script>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await launch([new URL(app).host, new URL(foreign).host], server.address().port);
});

after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

test("a page of an allowed origin sends batches of 60 KB", async () => {
  const page = await browser.open(app);
  const seen = await page.run(async (url, key) => {
    const requests = [];
    const client = new Client({
      url, key, lingerMs: 3600000,
      fetch: async (to, options) => {
        const packed = new Blob([options.body]).stream().pipeThrough(new DecompressionStream("gzip"));
        requests.push({ bytes: (await new Response(packed).arrayBuffer()).byteLength, coding: options.headers["Content-Encoding"], keepalive: options.keepalive });
        return fetch(to, options);
      },
    });
    for (let n = 0; n < 300; n++) client.send({ name: "e2e.browser.fetch", source: { kind: "SOURCE_KIND_BROWSER", tool: "chromium" }, packages: ["pkg:npm/left-pad@1.3.0"], properties: { n, text: "\u00e9".repeat(300) } });
    const lost = await client.close();
    return { lost, requests, stats: client.stats };
  }, url, key);
  assert.deepEqual([seen.lost, seen.stats.stored, seen.stats.rejected], [0, 300, 0]);
  assert.ok(seen.requests.length >= 4, `${seen.requests.length} requests`);
  for (const r of seen.requests) assert.ok(r.bytes <= 60 * 1024 && r.coding === "gzip" && r.keepalive, JSON.stringify(r));
  await page.close();
});

test("a page that is left hands its queue to a beacon, with the key in the body", async () => {
  const page = await browser.open(app);
  await page.run((url, key) => {
    const client = new Client({ url, key, lingerMs: 3600000 });
    client.attach();
    for (let n = 0; n < 40; n++) client.send({ name: "e2e.browser.beacon", source: { kind: "SOURCE_KIND_BROWSER" }, properties: { n, text: "x".repeat(1000) } });
  }, url, key);
  await page.leave(app + "/next");
  await page.close(); // that they arrive is seen in the service
});

test("what a beacon does not take is sent later, and what it took counts once", async () => {
  const page = await browser.open(app);
  const seen = await page.run(async (url, key) => {
    const client = new Client({ url, key, lingerMs: 3600000 });
    for (let n = 0; n < 150; n++) client.send({ name: "e2e.browser.both", source: { kind: "SOURCE_KIND_BROWSER" }, properties: { n, text: "y".repeat(1000) } });
    const handed = client.beacon();
    const lost = await client.close();
    return { handed, lost, stats: client.stats };
  }, url, key);
  assert.ok(seen.handed > 0 && seen.handed < 150, `a browser takes 64 KiB of beacons at a time; it took ${seen.handed} events`);
  assert.equal(seen.lost, 0);
  assert.equal(seen.stats.stored + seen.stats.duplicates, 150);
  await page.close();
});

test("batches that are larger than a browser's beacons arrive by both ways", async () => {
  const page = await browser.open(app);
  const seen = await page.run(async (url, key) => {
    const errors = [];
    const client = new Client({ url, key, lingerMs: 3600000, batchBytes: 1 << 20, onError: (error) => errors.push(error.message) });
    const noise = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(750))));
    for (let n = 0; n < 150; n++) client.send({ name: "e2e.browser.large", source: { kind: "SOURCE_KIND_BROWSER" }, properties: { n, text: noise() } });
    const handed = client.beacon();
    const lost = await client.close(10000);
    return { handed, lost, errors, stats: client.stats };
  }, url, key);
  assert.ok(seen.handed > 0 && seen.handed < 150, `${seen.handed} events were handed over`);
  assert.deepEqual([seen.lost, seen.errors], [0, []]);
  assert.equal(seen.stats.stored + seen.stats.duplicates, 150);
  await page.close();
});

test("a page of another origin is refused by the browser", async () => {
  const page = await browser.open(foreign);
  const seen = await page.run(async (url, key) => {
    let refused;
    const failed = new Promise((resolve) => { refused = resolve; });
    const client = new Client({ url, key, lingerMs: 1, onError: (error) => refused(error.message) });
    client.send({ name: "e2e.browser.foreign", source: { kind: "SOURCE_KIND_BROWSER" } });
    const message = await failed;
    return { lost: await client.close(1), message };
  }, url, key);
  assert.equal(seen.lost, 1);
  assert.match(seen.message, /fetch/i);
  await page.close();
});
