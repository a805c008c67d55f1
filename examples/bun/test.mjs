import { fileURLToPath } from "node:url";

import { createClassifier } from "tamis";

import { testScript } from "../script.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

testScript(here, [`${here}node_modules/.bin/bun`, "classify.ts"], createClassifier);
