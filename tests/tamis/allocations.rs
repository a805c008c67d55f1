//! Scoring allocates a fixed number of times, whatever the message.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use tamis::{Counts, Extractor, Features, Label, Model, explain, score};

use crate::program::message;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting each thread's allocations.
struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<R>(work: impl FnOnce() -> R) -> usize {
    let before = COUNT.get();
    std::hint::black_box(work());
    COUNT.get() - before
}

fn features() -> [Features; 3] {
    let mut extractor = Extractor::default();
    let mut long = message("spam/advance-fee.eml");
    for i in 0..200_000u32 {
        long.extend(format!("{} ", i.wrapping_mul(2_654_435_761) % 50_000).bytes());
        long.extend((0..5).map(|k| b'a' + (i.wrapping_mul(7919) >> (3 * k)) as u8 % 26));
    }
    let found = [
        extractor.extract(b"Subject: x\n\nhello\n"),
        extractor.extract(&message("ham/newsletter.eml")),
        extractor.extract(&long),
    ];
    assert!(found[0].hashes().len() < 100 && found[2].hashes().len() > 700);
    found
}

#[test]
fn scoring_does_not_allocate_for_each_feature() {
    let model = Model::embedded();
    let mut personal = Counts::new();
    for (i, features) in features().iter().enumerate() {
        personal.learn(features, if i == 1 { Label::Ham } else { Label::Spam });
    }
    for features in features() {
        let n = features.hashes().len();
        let plain = allocations(|| score(&model, None, &features));
        assert!(plain <= 4, "{plain} allocations for {n} features");
        let layered = allocations(|| score(&model, Some(&personal), &features));
        assert!(layered <= 8, "{layered} allocations for {n} features");
        let explained = allocations(|| explain(&model, None, &features, 10));
        assert!(explained <= 40, "{explained} allocations for 10 of {n} features");
    }
}

#[test]
fn a_model_is_loaded_in_place() {
    let embedded = Model::embedded();
    let bytes = embedded.as_bytes();
    // The metadata only, however many the weights.
    let loaded = allocations(|| Model::from_bytes(bytes).unwrap());
    assert!(loaded <= 100, "{loaded} allocations for {} features", embedded.len());
}

#[test]
fn an_extractor_keeps_its_scratch_memory() {
    let raw = message("ham/newsletter.eml");
    let mut extractor = Extractor::default();
    let first = allocations(|| extractor.extract(&raw));
    let second = allocations(|| extractor.extract(&raw));
    assert!(second < first, "{second} of {first}");
}
