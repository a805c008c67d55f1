//! The engine as JavaScript sees it: plain values in, plain values out.
//!
//! One [`Engine`] is one classifier. A message is read first ([`Engine::read`], [`Engine::read_fields`])
//! and then judged, learned or forgotten, so that nothing that is learned changes while bytes from
//! outside are being read. Errors are strings of three lines: code, byte offset where there is one, message.
//! Whatever else a call throws is a trap, after which the module's instance must be replaced. All methods take `&self`: an instance that
//! trapped while it read a message can still be asked for its personal counts.

use std::cell::RefCell;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::features::TOKENIZER_VERSION;
use crate::message::{Attachment, Message, ParsedFields};
use crate::{Counts, Error, Extractor, Features, Label, Model, Trust, correct, explain, limits, score};

/// A model, a user's corrections over it, and the message that was read last.
#[wasm_bindgen]
pub struct Engine {
    model: Model<'static>,
    personal: RefCell<Counts>,
    extractor: RefCell<Extractor>,
    message: RefCell<Features>,
    evidence: RefCell<Vec<String>>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine with the model in these bytes, and no corrections.
    #[wasm_bindgen(constructor)]
    pub fn new(model: Vec<u8>) -> Result<Engine, JsValue> {
        let model = Model::from_bytes(model).map_err(thrown)?;
        let (personal, extractor, message, evidence) = Default::default();
        Ok(Engine { model, personal, extractor, message, evidence })
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

    /// The verdict on the message that was read last: class, probability, log-odds, and the pulls of up to
    /// `limit` features, whose names [`Engine::evidence`] has.
    pub fn verdict(&self, limit: usize) -> Vec<f64> {
        let (personal, message) = (self.personal.borrow(), self.message.borrow());
        let verdict = match limit {
            0 => score(&self.model, Some(&personal), &message),
            limit => explain(&self.model, Some(&personal), &message, limit),
        };
        let numbers = [f64::from(verdict.class as u8), verdict.probability, verdict.log_odds];
        let (names, pulls): (Vec<_>, Vec<_>) =
            verdict.evidence.into_iter().map(|evidence| (evidence.feature, evidence.pull)).unzip();
        self.evidence.replace(names);
        numbers.into_iter().chain(pulls).collect()
    }

    /// Names of the features in the verdict that was given last.
    pub fn evidence(&self) -> Vec<String> {
        self.evidence.take()
    }

    /// Learns the message that was read last, as [`correct`] does: what that did (new 0, known 1, moved 2),
    /// how often the message counts now, and its class.
    pub fn learn(&self, label: &str) -> Result<Vec<u32>, JsValue> {
        let label: Label = label.parse().map_err(thrown)?;
        let done = correct(&self.model, &mut self.personal.borrow_mut(), &self.message.borrow(), label);
        Ok(vec![done.learned as u32, done.times, done.class as u32])
    }

    /// Undoes all that was learned of the message that was read last; `false` if nothing was.
    pub fn forget(&self) -> bool {
        self.personal.borrow_mut().forget(&self.message.borrow())
    }

    /// [`Counts::times`] of the message that was read last.
    pub fn times(&self) -> Vec<u32> {
        self.personal.borrow().times(&self.message.borrow()).to_vec()
    }

    /// [`Features::digest`] of the message that was read last, in hexadecimal.
    pub fn digest(&self) -> String {
        format!("{:016x}", self.message.borrow().digest())
    }

    /// The corrections as a counts file. Fails only in an instance that trapped while they changed.
    pub fn export_personal(&self) -> Result<Vec<u8>, JsValue> {
        let personal = self.personal.try_borrow();
        personal.map(|counts| counts.to_bytes()).map_err(|_| JsValue::from_str("trap\n\nhalf changed"))
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

    /// How much was learned: distinct ham and spam messages, features.
    pub fn personal(&self) -> Vec<u32> {
        let counts = self.personal.borrow();
        let [ham, spam] = counts.distinct();
        vec![ham, spam, counts.len() as u32]
    }

    /// The numbers that the model gives of itself: ham and spam that it was trained on, thresholds of ham
    /// and spam, intercept, features, bytes, version of the tokenizer.
    pub fn model_numbers(&self) -> Vec<f64> {
        let info = self.model.info();
        let [ham, spam] = info.messages;
        vec![
            ham as f64,
            spam as f64,
            info.thresholds.ham,
            info.thresholds.spam,
            info.intercept,
            self.model.len() as f64,
            self.model.as_bytes().len() as f64,
            f64::from(TOKENIZER_VERSION),
        ]
    }

    /// What the model says of itself: description, date, algorithm, calibration, sources.
    pub fn model_texts(&self) -> Vec<String> {
        let info = self.model.info();
        let created = info.created.clone().unwrap_or_default();
        [info.description.clone(), created, info.algorithm.clone(), info.calibration.clone()]
            .into_iter()
            .chain(info.sources.iter().cloned())
            .collect()
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

/// An error as JavaScript gets it.
fn thrown(error: Error) -> JsValue {
    let (code, offset) = match error {
        Error::Corrupt { what: "model", offset, .. } => ("model-corrupt", Some(offset)),
        Error::Corrupt { offset, .. } => ("counts-corrupt", Some(offset)),
        Error::Version { what: "model", .. } => ("model-version", None),
        Error::Version { .. } => ("counts-version", None),
        Error::Data(_) => ("counts-mismatch", None),
        _ => ("argument", None),
    };
    let offset = offset.map(|offset| offset.to_string()).unwrap_or_default();
    JsValue::from_str(&format!("{code}\n{offset}\n{error}"))
}
