//! The figures of a report, as SVG to stand in HTML. Colours are keys that the style sheet replaces, so
//! that figures follow the reader's light or dark scheme.

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;

use crate::error::{Error, Result};
use crate::train::curves::{Progress, Reliability};

const SIZE: (u32, u32) = (900, 620);

const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
const ACCENT: RGBColor = RGBColor(3, 3, 3);
const HAM: RGBColor = RGBColor(4, 4, 4);
const SPAM: RGBColor = RGBColor(5, 5, 5);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Axes<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// One axis, from its first tick to its last.
#[derive(Clone)]
struct Axis {
    title: &'static str,
    from: f64,
    to: f64,
    /// Where there is a line, and what it says.
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis on which a value stands where `place` says.
    fn new(
        title: &'static str,
        ticks: &[f64],
        place: impl Fn(f64) -> f64,
        name: impl Fn(f64) -> String,
    ) -> Self {
        let ticks: Vec<(f64, String)> = ticks.iter().map(|&tick| (place(tick), name(tick))).collect();
        let from = ticks.first().map_or(0.0, |tick| tick.0);
        let to = ticks.last().map_or(1.0, |tick| tick.0);
        Axis { title, from, to, ticks }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from).max(f64::MIN_POSITIVE);
        start + (share * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.0).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|tick| tick.0 == *value).map_or_else(String::new, |tick| tick.1.clone())
    }
}

/// Draws a figure; `title` is what readers who cannot see it are told.
fn figure(title: &str, draw: impl FnOnce(&Area<'_>) -> std::result::Result<(), PlotError>) -> Result<String> {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&area).and_then(|()| area.present())
    };
    drawn.map_err(|e| Error::Data(format!("drawing `{title}`: {e}")))?;
    let (width, height) = SIZE;
    let start = format!("<svg width=\"{width}\" height=\"{height}\" ");
    let title = maud::html! { title { (title) } }.into_string();
    let rest = svg.strip_prefix(&start).unwrap_or(&svg);
    let (attributes, rest) = rest.split_once('>').unwrap_or((rest, ""));
    Ok(format!("<svg role=\"img\" {attributes}>{title}{rest}"))
}

type PlotError = DrawingAreaErrorKind<std::io::Error>;

fn axes<'a>(area: &Area<'a>, x: &Axis, y: &Axis) -> std::result::Result<Axes<'a>, PlotError> {
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .margin_right(44)
        .x_label_area_size(64)
        .y_label_area_size(92)
        .build_cartesian_2d(x.clone(), y.clone())?;
    let text = ("sans-serif", 25).into_font().color(&INK);
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(INK.mix(0.6))
        .label_style(text.clone())
        .axis_desc_style(text)
        .x_desc(x.title)
        .y_desc(y.title)
        .draw()?;
    Ok(chart)
}

fn logit(percent: f64) -> f64 {
    let share = percent / 100.0;
    (share / (1.0 - share)).ln()
}

/// Percentages that have a line on a logarithmic axis.
const DECADES: [f64; 6] = [0.001, 0.01, 0.1, 1.0, 10.0, 50.0];

/// The lines from the last one below the share of one in `messages`.
fn decades(messages: usize) -> &'static [f64] {
    let one = 100.0 / messages.max(1) as f64;
    let first = DECADES.iter().rposition(|&decade| decade <= one).unwrap_or(0);
    &DECADES[first.min(3)..]
}

/// The ROC curve as the TREC Spam Track draws it: hm% to the right, sm% downwards, both on logit axes,
/// with the point that a threshold of one half has. Shares of nothing lie on the border.
pub(super) fn roc(corners: &[[f64; 2]], messages: [usize; 2], half: [f64; 2]) -> Result<String> {
    let ticks = messages.map(decades);
    let place = |which: usize, percent: f64| {
        let (first, last) = (ticks[which][0], ticks[which][ticks[which].len() - 1]);
        let at = logit(percent.clamp(first, last));
        if which == 0 { at } else { -at }
    };
    let name = |percent: f64| format!("{percent}");
    let x = Axis::new("ham misclassified, % (logit scale)", ticks[0], |p| place(0, p), name);
    let upwards: Vec<f64> = ticks[1].iter().rev().copied().collect();
    let y = Axis::new("spam misclassified, % (logit scale)", &upwards, |p| place(1, p), name);
    let at = |point: [f64; 2]| (place(0, point[0]), place(1, point[1]));
    let line = thinned(corners.iter().map(|&corner| at(corner)), [x.to - x.from, y.to - y.from]);
    figure("ROC curve: spam misclassified against ham misclassified", |area| {
        let mut chart = axes(area, &x, &y)?;
        chart.draw_series(LineSeries::new(line, ACCENT.stroke_width(4)))?;
        chart.draw_series([Circle::new(at(half), 9, ACCENT.filled())])?;
        Ok(())
    })
}

