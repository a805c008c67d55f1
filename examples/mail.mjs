// The messages that the tests of the examples use.

import { readFileSync, readdirSync } from "node:fs";

const data = new URL("../tests/data/", import.meta.url);

/** A message of tests/data. */
export const mail = (name) => readFileSync(new URL(name, data));

/** The names of the messages in a folder of tests/data. */
export const names = (folder) => readdirSync(new URL(`${folder}/`, data)).map((file) => `${folder}/${file}`);
