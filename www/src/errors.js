/** What all errors of this package are: an Error with a `code`. */
export class TamisError extends Error {
  constructor(code, message, { offset, ...options } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    if (offset !== undefined) this.offset = offset;
  }
}

export class ArgumentError extends TamisError {}
export class LoadError extends TamisError {}
export class ModelError extends TamisError {}
export class PersonalError extends TamisError {}
export class TrapError extends TamisError {}
export class FreedError extends TamisError {}

const KINDS = { argument: ArgumentError, freed: FreedError, load: LoadError, trap: TrapError };

/** The error with this code: as the engine tells it, or as it came from a worker. */
export function errorOf({ code, message, offset, cause }) {
  const Kind = KINDS[code] ?? (code.startsWith("model-") ? ModelError : code.startsWith("counts-") ? PersonalError : TamisError);
  return new Kind(code, message, cause === undefined ? { offset } : { offset, cause });
}

export function argument(message) {
  return new ArgumentError("argument", message);
}
