//! Near-duplicates: mail that went to many, or was sent again with other words in some places. A fair
//! test keeps them on one side of a split.

use std::collections::HashMap;

use crate::label::Label;
use crate::train::metrics::SplitMix;

const BANDS: usize = 8;
const ROWS: usize = 4;

/// A MinHash signature of a set (Broder 1997, "On the resemblance and containment of documents"): two
/// sets with Jaccard similarity j agree in each place with probability j.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature([u32; BANDS * ROWS]);

impl Signature {
    /// The signature of a set of hashes, in any order.
    pub fn of(hashes: &[u64]) -> Self {
        let mut least = [u32::MAX; BANDS * ROWS];
        for &hash in hashes {
            let mut random = SplitMix(hash);
            for pair in least.chunks_exact_mut(2) {
                let bits = random.next_u64();
                pair[0] = pair[0].min(bits as u32);
                pair[1] = pair[1].min((bits >> 32) as u32);
            }
        }
        Signature(least)
    }

    /// An estimate of the Jaccard similarity of two sets, 0 to 1, in steps of 1/32.
    pub fn similarity(&self, other: &Signature) -> f64 {
        let same = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        same as f64 / self.0.len() as f64
    }
}

/// Puts messages whose signatures agree in a whole band into one group, and returns each one's group.
/// With 8 bands of 4, messages with 80 % of their features in common meet with probability 0.98, those
/// with 40 % with 0.19.
pub fn groups(signatures: &[Signature]) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..signatures.len()).collect();
    for band in 0..BANDS {
        let mut first: HashMap<&[u32], usize> = HashMap::new();
        for (i, signature) in signatures.iter().enumerate() {
            let key = &signature.0[band * ROWS..(band + 1) * ROWS];
            let j = *first.entry(key).or_insert(i);
            let (a, b) = (root(&mut parent, i), root(&mut parent, j));
            parent[a.max(b)] = a.min(b);
        }
    }
    (0..signatures.len()).map(|i| root(&mut parent, i)).collect()
}

fn root(parent: &mut [usize], mut i: usize) -> usize {
    while parent[i] != i {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    i
}

/// Deals messages into `k` folds: whole groups together, both classes spread evenly, the same for the
/// same seed.
pub fn folds(labels: &[Label], groups: &[usize], k: usize, seed: u64) -> Vec<usize> {
    let mut members: HashMap<usize, [usize; 2]> = HashMap::new();
    for (&group, label) in groups.iter().zip(labels) {
        members.entry(group).or_default()[label.index()] += 1;
    }
    let mut order: Vec<(usize, [usize; 2])> = members.into_iter().collect();
    order.sort_unstable();
    SplitMix(seed).shuffle(&mut order);
    // Large groups first, while every fold still has room for them.
    order.sort_by_key(|(_, size)| std::cmp::Reverse(size[0] + size[1]));
    let mut filled = vec![[0usize; 2]; k];
    let mut fold_of = HashMap::new();
    for (group, size) in order {
        let main = usize::from(size[1] > size[0]);
        let fold = (0..k).min_by_key(|&fold| (filled[fold][main], filled[fold][1 - main])).unwrap_or(0);
        filled[fold][0] += size[0];
        filled[fold][1] += size[1];
        fold_of.insert(group, fold);
    }
    groups.iter().map(|group| fold_of[group]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_duplicates_meet_and_strangers_do_not() {
        let set = |from: u64, to: u64| {
            Signature::of(&(from..to).map(|i| i.wrapping_mul(0x9e37_79b9)).collect::<Vec<_>>())
        };
        let found = groups(&[set(0, 300), set(5000, 5300), set(5, 305), set(0, 20)]);
        assert_eq!(found, [0, 1, 0, 3]);
    }

    #[test]
    fn similarity_estimates_jaccards() {
        let set = |from: u64, to: u64| {
            Signature::of(&(from..to).map(|i| i.wrapping_mul(0x9e37_79b9)).collect::<Vec<_>>())
        };
        assert_eq!(set(0, 300).similarity(&set(0, 300)), 1.0);
        assert_eq!(set(0, 300).similarity(&set(5000, 5300)), 0.0);
        // 200 of 400 in common.
        assert!((set(0, 300).similarity(&set(100, 400)) - 0.5).abs() < 0.25);
    }

    #[test]
    fn folds_are_even_and_keep_groups_whole() {
        let labels: Vec<Label> = (0..100).map(|i| if i < 30 { Label::Spam } else { Label::Ham }).collect();
        let groups: Vec<usize> = (0..100).map(|i| i / 2).collect();
        let found = folds(&labels, &groups, 5, 3);
        for fold in 0..5 {
            let of = |label| (0..100).filter(|&i| found[i] == fold && labels[i] == label).count();
            assert!((4..=8).contains(&of(Label::Spam)) && (12..=16).contains(&of(Label::Ham)), "fold {fold}");
        }
        assert!((0..50).all(|i| found[2 * i] == found[2 * i + 1]));
        assert_eq!(found, folds(&labels, &groups, 5, 3));
    }
}
