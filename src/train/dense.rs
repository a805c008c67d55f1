//! Our estimators on dense arrays, through linfa's traits: to compare them with others, to cross-validate
//! and to measure them with linfa's own tools.

use linfa::dataset::AsSingleTargets;
use linfa::traits::{Fit, FitWith, PredictInplace};
use linfa::{DatasetBase, Float};
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

use crate::error::{Error, Result};
use crate::features::Features;
use crate::label::Label;
use crate::train::estimator::Estimator;
use crate::train::online::Bayes;

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Error::Data(error.to_string())
    }
}

/// An estimator as linfa's parameters: records are messages by features, where what is not zero says that
/// the message has the feature; targets say whether a message is spam.
///
/// ```
/// use linfa::prelude::*;
/// use ndarray::array;
/// use tamis::train::dense::Dense;
/// use tamis::train::estimator::NaiveBayes;
///
/// let mail = DatasetBase::new(array![[1., 0.], [1., 1.], [0., 1.]], array![true, true, false]);
/// let model = Dense(NaiveBayes::default()).fit(&mail)?;
/// let more = array![[1., 0.], [0., 1.]];
/// assert_eq!(model.predict(&more), array![true, false]);
/// # Ok::<(), tamis::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dense<E>(pub E);

/// What an estimator made of dense records.
pub struct DenseModel {
    bayes: Bayes,
}

impl DenseModel {
    /// The log-odds of spam of one record, not calibrated.
    pub fn log_odds<F: Float>(&self, record: ArrayView1<'_, F>) -> f64 {
        self.bayes.bias() + self.bayes.score(&features(record))
    }
}

/// A column's number is its feature's hash.
fn features<F: Float>(record: ArrayView1<'_, F>) -> Features {
    let has = record.iter().enumerate().filter(|(_, value)| **value != F::zero());
    Features::from_hashes(has.map(|(column, _)| column as u64).collect())
}

impl<E, F, D, T> Fit<ArrayBase<D, Ix2>, T, Error> for Dense<E>
where
    E: Estimator + Clone + Send + Sync + 'static,
    F: Float,
    D: Data<Elem = F>,
    T: AsSingleTargets<Elem = bool>,
{
    type Object = DenseModel;

    /// Learns all records.
    ///
    /// # Errors
    /// [`Error::Data`] if they have only one class.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<DenseModel> {
        self.fit_with(None, dataset)
    }
}

impl<'a, E, F, D, T> FitWith<'a, ArrayBase<D, Ix2>, T, Error> for Dense<E>
where
    E: Estimator + Clone + Send + Sync + 'static,
    F: Float,
    D: Data<Elem = F> + 'a,
    T: AsSingleTargets<Elem = bool> + 'a,
{
    type ObjectIn = Option<DenseModel>;
    type ObjectOut = DenseModel;

    /// Learns more records; in whatever batches they come, the model is the same.
    ///
    /// # Errors
    /// [`Error::Data`] if all records so far have only one class.
    fn fit_with(
        &self,
        model: Option<DenseModel>,
        dataset: &DatasetBase<ArrayBase<D, Ix2>, T>,
    ) -> Result<DenseModel> {
        let mut bayes = model.map_or_else(|| Bayes::new(Box::new(self.0.clone())), |model| model.bayes);
        for (record, &spam) in dataset.records().rows().into_iter().zip(dataset.as_single_targets()) {
            bayes.learn(&features(record), if spam { Label::Spam } else { Label::Ham });
        }
        if bayes.messages().contains(&0) {
            return Err(Error::Data("the records have only one class".into()));
        }
        Ok(DenseModel { bayes })
    }
}

