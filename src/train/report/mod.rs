//! A report of a run to look at: one HTML file that needs nothing else.
//!
//! Mail is hostile: whatever comes from it is escaped, and characters that could hide or reorder text
//! are replaced. The page has no script, and asks browsers to run and to fetch none.

mod gather;
mod plot;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::error::Result;
use crate::label::Class;
use crate::score::Evidence;
use crate::train::bootstrap::Interval;
use crate::train::curves::{histogram, learning_curve, reliability, roc};
use crate::train::metrics::{Judged, Summary};

use plot::grouped;

pub use gather::{mistakes, strongest, worst};

/// What a report is made of.
#[derive(Debug)]
pub struct Report<'a> {
    /// What was measured, and how: facts with their names.
    pub facts: Vec<(&'static str, String)>,
    /// The judgements, in the order in which they were made.
    pub judged: &'a [Judged],
    /// Their measures.
    pub summary: &'a Summary,
    /// Whether that order is the order of a stream, so that there is a learning curve.
    pub stream: bool,
    /// The worst mistakes, worst first: ham, then spam.
    pub worst: [Vec<Mistake>; 2],
    /// The model's strongest features towards ham and towards spam, strongest first.
    pub strongest: [Vec<Evidence>; 2],
}

/// A mistake, with what a reader knows a message by.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// What the filter made of it, with evidence.
    pub judged: Judged,
    /// Its subject.
    pub subject: String,
    /// Whom it says to be from.
    pub from: String,
}

/// Points of the learning curve, bars of the histogram.
const POINTS: usize = 25;
const BARS: usize = 48;

