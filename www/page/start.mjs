// Builds the page and serves it: `npm start`, or `PORT=8000 npm start`.

import { ensureModules } from "./ensure.mjs";
import { build, dist } from "./build.mjs";
import { serve } from "./serve.mjs";

const port = Number(process.env.PORT ?? 8025);
ensureModules();
await build();
try {
  const server = await serve(dist, { port });
  console.log(`tamis: http://localhost:${server.address().port}/  (Ctrl+C ends it)`);
} catch (error) {
  if (error.code !== "EADDRINUSE") throw error;
  console.error(`tamis: port ${port} is in use; choose another: PORT=${port + 1} npm start`);
  process.exitCode = 1;
}
