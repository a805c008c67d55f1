// The check in a worker of workerd: the cases are at the address in CASES.
import { createClassifier } from "../../src/workerd.js";

import { check } from "./check.js";

export default {
  async fetch(_, env) {
    const cases = new Uint8Array(await (await fetch(env.CASES)).arrayBuffer());
    return Response.json(await check(createClassifier, cases));
  },
};