/// Drops points that would be drawn where the one before is.
fn thinned(points: impl Iterator<Item = (f64, f64)>, [width, height]: [f64; 2]) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        let near = |last: &(f64, f64)| {
            (point.0 - last.0).abs() < width / 2000.0 && (point.1 - last.1).abs() < height / 2000.0
        };
        if !kept.last().is_some_and(near) {
            kept.push(point);
        }
    }
    kept
}

/// The learning curve: 1-ROCA% so far, and hm% and sm% of each window, on a logarithmic axis. What is less
/// than its first line lies on that.
pub(super) fn learning(curve: &[Progress]) -> Result<String> {
    let shown = curve.iter().flat_map(|at| [at.one_minus_roca, at.window_hm, at.window_sm]).flatten();
    let (least, most) = shown
        .filter(|percent| *percent > 0.0)
        .fold((0.1f64, 1.0f64), |(least, most), percent| (least.min(percent), most.max(percent)));
    let lines = least.log10().floor().max(-4.0) as i32..=most.log10().ceil() as i32;
    let lines: Vec<f64> = lines.map(|decade| 10f64.powi(decade)).collect();
    let lowest = lines[0];
    let place = |percent: f64| percent.max(lowest).log10();
    let messages = curve.last().map_or(1, |last| last.messages);
    let x = Axis::new("messages", &round_steps(messages), |n| n, |n| grouped(n as usize));
    let x = Axis { to: messages as f64, ..x };
    let name = |percent: f64| if percent == lowest { format!("≤ {percent}") } else { format!("{percent}") };
    let y = Axis::new("% (logarithmic)", &lines, place, name);
    let series = |figure: &dyn Fn(&Progress) -> Option<f64>| {
        let points = curve.iter().filter_map(|at| Some((at.messages as f64, place(figure(at)?))));
        points.collect::<Vec<_>>()
    };
    figure("Learning curve: errors over the messages of the stream", |area| {
        let mut chart = axes(area, &x, &y)?;
        for (colour, window) in [(HAM, series(&|at| at.window_hm)), (SPAM, series(&|at| at.window_sm))] {
            chart.draw_series(window.iter().map(|&at| Circle::new(at, 6, colour.filled())))?;
        }
        chart.draw_series(LineSeries::new(series(&|at| at.one_minus_roca), ACCENT.stroke_width(4)))?;
        Ok(())
    })
}

/// A number with a comma after every third digit.
pub(super) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let head = digits.len() % 3;
    let mut grouped = digits[..head].to_owned();
    for (i, digit) in digits[head..].chars().enumerate() {
        if i % 3 == 0 && !grouped.is_empty() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Round numbers from 0 up to `end`, some five of them.
fn round_steps(end: usize) -> Vec<f64> {
    let rough = (end.max(1) as f64 / 5.0).max(1.0);
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|n| n * decade).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    (0..=(end as f64 / step) as usize).map(|i| i as f64 * step).collect()
}

/// The reliability diagram: the share of spam in each bin against the probability that was given, with
/// its 95 % interval (Wilson 1927). The area of a point grows with the logarithm of its messages.
pub(super) fn reliability(bins: &[Reliability]) -> Result<String> {
    let ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let percent = |share: f64| format!("{:.0}", 100.0 * share);
    let x = Axis::new("probability of spam given, %", &ticks, |p| p, percent);
    let y = Axis::new("spam in truth, %", &ticks, |p| p, percent);
    let radius = |bin: &Reliability| (5.0 * (1.0 + (bin.messages as f64).log10()).sqrt()) as i32;
    figure("Reliability diagram: share of spam against the probability given", |area| {
        let mut chart = axes(area, &x, &y)?;
        chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (1.0, 1.0)], 8, 8, INK.mix(0.6).into()))?;
        for bin in bins {
            let (low, high) = wilson(bin.was, bin.messages as f64);
            chart
                .draw_series(LineSeries::new([(bin.said, low), (bin.said, high)], ACCENT.stroke_width(2)))?;
            chart.draw_series([Circle::new((bin.said, bin.was), radius(bin), ACCENT.filled())])?;
        }
        Ok(())
    })
}

