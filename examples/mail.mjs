// The messages that the tests of the examples use.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a message in tests/data. */
export const pathOf = (name) => fileURLToPath(new URL(`../tests/data/${name}`, import.meta.url));

/** Its source. */
export const mail = (name) => readFileSync(pathOf(name));

/** The names of the messages in a folder of tests/data. */
export const names = (folder) => readdirSync(pathOf(folder)).map((file) => `${folder}/${file}`);
