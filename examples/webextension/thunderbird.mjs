// Drives a real Thunderbird, without a window, by Marionette (what Gecko's WebDriver is made of).

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const PREFERENCES = {
  "mail.provider.suppress_dialog_on_startup": true,
  "mail.shell.checkDefaultClient": false,
  "mail.rights.version": 1,
  "datareporting.policy.dataSubmissionPolicyBypassNotification": true,
  "app.update.enabled": false,
  "app.donation.eoy.version.viewed": 999,
  // Thunderbird's own requests end at a proxy that is not there.
  "network.proxy.type": 1,
  "network.proxy.socks": "127.0.0.1",
  "network.proxy.socks_port": 1,
  "network.proxy.socks_remote_dns": true,
  "network.proxy.allow_hijacking_localhost": true,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

/** Installs Debian's Thunderbird where there is none. */
export function ensureThunderbird() {
  if (spawnSync("thunderbird", ["--version"]).status === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "thunderbird"]]) {
    const { status, stderr, error } = spawnSync("apt-get", args, { env, encoding: "utf8" });
    if (status !== 0) throw new Error(`Thunderbird is missing, and apt-get ${args[0]} failed: ${error ?? stderr}`);
  }
}

/** Starts Thunderbird with a new profile. */
export async function startThunderbird() {
  const profile = mkdtempSync(join(tmpdir(), "tamis-thunderbird-"));
  const port = await freePort();
  const preferences = Object.entries({ ...PREFERENCES, "marionette.port": port });
  const lines = preferences.map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const args = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile];
  const child = spawn("thunderbird", args, { stdio: "ignore", env: { ...process.env, HOME: profile } });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const command = await attach(port, child);
    await command("WebDriver:NewSession", { capabilities: {} });
    await command("Marionette:SetContext", { value: "chrome" });
    /** Runs a function in Thunderbird, on these arguments. */
    const run = async (call, ...args) => {
      const script = `const done = arguments[arguments.length - 1];
        (${call})(...[...arguments].slice(0, -1)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const { value } = await command("WebDriver:ExecuteAsyncScript", { script, args, newSandbox: true });
      if (value.error) throw new Error(value.error);
      return value.value;
    };
    return { command, run, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Connects as soon as Thunderbird listens; a function that sends a command and gives its result. */
async function attach(port, child) {
  let socket;
  for (let tries = 0; !socket; tries++) {
    if (child.exitCode !== null) throw new Error(`Thunderbird ended with ${child.exitCode}`);
    if (tries > 300) throw new Error("Thunderbird does not listen");
    await setTimeout(200);
    socket = await new Promise((resolve) => {
      const trying = connect(port, "127.0.0.1", () => resolve(trying));
      trying.once("error", () => resolve(undefined));
    });
  }
  socket.unref();
  const waiting = new Map();
  let received = Buffer.alloc(0);
  socket.on("data", (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      // A message is its length, a colon, JSON.
      const colon = received.indexOf(":");
      const end = colon + 1 + Number(received.subarray(0, Math.max(colon, 0)));
      if (colon < 0 || received.length < end) return;
      const message = JSON.parse(received.subarray(colon + 1, end));
      received = received.subarray(end);
      // The first one is a greeting.
      if (!Array.isArray(message)) continue;
      const [, id, error, value] = message;
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      if (error) reject(new Error(`${error.error}: ${error.message}`));
      else resolve(value);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Thunderbird hung up"));
  });
  let id = 0;
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      waiting.set(++id, { resolve, reject });
      const message = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
}