/// The 95 % interval of a share that was observed in so many messages.
fn wilson(share: f64, of: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let centre = share + Z * Z / (2.0 * of);
    let half = Z * (share * (1.0 - share) / of + Z * Z / (4.0 * of * of)).sqrt();
    let scale = 1.0 + Z * Z / of;
    ((centre - half) / scale, (centre + half) / scale)
}

/// How many messages of each class have which score: spam upwards, ham downwards, logarithmically.
pub(super) fn histogram(counts: &[[usize; 2]], limit: f64) -> Result<String> {
    let height = |n: usize| (1.0 + n as f64).log10();
    let most = counts.iter().flatten().copied().max().unwrap_or(1);
    let up: Vec<f64> = (0..=most.max(2).ilog10() + 1).map(|decade| 10f64.powi(decade as i32)).collect();
    let mirrored: Vec<f64> = up.iter().rev().map(|n| -n).chain([0.0]).chain(up.iter().copied()).collect();
    let y = Axis::new(
        "ham and spam messages",
        &mirrored,
        |n| n.signum() * (1.0 + n.abs()).log10() * f64::from(n != 0.0),
        |n| if n.abs() == 1.0 { String::new() } else { grouped(n.abs() as usize) },
    );
    let x_ticks: Vec<f64> = (-4..=4).map(|i| limit * f64::from(i) / 4.0).collect();
    let x = Axis::new("score (log-odds of spam)", &x_ticks, |s| s, |s| format!("{s}"));
    let width = 2.0 * limit / counts.len() as f64;
    let bars = |class: usize, direction: f64, colour: RGBColor| {
        counts.iter().enumerate().filter(move |(_, of)| of[class] > 0).map(move |(i, of)| {
            let left = -limit + i as f64 * width;
            let corners = [(left + 0.05 * width, 0.0), (left + 0.95 * width, direction * height(of[class]))];
            Rectangle::new(corners, colour.filled())
        })
    };
    figure("Scores of ham and spam", |area| {
        let mut chart = axes(area, &x, &y)?;
        chart.draw_series(bars(1, 1.0, SPAM))?;
        chart.draw_series(bars(0, -1.0, HAM))?;
        let zero = [(0.0, y.from), (0.0, y.to)];
        chart.draw_series(DashedLineSeries::new(zero, 8, 8, INK.mix(0.6).into()))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_begin_below_what_one_message_is_worth() {
        assert_eq!(decades(50), [1.0, 10.0, 50.0]);
        assert_eq!(decades(1000), [0.1, 1.0, 10.0, 50.0]);
        assert_eq!(decades(1_000_000), DECADES);
        assert_eq!(decades(0), [1.0, 10.0, 50.0]);
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(round_steps(37_822), [0.0, 10_000.0, 20_000.0, 30_000.0]);
        assert_eq!(round_steps(6), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(round_steps(0), [0.0]);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 12, 123, 1234, 75_419, 1_000_000].map(grouped),
            ["0", "12", "123", "1,234", "75,419", "1,000,000"]
        );
    }

    #[test]
    fn wilsons_interval_by_hand() {
        // Of 10, 1: (0.1 + 0.19207 ± 0.22403) / 1.38415.
        let (low, high) = wilson(0.1, 10.0);
        assert!((low - 0.0179).abs() < 1e-4 && (high - 0.4042).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn figures_have_titles_and_scale() {
        let svg =
            roc(&[[0.0, 100.0], [0.0, 3.0], [20.0, 0.0], [100.0, 0.0]], [100, 100], [1.0, 2.0]).unwrap();
        let start =
            "<svg role=\"img\" viewBox=\"0 0 900 620\" xmlns=\"http://www.w3.org/2000/svg\"><title>ROC";
        assert!(svg.starts_with(start), "{}", &svg[..200]);
        assert!(svg.trim_end().ends_with("</svg>"));
        assert!(histogram(&[[0, 0], [3, 5_000]], 4.0).unwrap().contains("<title>Scores"));
        assert!(learning(&[]).unwrap().contains("<title>Learning"));
        assert!(reliability(&[]).unwrap().contains("<title>Reliability"));
    }
}
