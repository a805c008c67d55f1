#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use tamis::text::{Token, Tokenizer, fold, shape, url};

fuzz_target!(|raw: &[u8]| {
    let text = String::from_utf8_lossy(raw);
    let mut tokens = 0;
    let mut shaped = String::new();
    let facts = Tokenizer::new().tokenize(&text, |token| {
        tokens += 1;
        if let Token::Url(link) = token {
            url::parts(link);
        }
        shaped.clear();
        shape::word_shape(token.text(), &mut shaped);
        ControlFlow::Continue(())
    });
    assert!(tokens <= 8 * text.len(), "{tokens} tokens of {} bytes", text.len());
    assert!(facts.chars as usize <= text.len());

    let (mut once, mut twice) = (String::new(), String::new());
    fold(&text, &mut once);
    fold(&once, &mut twice);
    assert_eq!(once, twice);
    url::parts(&text);
});
