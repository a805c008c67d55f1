//! The engine as JavaScript sees it: plain values in, plain values and JSON out.
//!
//! One [`Engine`] is one classifier. A message is read first ([`Engine::read`], [`Engine::read_fields`])
//! and then judged, learned or forgotten, so that nothing that is learned changes while bytes from
//! outside are being read. Errors are strings of JSON with a `code`; whatever else a call throws is a
//! trap, after which the module's instance must be replaced. All methods take `&self`: an instance that
//! trapped while it read a message can still be asked for its personal counts.

use std::cell::RefCell;

use serde_json::json;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::features::TOKENIZER_VERSION;
use crate::message::{Attachment, Message, ParsedFields};
use crate::{
    Counts, Error, Extractor, Features, Label, Learned, Model, Trust, correct, explain, limits, score,
};

/// A model, a user's corrections over it, and the message that was read last.
#[wasm_bindgen]
pub struct Engine {
    model: Model<'static>,
    personal: RefCell<Counts>,
    extractor: RefCell<Extractor>,
    message: RefCell<Features>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine with the model in these bytes, and no corrections.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Vec<u8>) -> Result<Engine, JsValue> {
        let model = Model::from_bytes(model).map_err(thrown)?;
        let (personal, extractor, message) = Default::default();
        Ok(Engine { model, personal, extractor, message })
    }

    /// Believes these servers, and no others.
    pub fn trust(&self, authserv_ids: Vec<String>, hosts: Vec<String>) {
        self.extractor.replace(Extractor::new(Trust { authserv_ids, hosts }));
    }

    /// Reads a raw message of `size` bytes, of which `start` are the first; the features have names if
    /// they are to be listed.
    pub fn read(&self, start: &[u8], size: f64, named: bool) {
        let message = Message::parse_start(start, size as usize);
        self.keep(&message, named);
    }

    /// Reads a message that somebody else has parsed. `headers` are names and values in turn,
    /// `attachments` media types and file names.
    pub fn read_fields(
        &self,
        headers: Vec<String>,
        text: Option<String>,
        html: Option<String>,
        attachments: Vec<String>,
        size: Option<f64>,
        named: bool,
    ) {
        let pairs = |flat: &'_ [String]| flat.len() / 2;
        let fields = ParsedFields {
            headers: (0..pairs(&headers)).map(|i| (&*headers[2 * i], &*headers[2 * i + 1])).collect(),
            text: text.as_deref(),
            html: html.as_deref(),
            attachments: (0..pairs(&attachments))
                .map(|i| Attachment { media_type: &attachments[2 * i], file_name: &attachments[2 * i + 1] })
                .collect(),
            size: size.map(|size| size as usize),
        };
        self.keep(&Message::from_fields(&fields), named);
    }

    /// The verdict on the message that was read last, with up to `limit` features, as JSON.
    pub fn verdict(&self, limit: usize) -> String {
        let (personal, message) = (self.personal.borrow(), self.message.borrow());
        let verdict = match limit {
            0 => score(&self.model, Some(&personal), &message),
            limit => explain(&self.model, Some(&personal), &message, limit),
        };
        let mut json = json!({
            "class": verdict.class,
            "probability": verdict.probability,
            "logOdds": verdict.log_odds,
        });
        if limit > 0 {
            json["evidence"] = json!(verdict.evidence);
        }
        json.to_string()
    }

    /// Learns the message that was read last, as [`correct`] does; what it came to as JSON.
    pub fn learn(&self, label: &str) -> Result<String, JsValue> {
        let label: Label = label.parse().map_err(thrown)?;
        let done = correct(&self.model, &mut self.personal.borrow_mut(), &self.message.borrow(), label);
        let learned = match done.learned {
            Learned::New => "new",
            Learned::Known => "known",
            Learned::Moved => "moved",
        };
        Ok(json!({ "learned": learned, "times": done.times, "class": done.class }).to_string())
    }

    /// Undoes all that was learned of the message that was read last; `false` if nothing was.
    pub fn forget(&self) -> bool {
        self.personal.borrow_mut().forget(&self.message.borrow())
    }

    /// [`Features::digest`] of the message that was read last, in hexadecimal.
    pub fn digest(&self) -> String {
        format!("{:016x}", self.message.borrow().digest())
    }

    /// The corrections as a counts file. Fails only in an instance that trapped while they changed.
    pub fn export_personal(&self) -> Result<Vec<u8>, JsValue> {
        let personal = self.personal.try_borrow();
        personal.map(|counts| counts.to_bytes()).map_err(|error| error_json("trap", &error.to_string()))
    }

    /// Puts the corrections in these bytes in the place of what was learned here.
    pub fn import_personal(&self, bytes: &[u8]) -> Result<(), JsValue> {
        self.personal.replace(Counts::from_bytes(bytes).map_err(thrown)?);
        Ok(())
    }

    /// Adds the corrections in these bytes, but for those that `base` has already.
    pub fn merge_personal(&self, bytes: &[u8], base: Option<Vec<u8>>) -> Result<(), JsValue> {
        let mut merged = self.personal.borrow().clone();
        merged.merge(&Counts::from_bytes(bytes).map_err(thrown)?);
        if let Some(base) = base {
            merged.subtract(&Counts::from_bytes(&base).map_err(thrown)?).map_err(thrown)?;
        }
        self.personal.replace(merged);
        Ok(())
    }

    /// Forgets all that was learned.
    pub fn clear_personal(&self) {
        self.personal.replace(Counts::new());
    }

    /// How much was learned, as JSON.
    pub fn personal(&self) -> String {
        let counts = self.personal.borrow();
        let [ham, spam] = counts.messages();
        json!({ "ham": ham, "spam": spam, "features": counts.len() }).to_string()
    }

    /// What the model says of itself, as JSON.
    pub fn model(&self) -> String {
        let info = self.model.info();
        let [ham, spam] = info.messages;
        json!({
            "description": info.description,
            "created": info.created,
            "algorithm": info.algorithm,
            "sources": info.sources,
            "messages": { "ham": ham, "spam": spam },
            "calibration": info.calibration,
            "thresholds": info.thresholds,
            "intercept": info.intercept,
            "features": self.model.len(),
            "bytes": self.model.as_bytes().len(),
            "tokenizerVersion": TOKENIZER_VERSION,
        })
        .to_string()
    }
}

impl Engine {
    fn keep(&self, message: &Message<'_>, named: bool) {
        let features = self.extractor.borrow_mut().features_of(message, named);
        self.message.replace(features);
    }
}

/// How many bytes at the start of a message are looked at.
#[wasm_bindgen]
pub fn message_bytes() -> usize {
    limits::MESSAGE_BYTES
}

fn error_json(code: &str, message: &str) -> JsValue {
    JsValue::from_str(&json!({ "code": code, "message": message }).to_string())
}

fn thrown(error: Error) -> JsValue {
    let message = error.to_string();
    let value = match error {
        Error::Corrupt { what, offset, .. } => {
            json!({ "code": format!("{what}-corrupt"), "message": message, "offset": offset })
        }
        Error::Version { what, .. } => json!({ "code": format!("{what}-version"), "message": message }),
        Error::Data(_) => json!({ "code": "counts-mismatch", "message": message }),
        _ => json!({ "code": "argument", "message": message }),
    };
    JsValue::from_str(&value.to_string())
}
