// What goes between a worker and its caller, in either direction.

import { TamisError, errorOf } from "./errors.js";

/** What a thrown value is when it is sent. */
export function sent(thrown) {
  const { code, message, offset, cause } = thrown ?? {};
  // Not everything that can be thrown can be sent.
  const told = cause === undefined ? undefined : `${cause?.message ?? cause}`;
  return thrown instanceof TamisError ? { code, message, offset, cause: told } : { code: "trap", message: `${thrown?.message ?? thrown}` };
}

export const received = errorOf;

/** Methods that take a message first. */
export const OF_MESSAGE = ["classify", "learn", "forget", "labelOf", "digest"];

/** The other methods. */
export const OTHERS = [
  "personal", "exportPersonal", "importPersonal", "mergePersonal", "clearPersonal", "trust",
];
