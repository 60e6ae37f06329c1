// Sends events to Devtrail over HTTP: batches, gzip, repeats by result. No dependencies; it runs in pages, extension workers and Node 20.

const path = "/devtrail.events.v1.IngestService/CaptureEvents";
const encoder = new TextEncoder();

// Browsers let 64 KiB be in flight that outlive their page, beacons and requests with keepalive together, and refuse what is more. The service takes 60 KiB
// of a beacon.
const outliving = 60 * 1024;

// A frame of a batch in a beacon: {"key":"...","events":[...],"sentAt":"..."}.
const frame = (key) => 64 + key.length;

// A small body costs more to pack than it saves.
const worthPacking = 1024;

// Timers hold 31 bits of milliseconds, and what is more would run out at once: a wait that a quota asks for, or one without end.
const later = (f, ms, ...args) => setTimeout(f, Math.min(ms, 2 ** 31 - 1), ...args);

// The wait in ms that Retry-After asks for, in seconds or until a date (RFC 9110, section 10.2.3): a proxy in front of the service may write either.
function retryAfter(value) {
  const seconds = Number(value);
  return Math.max(0, (Number.isNaN(seconds) ? Date.parse(value) - Date.now() : 1000 * seconds) || 0);
}

// Whether the events of a request are at fault, so that it would be refused however often it is sent. Everything else may pass, and is no reason to drop an
// event: that a key or an organization is missing concerns the client, and is answered to every request alike.
function refused(status, answer) {
  if (status === 413) return true;
  return status === 400 && (["BODY_INVALID", "REQUEST_TOO_LARGE"].includes(answer.reason) || /^events($|[.[])/.test(answer.field ?? ""));
}

// A random UUID (RFC 9562, section 5.4). Pages that came by plain HTTP have no crypto.randomUUID.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Client {
  #options;
  #queue = []; // {event, text, bytes, seq}: not settled, in the order of send
  #taken = 0;
  #hurry = 0; // events up to this one do not linger
  #closed = false;
  #ended = new AbortController(); // its signal ends what is under way, when close has waited long enough
  #lost = 0;
  #running = null;
  #wake = () => {};
  #waiters = []; // {until, resolve}
  #stats = { stored: 0, duplicates: 0, rejected: 0, retries: 0 };

  constructor(options) {
    if (!options?.url || !options.key) throw new TypeError("devtrail: url and key are required");
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)); // types allow undefined for "not given"
    this.#options = {
      batchEvents: 500, batchBytes: 60 * 1024, lingerMs: 1000, timeoutMs: 30000, queueEvents: 1000, backoffMs: 500, maxBackoffMs: 60000,
      onRejected() {}, onError() {}, fetch: (...args) => globalThis.fetch(...args),
      ...given, url: options.url.replace(/\/+$/, "") + path,
    };
    if (!(this.#options.batchEvents >= 1)) throw new RangeError("devtrail: batchEvents is at least 1");
  }

  get stats() {
    return { queued: this.#queue.length, ...this.#stats };
  }

  send(event) {
    if (this.#closed) return false;
    if (this.#queue.length >= this.#options.queueEvents) {
      this.#hurry = this.#taken; // nothing can join what lingers
      this.#wake();
      return false;
    }
    const { properties, ageMs, ...rest } = event;
    const whole = { ...rest, id: rest.id ?? uuid(), occurredAt: rest.occurredAt ?? new Date().toISOString() };
    if (ageMs !== undefined) {
      // The service counts an age back from its arrival, which is later by the time an event waits here and other with each attempt. The time that it
      // means now stays what it is, and is corrected by sentAt.
      const at = new Date(Date.now() - Number(ageMs));
      if (ageMs >= 0 && !Number.isNaN(at.getTime())) {
        whole.occurredAt = at.toISOString();
        delete whole.timeExact;
      } else {
        whole.ageMs = String(ageMs); // no age, which the service refuses by its field
      }
    }
    if (properties !== undefined) whole.propertiesJson = JSON.stringify(properties);
    const text = JSON.stringify(whole);
    const bytes = encoder.encode(text).length + 1;
    if (bytes + frame(this.#options.key) > this.#options.batchBytes) {
      throw new RangeError(`devtrail: the event has ${bytes} bytes, a request holds ${this.#options.batchBytes}`);
    }
    this.#queue.push({ event: whole, text, bytes, seq: ++this.#taken, since: performance.now() });
    this.#start();
    return true;
  }

  flush() {
    return this.#settledUntil(this.#taken);
  }

  async close(timeoutMs = 30000) {
    this.#closed = true;
    let timer;
    const late = new Promise((resolve) => { timer = later(resolve, timeoutMs); });
    await Promise.race([this.flush(), late]);
    clearTimeout(timer);
    // Nothing is sent or settled from here on: what is said to be lost must not come back.
    this.#lost += this.#queue.length;
    this.#queue = [];
    this.#ended.abort();
    this.#wake();
    for (const w of this.#waiters.splice(0)) w.resolve();
    return this.#lost;
  }

  beacon() {
    const most = Math.min(this.#options.batchBytes, outliving);
    let handed = 0;
    let limit = this.#options.batchEvents;
    for (let rest = this.#queue.filter((q) => q.bytes + frame(this.#options.key) <= most); rest.length > 0; ) {
      const batch = this.#batch(rest, limit, most);
      const body = `{"key":${JSON.stringify(this.#options.key)},"events":[${batch.map((q) => q.text).join(",")}],"sentAt":"${new Date().toISOString()}"}`;
      // text/plain asks no preflight, which a closing page has no time for; a beacon can set no header, so the key stands in the body.
      if (navigator.sendBeacon(this.#options.url, new Blob([body], { type: "text/plain" }))) {
        handed += batch.length;
        rest = rest.slice(batch.length);
        continue;
      }
      if (batch.length === 1) break;
      limit = Math.floor(batch.length / 2); // others are in flight, but a smaller one may have room beside them
    }
    return handed;
  }

  attach(page = globalThis) {
    if (!page.addEventListener) throw new TypeError("devtrail: nothing here tells that a page is hidden; call close at the end of the program"); // Node
    const hidden = () => this.beacon();
    page.addEventListener("pagehide", hidden);
    return () => page.removeEventListener("pagehide", hidden);
  }

  #settledUntil(until) {
    if (this.#queue.length === 0 || this.#queue[0].seq > until) return Promise.resolve();
    this.#hurry = Math.max(this.#hurry, until);
    this.#wake();
    return new Promise((resolve) => this.#waiters.push({ until, resolve }));
  }

  #start() {
    if (this.#running) {
      this.#wake();
      return;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#queue.length > 0) this.#start();
    });
  }

  // One request is under way at a time, so that a service in trouble is not pressed.
  async #run() {
    let failures = 0;
    let limit = this.#options.batchEvents; // halved when a request is refused as a whole, or is not answered in time
    while (this.#queue.length > 0) {
      const batch = this.#batch(this.#queue, limit);
      const wait = this.#options.lingerMs - (performance.now() - batch[0].since); // the clock of the page may be set meanwhile
      if (batch.length === this.#queue.length && batch.length < limit && this.#hurry < batch[0].seq && wait > 0) {
        await this.#sleep(wait, true);
        continue;
      }
      let pause = 0;
      try {
        const left = await this.#deliver(batch);
        limit = Math.min(limit * 2, this.#options.batchEvents);
        if (left.pause === 0) {
          failures = 0;
          continue;
        }
        pause = left.pause;
        this.#tell(this.#options.onError, new Error(`devtrail: the service cannot keep events now: ${left.reason || "it does not say why"}`));
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        if (error.refused && batch.length > 1) {
          limit = Math.ceil(batch.length / 2);
          continue;
        }
        if (error.refused) {
          this.#settle(batch, [{ eventId: batch[0].event.id, status: "CAPTURE_STATUS_REJECTED", reason: error.reason, message: error.message }]);
          continue;
        }
        if (error.late) limit = Math.ceil(batch.length / 2); // it may be more than the link or the service can do in the time
        pause = error.retryAfterMs ?? 0;
        this.#stats.retries += batch.length;
        this.#tell(this.#options.onError, error);
      }
      const grown = Math.min(this.#options.maxBackoffMs, this.#options.backoffMs * 2 ** Math.min(failures++, 20));
      await this.#sleep(Math.max(pause, grown / 2 + (Math.random() * grown) / 2), false);
    }
  }

  // What a callback throws is its own fault, and reported as an uncaught error is: it must neither stop the sending nor look like a failed request.
  #tell(callback, ...args) {
    try {
      callback(...args);
    } catch (error) {
      (globalThis.reportError ?? console.error)(error);
    }
  }

  #batch(queue, limit, most = this.#options.batchBytes) {
    let bytes = frame(this.#options.key);
    let n = 0;
    while (n < queue.length && n < limit && (n === 0 || bytes + queue[n].bytes <= most)) bytes += queue[n++].bytes;
    return queue.slice(0, n);
  }

  // A nap ends when there is news; a wait that the service asked for does not, unless the client is emptied by close.
  #sleep(ms, nap) {
    return new Promise((resolve) => {
      const timer = later(resolve, ms);
      this.#wake = () => {
        if (!nap && this.#queue.length > 0) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // Settles with a promise, or fails when its time is over or the client is closed: a service that does not answer must hold neither the queue nor close.
  async #intime(work) {
    this.#ended.signal.throwIfAborted();
    const request = new AbortController();
    let timer;
    let close;
    const over = new Promise((_, reject) => {
      const fail = (message, late = false) => { reject(Object.assign(new Error(message), { late })); request.abort(); }; // in this order: onError is told why
      timer = later(fail, this.#options.timeoutMs, `devtrail: no answer after ${this.#options.timeoutMs} ms`, true);
      close = () => fail("devtrail: the client is closed");
    });
    this.#ended.signal.addEventListener("abort", close);
    try {
      return await Promise.race([over, work(request.signal)]);
    } finally {
      clearTimeout(timer);
      this.#ended.signal.removeEventListener("abort", close);
    }
  }

  async #deliver(batch) {
    const text = `{"events":[${batch.map((q) => q.text).join(",")}],"sentAt":"${new Date().toISOString()}"}`;
    const headers = { Authorization: `Bearer ${this.#options.key}`, "Content-Type": "application/json" };
    let body = encoder.encode(text);
    if (body.length > worthPacking && globalThis.CompressionStream) {
      body = new Uint8Array(await new Response(new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
      headers["Content-Encoding"] = "gzip";
    }
    const request = { method: "POST", headers, body, keepalive: body.length <= outliving };
    const [response, answer] = await this.#intime(async (signal) => {
      const response = await this.#options.fetch(this.#options.url, { ...request, signal });
      return [response, await response.json().catch(() => ({}))];
    });
    this.#ended.signal.throwIfAborted();
    if (!response.ok) {
      const error = new Error(answer.message ?? `devtrail: HTTP ${response.status}`);
      error.reason = answer.reason ?? "";
      error.refused = refused(response.status, answer);
      error.retryAfterMs = retryAfter(response.headers.get("Retry-After"));
      throw error;
    }
    if (answer.results?.length !== batch.length) throw new Error("devtrail: the service answered another number of events");
    return this.#settle(batch, answer.results);
  }

  // Takes settled events out of the queue; those to be sent again stay. It returns the longest wait that was asked for, in ms, and why.
  #settle(batch, results) {
    const kept = [];
    let pause = 0;
    let reason;
    const rejected = [];
    batch.forEach((q, i) => {
      switch (results[i].status) {
        case "CAPTURE_STATUS_STORED":
          this.#stats.stored++;
          break;
        case "CAPTURE_STATUS_DUPLICATE":
          this.#stats.duplicates++;
          break;
        case "CAPTURE_STATUS_REJECTED":
          this.#stats.rejected++;
          rejected.push([q.event, results[i]]);
          break;
        default:
          this.#stats.retries++;
          pause = Math.max(pause, 1, 1000 * (parseFloat(results[i].retryAfter) || 0));
          reason = results[i].reason;
          kept.push(q);
      }
    });
    const gone = new Set(batch);
    this.#queue = [...kept, ...this.#queue.filter((q) => !gone.has(q))];
    const oldest = this.#queue[0]?.seq ?? Infinity;
    const done = this.#waiters.filter((w) => w.until < oldest);
    this.#waiters = this.#waiters.filter((w) => w.until >= oldest);
    for (const [event, result] of rejected) this.#tell(this.#options.onRejected, event, result);
    for (const w of done) w.resolve();
    return { pause, reason };
  }
}