impl<F: Float, D: Data<Elem = F>> PredictInplace<ArrayBase<D, Ix2>, Array1<bool>> for DenseModel {
    /// Spam is what has log-odds above zero.
    fn predict_inplace<'a>(&'a self, records: &'a ArrayBase<D, Ix2>, targets: &mut Array1<bool>) {
        assert_eq!(records.nrows(), targets.len(), "as many targets as records");
        for (record, target) in records.rows().into_iter().zip(targets.iter_mut()) {
            *target = self.log_odds(record) > 0.0;
        }
    }

    fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array1<bool> {
        Array1::default(records.nrows())
    }
}

#[cfg(test)]
mod tests {
    use linfa::dataset::Dataset;
    use linfa::prelude::*;
    use linfa_bayes::{BernoulliNb, MultinomialNb, NaiveBayes as _};
    use ndarray::{Array2, Axis};

    use super::*;
    use crate::train::estimator::{Bernoulli, Multinomial, NaiveBayes};
    use crate::train::metrics::SplitMix;

    /// Messages over six features, of which the first tell spam and the last ham, with some noise.
    fn sample(messages: usize) -> (Array2<f64>, Array1<bool>) {
        let mut random = SplitMix(11);
        let spam: Array1<bool> = (0..messages).map(|i| i % 3 == 0).collect();
        let has = |(message, feature): (usize, usize)| {
            let likely = if spam[message] { 2 + feature } else { 8 - feature };
            f64::from(u8::from(random.below(10) < likely || feature == message % 6))
        };
        (Array2::from_shape_fn((messages, 6), has), spam)
    }

    #[test]
    fn log_odds_equal_linfas() {
        let (records, spam) = sample(30);
        let data = DatasetBase::new(records.clone(), spam);
        let multinomial = MultinomialNb::params().alpha(1.0).fit(&data).unwrap();
        let bernoulli = BernoulliNb::params().alpha(1.0).fit(&data).unwrap();
        for (theirs, ours) in [
            (multinomial.predict_log_proba(records.view()).0, Dense(Multinomial { alpha: 1.0 }).fit(&data)),
            (bernoulli.predict_log_proba(records.view()).0, Dense(Bernoulli { alpha: 1.0 }).fit(&data)),
        ] {
            let ours = ours.unwrap();
            for (record, theirs) in records.rows().into_iter().zip(theirs.rows()) {
                let found = ours.log_odds(record);
                assert!((found - (theirs[1] - theirs[0])).abs() < 1e-9, "{found} {theirs}");
            }
        }
    }

    #[test]
    fn batches_make_the_same_model_as_the_whole() {
        let (records, spam) = sample(60);
        let part = |range: std::ops::Range<usize>| {
            let rows: Vec<usize> = range.collect();
            DatasetBase::new(records.select(Axis(0), &rows), spam.select(Axis(0), &rows))
        };
        let (all, first, rest) = (part(0..60), part(0..17), part(17..60));
        let dense = Dense(NaiveBayes::default());
        let whole = dense.fit(&all).unwrap();
        let batches = dense.fit_with(Some(dense.fit(&first).unwrap()), &rest).unwrap();
        for record in records.rows() {
            assert_eq!(whole.log_odds(record), batches.log_odds(record));
        }
    }

    #[test]
    fn linfa_cross_validates_ours() {
        let (records, spam) = sample(90);
        let mut data = Dataset::new(records, spam);
        let estimators =
            [Dense(NaiveBayes::default()), Dense(NaiveBayes { strongest: 1, ..Default::default() })];
        let accuracy = data
            .cross_validate_single(5, &estimators, |found, truth| {
                found.confusion_matrix(truth.to_owned()).map(|matrix| f64::from(matrix.accuracy()))
            })
            .unwrap();
        assert!(accuracy[0] > 0.75 && accuracy[0] > accuracy[1], "{accuracy}");
    }

    #[test]
    fn one_class_is_an_error() {
        let data = DatasetBase::new(Array2::<f64>::ones((3, 2)), Array1::from_elem(3, true));
        assert!(matches!(Dense(NaiveBayes::default()).fit(&data), Err(crate::Error::Data(_))));
    }
}
