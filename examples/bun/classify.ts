#!/usr/bin/env bun
// Says of each message what it is, one JSON object a line:
//   bun classify.ts [--explain N] [FILE...]
// Without a file, or for `-`, it reads standard input. Exits with 1 if a file could not be read.

import { createClassifier } from "tamis";

const files = Bun.argv.slice(2);
let explain = 0;
if (files[0] === "--explain") {
  explain = Number(files[1]);
  files.splice(0, 2);
}

using classifier = await createClassifier();
for (const file of files.length ? files : ["-"]) {
  try {
    const source = file === "-" ? Bun.stdin.stream() : Bun.file(file);
    console.log(JSON.stringify({ file, ...(await classifier.classify(source, { explain })) }));
  } catch (error) {
    console.error(`${file}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