impl Report<'_> {
    /// The page.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) if one class is missing or a score is not a number.
    pub fn html(&self) -> Result<String> {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    meta name="referrer" content="no-referrer";
                    title { "tamis: evaluation report" }
                    style { (PreEscaped(include_str!("style.css"))) }
                }
                body {
                    main {
                        h1 { "Evaluation report" }
                        (self.lead())
                        h2 { "How it errs" }
                        (self.figures()?)
                        @if self.stream { h2 { "All figures" } (self.table()) }
                        h2 { "Worst mistakes" }
                        p {
                            "The messages that were judged wrong with the most certainty, what pulled them there "
                            "and what pulled back, in log-odds. Some of them may be labelled wrong."
                        }
                        div.pair {
                            (list("Ham taken for spam", "ham", &self.worst[0]))
                            (list("Spam taken for ham", "spam", &self.worst[1]))
                        }
                        h2 { "Strongest features" }
                        p {
                            "What the model of all the mail that was learned from has the largest weights for, in "
                            "log-odds. Names of hosts, lists or dates here mean that the corpus can be told apart "
                            "by where it came from: see " code { "tamis audit" } "."
                        }
                        div.pair {
                            (features("Towards ham", "ham", &self.strongest[0]))
                            (features("Towards spam", "spam", &self.strongest[1]))
                        }
                    }
                    footer {
                        "Made by tamis " (env!("CARGO_PKG_VERSION"))
                        ". Intervals are of 95 %, from 1,000 bootstrap resamples within each class."
                    }
                }
            }
        };
        Ok(page.into_string())
    }

    fn lead(&self) -> Markup {
        let Summary { ham, spam, one_minus_roca, sm_at_hm_01, lam, .. } = self.summary;
        let card = |name: &str, figure: &Interval, digits: usize| {
            html! {
                div {
                    dt { (name) }
                    dd {
                        (format!("{:.digits$}", figure.value))
                        small { (range(figure, digits)) }
                    }
                }
            }
        };
        html! {
            p.facts {
                @for (name, value) in &self.facts { span { (name) " " bdi { (visible(value)) } } " " }
            }
            dl.cards {
                (card("1-ROCA%", one_minus_roca, 4))
                (card("sm% at hm 0.1 %", sm_at_hm_01, 2))
                (card("LAM%", lam, 2))
                div {
                    dt { "messages judged" }
                    dd {
                        (grouped(ham + spam))
                        small { span.ham { (grouped(*ham)) " ham" } ", " span.spam { (grouped(*spam)) " spam" } }
                    }
                }
            }
        }
    }

    fn figures(&self) -> Result<Markup> {
        let Summary { ham, spam, hm, sm, ece, .. } = self.summary;
        let limit = score_limit(self.judged);
        let roc = plot::roc(&roc(self.judged)?, [*ham, *spam], [hm.value, sm.value])?;
        let learning = match self.stream {
            true => Some(plot::learning(&learning_curve(self.judged, POINTS)?)?),
            false => None,
        };
        let reliability = plot::reliability(&reliability(self.judged))?;
        let histogram = plot::histogram(&histogram(self.judged, limit, BARS), limit)?;
        let figure = |svg: &str, name: &str, caption: Markup| {
            html! { figure { figcaption { h3 { (name) } p { (caption) } } (PreEscaped(svg)) } }
        };
        Ok(html! {
            div.pair {
                (figure(&roc, "ROC curve", html! {
                    "Further up and to the left is better. The dot is a threshold of one half: hm% "
                    (format!("{:.2}", hm.value)) ", sm% " (format!("{:.2}", sm.value)) "."
                }))
                @if let Some(learning) = learning {
                    (figure(&learning, "Learning curve", html! {
                        span.key.accent { "1-ROCA% so far" } ", and in each twenty-fifth of the mail "
                        span.key.ham { "hm%" } " and " span.key.spam { "sm%" } " at one half."
                    }))
                } @else {
                    (self.table())
                }
                (figure(&reliability, "Reliability", html! {
                    "On the dashed line, of the messages given a probability of spam so many are spam; bars are 95 % intervals. ECE "
                    (format!("{:.2}", ece.value)) " %. Larger points are more messages."
                }))
                (figure(&histogram, "Scores", html! {
                    span.key.spam { "Spam" } " upwards, " span.key.ham { "ham" }
                    " downwards; beyond the dashed line they are misclassified."
                }))
            }
        })
    }

    fn table(&self) -> Markup {
        html! {
            div.panel {
                table {
                    thead { tr {
                        th scope="col" { "measure" }
                        th.number scope="col" { "value" }
                        th.number scope="col" { "95 % interval" }
                    } }
                    tbody {
                        @for (name, figure, digits) in self.summary.rows() {
                            tr {
                                th scope="row" { (name) }
                                td.number { (format!("{:.digits$}", figure.value)) }
                                td.number { (range(&figure, digits)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn range(figure: &Interval, digits: usize) -> String {
    format!("{:.digits$} – {:.digits$}", figure.low, figure.high)
}

/// A round score that all but one in two hundred messages stay below, whose quarters are whole.
fn score_limit(judged: &[Judged]) -> f64 {
    let mut magnitudes: Vec<f64> = judged.iter().map(|one| one.score.abs()).collect();
    magnitudes.sort_by(f64::total_cmp);
    let most = magnitudes.get(magnitudes.len() * 199 / 200).copied().unwrap_or(1.0);
    4.0 * (most / 4.0).ceil().clamp(1.0, 1e6)
}

fn list(title: &str, class: &str, mistakes: &[Mistake]) -> Markup {
    html! {
        div.panel {
            h3 class=(class) { (title) }
            @if mistakes.is_empty() { p { "None." } }
            @for (i, mistake) in mistakes.iter().enumerate() {
                @let Judged { path, score, class, evidence, .. } = &mistake.judged;
                details open[i == 0] {
                    summary {
                        bdi { (or(&mistake.subject, "no subject")) }
                        small {
                            (format!("{:.2} %", 100.0 * mistake.judged.probability())) " spam, log-odds "
                            (format!("{score:+.1}"))
                            @if *class == Class::Unsure { ", called unsure" }
                            " · from " bdi { (or(&mistake.from, "nobody")) }
                            " · " bdi { (visible(path)) }
                        }
                    }
                    (pulls(evidence))
                }
            }
        }
    }
}

fn features(title: &str, class: &str, features: &[Evidence]) -> Markup {
    html! {
        div.panel {
            h3 class=(class) { (title) }
            @if features.is_empty() { p { "None that has a name." } }
            (pulls(features))
        }
    }
}

/// Features with their pulls and bars as long.
fn pulls(evidence: &[Evidence]) -> Markup {
    let largest = evidence.iter().map(|one| one.pull.abs()).fold(f64::MIN_POSITIVE, f64::max);
    html! {
        table {
            @for Evidence { feature, pull } in evidence {
                tr {
                    td.number { (format!("{pull:+.2}")) }
                    td class=(if *pull > 0.0 { "bar spam" } else { "bar ham" }) {
                        span style=(format!("width:{:.0}%", 100.0 * pull.abs() / largest)) {}
                    }
                    td { code { (visible(feature)) } }
                }
            }
        }
    }
}

fn or(text: &str, absent: &str) -> String {
    if text.trim().is_empty() { absent.into() } else { visible(text) }
}

/// Text of which no part is invisible or moves another.
fn visible(text: &str) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label::{Ham, Spam};
    use crate::train::metrics::tests::judged;

    fn page(subject: &str) -> String {
        let mut run = judged(&[(3.0, Spam), (-4.0, Spam), (-2.0, Ham), (1.0, Ham), (2.0, Ham)]);
        run[1].evidence = vec![Evidence { feature: format!("subject:{subject}"), pull: -3.5 }];
        let [ham, spam] = worst(&run, 20);
        assert_eq!((&ham[..], &spam[..]), (&[4, 3][..], &[1][..]));
        let mistake = |i: &usize| Mistake {
            judged: run[*i].clone(),
            subject: subject.into(),
            from: format!("{subject} <a@b>"),
        };
        let report = Report {
            facts: vec![("protocol", "kfold:5".into())],
            judged: &run,
            summary: &Summary::of(&run).unwrap(),
            stream: true,
            worst: [ham.iter().map(mistake).collect(), spam.iter().map(mistake).collect()],
            strongest: [Vec::new(), vec![Evidence { feature: "subject:<b>".into(), pull: 2.0 }]],
        };
        report.html().unwrap()
    }

    #[test]
    fn mail_cannot_become_markup() {
        let page = page("</title><script>alert(1)</script>\u{202e}\"&");
        assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains('\u{202e}'));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\u{fffd}&quot;&amp;"));
    }

    #[test]
    fn the_page_needs_nothing_else_and_names_its_figures() {
        let page = page("hello");
        for absent in ["src=", "href=", "url(", "@import", "<script"] {
            assert!(!page.contains(absent), "{absent}");
        }
        assert_eq!(page.matches("<svg role=\"img\"").count(), 4);
        assert_eq!(page.matches("<title>").count(), 5);
        assert!(page.contains("hello &lt;a@b&gt;") && page.contains("-3.50"));
    }

    #[test]
    fn scores_are_drawn_up_to_a_round_limit() {
        assert_eq!(score_limit(&judged(&[(3.0, Spam), (-9.5, Ham)])), 12.0);
        assert_eq!(score_limit(&judged(&[(0.0, Spam)])), 4.0);
        assert_eq!(score_limit(&[]), 4.0);
    }
}
