//! The program as its users run it, and the library on the messages under `tests/data`.

mod allocations;
mod classify;
mod damaged;
mod golden;
mod hostile;
mod inputs;
mod learn;
mod messages;
mod program;
mod shards;
mod train;
mod writing;
