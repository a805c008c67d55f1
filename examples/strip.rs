//! Writes a model without the names of its features, as the npm package carries it:
//! `cargo run --example strip -- models/default.tamis out.bin`.

use std::error::Error;
use std::{env, fs};

use tamis::Model;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, from, to] = env::args().collect::<Vec<_>>().try_into().map_err(|_| "usage: strip FROM TO")?;
    let model = Model::from_bytes(fs::read(&from)?).map_err(|error| format!("{from}: {error}"))?;
    fs::write(to, model.without_names()?.as_bytes())?;
    Ok(())
}
