import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { Client } from "../devtrail.js";

// A service that answers as the test says: answer gets the number of the request, from 1, and its events.
async function service(t, answer = () => undefined) {
  const requests = [];
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const packed = req.headers["content-encoding"] === "gzip";
    const body = JSON.parse(packed ? gunzipSync(raw) : raw);
    const ended = new Promise((resolve) => res.once("close", resolve));
    requests.push({ ended, url: req.url, headers: req.headers, events: body.events, packed, size: raw.length });
    const special = (await answer(requests.length, body.events)) ?? {};
    res.writeHead(special.status ?? 200, { "Content-Type": "application/json", ...special.headers });
    res.end(JSON.stringify(special.body ?? { results: results(body.events, "STORED") }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
  return { requests, url: `http://127.0.0.1:${server.address().port}` };
}

const results = (events, status) => events.map((e) => ({ eventId: e.id, status: `CAPTURE_STATUS_${status}` }));
const event = (name, more = {}) => ({ name, source: { kind: "SOURCE_KIND_BROWSER", tool: "test" }, ...more });
const settings = (s, more) => ({ url: s.url + "/", key: "dvi_test", lingerMs: 3600000, backoffMs: 1, ...more });

test("events are sent in batches, packed and in order", async (t) => {
  const s = await service(t);
  const client = new Client(settings(s, { batchBytes: 4096 }));
  for (let i = 0; i < 40; i++) assert.equal(client.send(event(`n${i}`, { properties: { text: "x".repeat(200) } })), true);
  await client.flush();
  assert.deepEqual(s.requests.flatMap((r) => r.events.map((e) => e.name)), Array.from({ length: 40 }, (_, i) => `n${i}`));
  assert.ok(s.requests.length > 1);
  for (const r of s.requests) {
    assert.equal(r.url, "/devtrail.events.v1.IngestService/CaptureEvents");
    assert.equal(r.headers.authorization, "Bearer dvi_test");
    assert.ok(r.packed && r.size < 4096);
  }
  const first = s.requests[0].events[0];
  assert.match(first.id, /^[0-9a-f-]{36}$/);
  assert.deepEqual(JSON.parse(first.propertiesJson), { text: "x".repeat(200) });
  assert.equal(client.stats.stored, 40);
});

test("an age is counted from send, however long the event waits", async (t) => {
  const s = await service(t, (n) => (n === 1 ? { status: 503, body: {} } : undefined));
  const client = new Client(settings(s));
  const before = Date.now();
  client.send(event("aged", { ageMs: 5000, timeExact: true }));
  client.send(event("exact", { occurredAt: "2026-01-02T03:04:05Z", timeExact: true }));
  const after = Date.now();
  await client.flush();
  const [aged, exact] = s.requests[1].events;
  const at = Date.parse(aged.occurredAt) + 5000;
  assert.ok(before <= at && at <= after, aged.occurredAt);
  assert.deepEqual([aged.ageMs, aged.timeExact], [undefined, undefined]);
  assert.deepEqual([exact.occurredAt, exact.timeExact], ["2026-01-02T03:04:05Z", true]);
  assert.deepEqual(s.requests[0].events, s.requests[1].events);
});

test("what is no age is left to the service, which names the field", async (t) => {
  const s = await service(t);
  const client = new Client(settings(s));
  for (const ageMs of [-1, NaN, "long", 1e300]) client.send(event("aged", { ageMs }));
  await client.flush();
  assert.deepEqual(s.requests[0].events.map((e) => e.ageMs), ["-1", "NaN", "long", "1e+300"]);
});

test("an event lingers only so long", async (t) => {
  const s = await service(t);
  const client = new Client(settings(s, { lingerMs: 1 }));
  client.send(event("a"));
  while (client.stats.stored === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(s.requests.length, 1);
});

test("only what is to be sent again is sent again", async (t) => {
  const s = await service(t, (n, events) => {
    const list = results(events, "STORED");
    if (n === 1) {
      list[0].status = "CAPTURE_STATUS_DUPLICATE";
      Object.assign(list[1], { status: "CAPTURE_STATUS_RETRY", retryAfter: "0.002s" });
      Object.assign(list[2], { status: "CAPTURE_STATUS_REJECTED", reason: "PURL_INVALID" });
    }
    return { body: { results: list } };
  });
  const refused = [];
  const client = new Client(settings(s, { onRejected: (e, r) => refused.push([e.name, r.reason]) }));
  for (const name of ["a", "b", "c", "d"]) client.send(event(name));
  await client.flush();
  assert.deepEqual(s.requests[1].events, [s.requests[0].events[1]]);
  assert.deepEqual(refused, [["c", "PURL_INVALID"]]);
  assert.deepEqual(client.stats, { queued: 0, stored: 2, duplicates: 1, rejected: 1, retries: 1 });
});

test("what is held back is told", async (t) => {
  const s = await service(t, (n, events) => (n === 1 ? { body: { results: results(events, "RETRY").map((r) => ({ ...r, reason: "IDENTITY_UNAVAILABLE" })) } } : undefined));
  const told = [];
  const client = new Client(settings(s, { onError: (error) => told.push(error.message) }));
  client.send(event("a"));
  await client.flush();
  assert.deepEqual(told, ["devtrail: the service cannot keep events now: IDENTITY_UNAVAILABLE"]);
  assert.equal(client.stats.stored, 1);
});

// A page that came by plain HTTP has random bytes and no crypto.randomUUID.
test("events have ids and times wherever the page came from", async (t) => {
  const { randomUUID } = crypto;
  t.after(() => { crypto.randomUUID = randomUUID; });
  crypto.randomUUID = undefined;
  const s = await service(t);
  const client = new Client(settings(s));
  for (let i = 0; i < 100; i++) client.send(event("a", { id: undefined, occurredAt: undefined }));
  await client.flush();
  const ids = new Set(s.requests[0].events.map((e) => e.id));
  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const e of s.requests[0].events) assert.ok(Math.abs(Date.parse(e.occurredAt) - Date.now()) < 60000);
});

test("failed requests are repeated with the same ids", async (t) => {
  const s = await service(t, (n) => [undefined, { status: 503, body: { reason: "RETRY" } }, { status: 401, body: {} }, { body: { results: [] } }][n]);
  const errors = [];
  const client = new Client(settings(s, { onError: (e) => errors.push(e.reason) }));
  client.send(event("a"));
  await client.flush();
  assert.equal(s.requests.length, 4);
  assert.equal(new Set(s.requests.map((r) => r.events[0].id)).size, 1);
  assert.equal(errors.length, 3);
});

test("a service that is away is met again", async (t) => {
  const s = await service(t);
  let calls = 0;
  const client = new Client(settings(s, { fetch: (...args) => (++calls < 3 ? Promise.reject(new TypeError("fetch failed")) : fetch(...args)) }));
  client.send(event("a"));
  await client.flush();
  assert.equal(calls, 3);
  assert.equal(client.stats.stored, 1);
});

test("one event that cannot be read does not hold the others", async (t) => {
  const s = await service(t, (_, events) => (events.some((e) => e.name === "poison") ? { status: 400, body: { reason: "BODY_INVALID", message: "no" } } : undefined));
  const refused = [];
  const client = new Client(settings(s, { onRejected: (e, r) => refused.push([e.name, r.reason]) }));
  for (const name of ["a", "b", "poison", "c"]) client.send(event(name));
  await client.flush();
  assert.deepEqual(refused, [["poison", "BODY_INVALID"]]);
  assert.equal(client.stats.stored, 3);
});

test("nothing is dropped for a fault of the client's settings", async (t) => {
  const faults = [
    { status: 400, body: { code: "INVALID_ARGUMENT", reason: "ORGANIZATION_MISSING", field: "x-devtrail-organization", message: "name the organization" } },
    { status: 400, body: { code: "FAILED_PRECONDITION", reason: "NOT_SET_UP" } },
    { status: 400, body: "a proxy's own words" },
    { status: 403, body: { code: "PERMISSION_DENIED", reason: "ROLE_INSUFFICIENT" } },
    { status: 404, body: { code: "NOT_FOUND", reason: "ORGANIZATION_NOT_FOUND" } },
  ];
  const s = await service(t, (n) => faults[n - 1]);
  const refused = [];
  const errors = [];
  const client = new Client(settings(s, { maxBackoffMs: 1, onRejected: (e) => refused.push(e.name), onError: (e) => errors.push(e.reason) }));
  client.send(event("a"));
  client.send(event("b"));
  assert.equal(await client.close(), 0);
  assert.deepEqual([refused, client.stats.stored], [[], 2]);
  assert.deepEqual(errors, ["ORGANIZATION_MISSING", "NOT_SET_UP", "", "ROLE_INSUFFICIENT", "ORGANIZATION_NOT_FOUND"]);
});

test("a request that is too large is halved", async (t) => {
  const s = await service(t, (_, events) => {
    if (events.some((e) => e.name === "large")) return { status: 413, body: { reason: "BODY_TOO_LARGE" } };
    if (events.length > 3) return { status: 400, body: { reason: "REQUEST_TOO_LARGE" } };
  });
  const refused = [];
  const client = new Client(settings(s, { onRejected: (e, r) => refused.push([e.name, r.reason]) }));
  for (const name of ["a", "b", "c", "large", "d", "e", "f", "g"]) client.send(event(name));
  assert.equal(await client.close(), 0);
  assert.deepEqual([refused, client.stats.stored], [[["large", "BODY_TOO_LARGE"]], 7]);
});

test("callbacks that throw stop nothing", async (t) => {
  const s = await service(t, (n, events) => [undefined, { status: 503, body: {} }, { body: { results: results(events, "REJECTED") } }][n]);
  const reported = t.mock.method(console, "error", () => {});
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  const fail = (what) => () => { throw new Error(what); };
  const client = new Client(settings(s, { onError: fail("of onError"), onRejected: fail("of onRejected") }));
  client.send(event("a"));
  await Promise.race([client.flush(), new Promise((_, reject) => setTimeout(reject, 5000, new Error("flush waits")).unref())]);
  assert.deepEqual(reported.mock.calls.map((c) => c.arguments[0].message), ["of onError", "of onRejected"]);
  assert.deepEqual(client.stats, { queued: 0, stored: 0, duplicates: 0, rejected: 1, retries: 1 });
  client.send(event("b"));
  assert.equal(await client.close(), 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(unhandled.mock.callCount(), 0);
});

// Whoever has settings of his own passes on what is not set there.
test("settings that are undefined are as those that are not given", async (t) => {
  const s = await service(t, (n, events) => (n === 1 ? { body: { results: results(events, "REJECTED") } } : undefined));
  const reported = t.mock.method(console, "error", () => {});
  const not = Object.fromEntries(["batchEvents", "batchBytes", "lingerMs", "timeoutMs", "queueEvents", "backoffMs", "maxBackoffMs", "onRejected", "onError", "fetch"].map((name) => [name, undefined]));
  const client = new Client({ ...not, url: s.url, key: "dvi_test" });
  client.send(event("a"));
  assert.equal(await client.close(), 0);
  assert.equal(client.stats.rejected, 1);
  assert.equal(reported.mock.callCount(), 0);
});

test("a batch of no events is refused", () => {
  for (const batchEvents of [0, -1, NaN]) assert.throws(() => new Client({ url: "http://test.invalid", key: "dvi_test", batchEvents }), RangeError);
});

// Takes the timers of more than a quarter of an hour, which never run out; the waits that were asked for.
function timeless(t) {
  const waits = [];
  const real = globalThis.setTimeout;
  t.mock.method(globalThis, "setTimeout", (f, ms, ...args) => (ms > 900000 ? void waits.push(ms) : real(f, ms, ...args)));
  return waits;
}

// Timers of more than 2^31-1 ms, 24.8 days, run out at once.
test("waits that are longer than timers do not end at once", async (t) => {
  const waits = timeless(t);
  const month = async () => new Response("{}", { status: 429, headers: { "Retry-After": "2592000" } });
  const client = new Client({ url: "http://test.invalid", key: "dvi_test", lingerMs: Infinity, timeoutMs: Infinity, fetch: month });
  client.send(event("a"));
  client.close(Infinity);
  while (waits.length < 4) await new Promise(setImmediate);
  assert.deepEqual(waits, Array(4).fill(2 ** 31 - 1), "to linger, to close, to have an answer, to come again");
});

// A proxy may say when in place of how long.
test("a wait until a date is kept", async (t) => {
  const waits = timeless(t);
  const busy = async () => new Response("{}", { status: 503, headers: { "Retry-After": new Date(Date.now() + 7200000).toUTCString() } });
  const client = new Client({ url: "http://test.invalid", key: "dvi_test", lingerMs: 0, backoffMs: 2000000, maxBackoffMs: 2000000, fetch: busy });
  client.send(event("a"));
  while (waits.length < 1) await new Promise(setImmediate);
  assert.ok(waits[0] > 7100000 && waits[0] <= 7200000, `${waits}`);
  client.close(0);
});

// The clocks of pages are set while they run.
test("an event lingers no longer when the clock is set back", async (t) => {
  const waits = timeless(t);
  const client = new Client({ url: "http://test.invalid", key: "dvi_test", lingerMs: 3600000 });
  client.send(event("a"));
  t.mock.method(Date, "now", () => 0);
  client.send(event("b"));
  while (waits.length < 2) await new Promise(setImmediate);
  assert.ok(waits.every((ms) => ms <= 3600000), `${waits}`);
});

test("a full queue takes no event, and neither does a closed client", async (t) => {
  const s = await service(t);
  const client = new Client(settings(s, { queueEvents: 2 }));
  assert.deepEqual([client.send(event("a")), client.send(event("b")), client.send(event("c"))], [true, true, false]);
  assert.throws(() => new Client(settings(s)).send(event("a", { properties: { text: "x".repeat(70000) } })), RangeError);
  assert.equal(await client.close(), 0);
  assert.equal(client.stats.stored, 2);
  assert.equal(client.send(event("d")), false);
  assert.throws(() => new Client({ url: s.url }), TypeError);
});

test("a full queue does not linger", async (t) => {
  let settled;
  const stored = new Promise((resolve) => { settled = resolve; });
  const s = await service(t, () => settled("sent"));
  const client = new Client(settings(s, { queueEvents: 2 }));
  assert.deepEqual(["a", "b", "c"].map((name) => client.send(event(name))), [true, true, false]);
  const late = new Promise((resolve) => setTimeout(resolve, 2000, "the queue waits for what it does not take").unref());
  assert.equal(await Promise.race([stored, late]), "sent");
  assert.equal(await client.close(), 0);
});

test("close tells what is lost", async (t) => {
  const s = await service(t, () => ({ status: 503, body: {} }));
  const client = new Client(settings(s, { maxBackoffMs: 1 }));
  client.send(event("a"));
  assert.equal(await client.close(20), 1);
});

// A service that has taken a request and does not answer.
const silence = () => new Promise(() => {});

test("close ends a request under way", async (t) => {
  const s = await service(t, silence);
  const client = new Client(settings(s, { lingerMs: 0 }));
  client.send(event("a"));
  while (s.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const flushed = client.flush();
  assert.equal(await client.close(20), 1);
  await s.requests[0].ended; // its connection is closed
  await flushed;
  assert.equal(await client.close(20), 1, "a second close says the same");
  assert.equal(client.stats.queued, 0);
});

test("an answer after close brings nothing back", async (t) => {
  let answer;
  let calls = 0;
  const errors = [];
  const late = () => {
    calls++;
    return new Promise((resolve) => { answer = resolve; });
  };
  const client = new Client({ url: "http://test.invalid", key: "dvi_test", lingerMs: 0, backoffMs: 1, fetch: late, onError: (e) => errors.push(e) });
  client.send(event("a"));
  while (calls === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(await client.close(1), 1);
  answer(Response.json({ results: [{ status: "CAPTURE_STATUS_RETRY" }] }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([calls, errors, client.stats], [1, [], { queued: 0, stored: 0, duplicates: 0, rejected: 0, retries: 0 }]);
});

test("a request that is not answered in time is sent again", async () => {
  const signals = [];
  const errors = [];
  // The second request is answered before a timer can run, so that the time is over for the first alone, however slow the machine is.
  const fetch = (_, request) => {
    signals.push(request.signal);
    return signals.length === 1 ? silence() : { ok: true, json: async () => ({ results: [{ status: "CAPTURE_STATUS_STORED" }] }) };
  };
  const client = new Client({ url: "http://test.invalid", key: "dvi_test", lingerMs: 3600000, backoffMs: 1, timeoutMs: 50, fetch, onError: (e) => errors.push(e.message) });
  client.send(event("a"));
  await client.flush();
  assert.deepEqual(errors, ["devtrail: no answer after 50 ms"]);
  assert.deepEqual(signals.map((signal) => signal.aborted), [true, false], "the connection of the first is closed");
  assert.equal(client.stats.stored, 1);
});

test("a request that is too large for its time is halved", async () => {
  const sizes = [];
  const fetch = (_, request) => {
    const { events } = JSON.parse(new TextDecoder().decode(request.body));
    sizes.push(events.length);
    return events.length > 2 ? silence() : { ok: true, json: async () => ({ results: results(events, "STORED") }) };
  };
  const client = new Client({ url: "http://test.invalid", key: "dvi_test", lingerMs: 3600000, backoffMs: 1, timeoutMs: 50, fetch });
  for (let i = 0; i < 6; i++) client.send(event("a"));
  assert.equal(await client.close(10000), 0);
  assert.deepEqual(sizes.slice(0, 3), [6, 3, 2]);
  assert.equal(client.stats.stored, 6);
});

// Takes beacons in place of the browser's, as long as take says so.
function beaconing(t, take = () => true) {
  const beacons = [];
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator"); // Node has one from version 21 on
  const sendBeacon = (url, blob) => take(blob) && beacons.push({ url, blob }) > 0;
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { sendBeacon } });
  t.after(() => (before ? Object.defineProperty(globalThis, "navigator", before) : delete globalThis.navigator));
  return beacons;
}

test("beacons are cut to what browsers take, however large batches are", async (t) => {
  const s = await service(t);
  let room = 64 * 1024;
  let grown = 0;
  const beacons = beaconing(t, (blob) => blob.size <= room && (room -= blob.size) >= 0);
  const client = new Client(settings(s, { batchBytes: 1 << 20 }));
  client.send(event("large", { properties: { text: "z".repeat(100000) } }));
  for (let i = 0; i < 100; i++) client.send(event(`n${i}`, { properties: { text: "y".repeat(1000) } }));
  const handed = client.beacon();
  for (const { blob } of beacons) {
    assert.ok(blob.size <= 60 * 1024, `${blob.size} bytes`);
    grown += JSON.parse(await blob.text()).events.length;
  }
  assert.equal(grown, handed);
  assert.ok(room < 1500, `${room} bytes of room are left`);
  assert.ok(handed > 45 && handed < 100, `${handed} events`);
  await client.close();
  assert.equal(client.stats.stored, 101, "what is too large for a beacon is sent by requests");
});

test("only small requests ask to outlive their page", async (t) => {
  const s = await service(t);
  const asked = [];
  const client = new Client(settings(s, { batchBytes: 1 << 20, fetch: (to, options) => (asked.push([options.body.length > 60 * 1024, options.keepalive]), fetch(to, options)) }));
  client.send(event("small"));
  await client.flush();
  client.send(event("large", { properties: { text: randomBytes(150000).toString("base64") } }));
  await client.close();
  assert.deepEqual(asked, [[false, true], [true, false]]);
});

test("a page that is hidden hands its queue to beacons, which count once", async (t) => {
  const s = await service(t);
  const beacons = beaconing(t);
  const page = new EventTarget();
  const client = new Client(settings(s, { batchBytes: 2048 }));
  const detach = client.attach(page);
  for (let i = 0; i < 20; i++) client.send(event(`n${i}`, { properties: { text: "y".repeat(100) } }));
  page.dispatchEvent(new Event("pagehide"));
  const sent = [];
  for (const { url, blob } of beacons) {
    assert.equal(url, s.url + "/devtrail.events.v1.IngestService/CaptureEvents");
    assert.equal(blob.type, "text/plain");
    assert.ok(blob.size <= 2048);
    const body = JSON.parse(await blob.text());
    assert.equal(body.key, "dvi_test");
    assert.ok(Math.abs(Date.now() - Date.parse(body.sentAt)) < 60000, `sentAt is ${body.sentAt}: the clocks of pages are wrong too`);
    sent.push(...body.events.map((e) => e.id));
  }
  assert.equal(new Set(sent).size, 20);
  detach();
  page.dispatchEvent(new Event("pagehide"));
  await client.close();
  assert.deepEqual(s.requests.flatMap((r) => r.events.map((e) => e.id)), sent, "the page came back: the same events with the same ids");
});

test("a program without pages is told what to do instead of attach", async (t) => {
  const client = new Client(settings(await service(t)));
  assert.throws(() => client.attach(), /call close/);
});

test("a real service takes them", { skip: process.env.DEVTRAIL_TEST_HTTP ? false : "DEVTRAIL_TEST_HTTP and DEVTRAIL_TEST_KEY name no service" }, async () => {
  const refused = [];
  const client = new Client({ url: process.env.DEVTRAIL_TEST_HTTP, key: process.env.DEVTRAIL_TEST_KEY, onRejected: (e, r) => refused.push(r) });
  for (let i = 0; i < 300; i++) client.send(event("e2e.typescript", { packages: ["pkg:npm/left-pad@1.3.0"], properties: { n: i, text: "\u00e9".repeat(100) } }));
  assert.equal(await client.close(), 0);
  assert.deepEqual(refused, []);
  assert.equal(client.stats.stored, 300);
});
