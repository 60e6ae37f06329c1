// Drives a headless Chromium over its debugging pipe (file descriptors 3 and 4, messages of JSON that end in NUL), which needs no package.

import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

// The browser of DEVTRAIL_TEST_BROWSER, or the first that is installed.
function find() {
  if (process.env.DEVTRAIL_TEST_BROWSER) return process.env.DEVTRAIL_TEST_BROWSER;
  for (const dir of process.env.PATH.split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(dir, name), constants.X_OK);
        return join(dir, name);
      } catch {
        // the next
      }
    }
  }
  throw new Error(`none of ${names.join(", ")} is installed: tools/install-browser, or DEVTRAIL_TEST_BROWSER names one`);
}

// Starts a browser for which the pages' hosts are at one port of this machine.
export async function launch(hosts, port) {
  const profile = mkdtempSync(join(tmpdir(), "devtrail-browser-"));
  const rules = hosts.map((host) => `MAP ${host}:80 127.0.0.1:${port}`).join(", ");
  const process_ = spawn(
    find(),
    ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", `--user-data-dir=${profile}`, `--host-resolver-rules=${rules}`, "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = new Promise((resolve) => process_.once("exit", resolve));
  const [, , , input, output] = process_.stdio;
  const waiting = new Map();
  let rest = "";
  let last = 0;
  output.setEncoding("utf8");
  output.on("data", (chunk) => {
    const messages = (rest + chunk).split("\0");
    rest = messages.pop();
    for (const text of messages) {
      const message = JSON.parse(text);
      const waiter = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) waiter?.reject(new Error(message.error.message));
      else waiter?.resolve(message.result);
    }
  });
  ended.then(() => waiting.forEach((waiter) => waiter.reject(new Error("the browser ended"))));
  const call = (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      input.write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
    });
  return {
    // Opens a page and returns what runs code in it: a function that may be async, and what it takes.
    async open(url) {
      const { targetId } = await call("Target.createTarget", { url });
      const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
      const run = async (code, ...values) => {
        const { result, exceptionDetails } = await call("Runtime.evaluate", { expression: `(${code})(...${JSON.stringify(values)})`, awaitPromise: true, returnByValue: true }, sessionId);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      };
      while (!(await run(() => location.href !== "about:blank" && document.readyState === "complete" && Boolean(globalThis.Client)).catch(() => false)));
      return { run, leave: (to) => call("Page.navigate", { url: to }, sessionId), close: () => call("Target.closeTarget", { targetId }) };
    },
    async close() {
      await call("Browser.close").catch(() => {});
      await ended;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
