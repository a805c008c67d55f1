#!/usr/bin/env -S deno run --allow-read
// Says of each message what it is, one JSON object a line:
//   deno run --allow-read classify.ts [--explain N] [FILE...]
// Without a file, or for `-`, it reads standard input. Exits with 1 if a file could not be read.

import { createClassifier } from "tamis";

const files = [...Deno.args];
let explain = 0;
if (files[0] === "--explain") {
  explain = Number(files[1]);
  files.splice(0, 2);
}

using classifier = await createClassifier();
for (const file of files.length ? files : ["-"]) {
  try {
    const source = file === "-" ? Deno.stdin.readable : (await Deno.open(file)).readable;
    console.log(JSON.stringify({ file, ...(await classifier.classify(source, { explain })) }));
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  }
}
