// Starts the mail server: `node main.js --help`.

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { parseArgs } from "node:util";

import { createServer } from "./server.js";

const HELP = `Usage: node main.js [OPTIONS] ADDRESS...

Receives mail for these addresses into Maildirs, spam into their Junk folders.

  --root DIR         where the Maildirs are (default ./mail)
  --host NAME        this server's name (default ${hostname()})
  --listen ADDRESS   (default all)
  --port N           (default 25)
  --size BYTES       the largest message (default 26214400)
  --reject-from P    reject spam from this probability on (default 0.999; 2: never)
  --learn-every S    look every S seconds for mail moved in or out of Junk (default 60)
  --no-lookup        do not ask the DNS for the name of who connects
  --key FILE --cert FILE   for STARTTLS`;

let args;
try {
  args = parseArgs({
    allowPositionals: true,
    options: {
      root: { type: "string", default: "mail" },
      host: { type: "string", default: hostname() },
      listen: { type: "string" },
      port: { type: "string", default: "25" },
      size: { type: "string", default: "26214400" },
      "reject-from": { type: "string", default: "0.999" },
      "learn-every": { type: "string", default: "60" },
      "no-lookup": { type: "boolean" },
      key: { type: "string" },
      cert: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
} catch (error) {
  fail(error.message);
}
const { values, positionals: addresses } = args;
if (values.help) {
  console.log(HELP);
  process.exit();
}
if (addresses.length === 0) fail("no address to receive mail for");
if (!values.key !== !values.cert) fail("--key and --cert go together");

const number = (name) => {
  const value = Number(values[name]);
  if (!(value >= 0)) fail(`--${name} is a number`);
  return value;
};
// Before anything is made on the disk.
const port = number("port");
const server = await createServer({
  addresses,
  root: values.root,
  host: values.host,
  size: number("size"),
  rejectFrom: number("reject-from"),
  learnEvery: number("learn-every"),
  lookup: !values["no-lookup"],
  tls: values.key && { key: readFileSync(values.key), cert: readFileSync(values.cert) },
});
const listening = await server.listen(port, values.listen);
console.log(`listening on ${listening.address}, port ${listening.port}`);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());

function fail(message) {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}
