// A server of static files, for the page and for tests.

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { CSP } from "./csp.mjs";

const TYPES = {
  ".bin": "application/octet-stream",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".map": "application/json",
  ".mbox": "application/mbox",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** What goes with every answer when the page is served. */
const HEADERS = {
  "Content-Security-Policy": `${CSP}; frame-ancestors 'none'`,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

/**
 * Serves `folder` on loopback, and `extra` contents by their path; `seen` hears of every request. The server is
 * listening when this returns.
 */
export function serve(folder, { port = 0, headers = HEADERS, extra = {}, seen = () => {} } = {}) {
  const server = createServer((request, response) => {
    seen(request);
    const fail = (status) => response.writeHead(status, { "Content-Type": "text/plain" }).end(`${status}\n`);
    if (request.method !== "GET" && request.method !== "HEAD") return fail(405);
    let path, file, given;
    try {
      path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
      file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
      given = Object.hasOwn(extra, path);
      if (!given && !statSync(file, { throwIfNoEntry: false })?.isFile()) return fail(404);
    } catch {
      // Not an address, or no possible name of a file.
      return fail(400);
    }
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", ...headers });
    if (request.method === "HEAD") return response.end();
    if (given) return response.end(extra[path]);
    createReadStream(file).on("error", () => response.destroy()).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
