//! The hash that names are told apart by.

/// A hash (FNV-1a) that tells names apart.
pub(crate) const fn hash(mut state: u64, name: &[u8]) -> u64 {
    let mut index = 0;
    while index < name.len() {
        state = (state ^ name[index] as u64).wrapping_mul(0x100_0000_01b3);
        index += 1;
    }
    state
}

/// The hash of nothing.
pub(crate) const SEED: u64 = 0xcbf2_9ce4_8422_2325;
