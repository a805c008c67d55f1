// The check in a process of Node, Deno or Bun: the file of cases is the argument.
import { readFile } from "node:fs/promises";

import { createClassifier } from "tamis";

import { check } from "./check.js";

console.log(JSON.stringify(await check(createClassifier, new Uint8Array(await readFile(process.argv[2])))));
