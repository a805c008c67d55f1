export { ArgumentError, FreedError, LoadError, ModelError, PersonalError, TamisError, TrapError } from "./errors.js";
