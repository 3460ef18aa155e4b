//! The plot: an SVG with both axes logarithmic, which follows the reader's light or dark.

use super::cost::{Costs, Series};
use std::fmt::Write;

/// The room of the plot within the picture.
const LEFT: f64 = 72.0;
const TOP: f64 = 72.0;
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 320.0;

/// The numbers of subscriptions: from 1 to 10 to the power of this.
const DECADES: i32 = 4;

const STYLE: &str = "\
    svg { --ground: #fff; --ink: #22252b; --soft: #5d626c; --line: #e2dfd8; }
    .s0 { --own: #0b6e6e; } .s1 { --own: #8a5a00; } .s2 { --own: #7a3fa0; } .s3 { --own: #b3352b; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #16181c; --ink: #e6e4df; --soft: #a4a9b2; --line: #33373f; }
      .s0 { --own: #5cc4bd; } .s1 { --own: #e0b050; } .s2 { --own: #c79be6; } .s3 { --own: #f0897f; }
    }
    text { font: 13px system-ui, sans-serif; fill: var(--soft); }
    .title { font-size: 16px; font-weight: 600; fill: var(--ink); }
    .name { fill: var(--ink); }
    .ground { fill: var(--ground); }
    .grid { stroke: var(--line); }
    .alone { stroke: var(--soft); stroke-dasharray: 5 4; }
    polyline { fill: none; stroke: var(--own); stroke-width: 2; }
    .mark { fill: var(--own); }
";

/// Where things are drawn.
struct Scale {
    /// The decades of microseconds at the bottom and at the top.
    low: i32,
    high: i32,
}

impl Scale {
    fn of(costs: &Costs) -> Self {
        let points = costs.series.iter().flat_map(|series| &series.points);
        let all = points.map(|(_, cost)| *cost).chain([costs.alone]);
        let (least, most) = all.fold((f64::MAX, f64::MIN), |(least, most), cost| {
            (least.min(cost), most.max(cost))
        });
        #[expect(clippy::cast_possible_truncation, reason = "decades are few")]
        let (low, high) = (least.log10().floor() as i32, most.log10().ceil() as i32);
        Self { low, high }
    }

    fn x(number: f64) -> f64 {
        LEFT + number.log10() / f64::from(DECADES) * WIDTH
    }

    fn y(&self, cost: f64) -> f64 {
        let share = (cost.log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        TOP + HEIGHT - share * HEIGHT
    }
}

pub(crate) fn draw(costs: &Costs) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_all(costs, &mut out);
    out
}

fn write_all(costs: &Costs, out: &mut String) -> std::fmt::Result {
    let scale = Scale::of(costs);
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 460" role="img" aria-labelledby="title what">
<title id="title">The cost of one write by the number of subscriptions</title>
<desc id="what">Both axes are logarithmic. Subscriptions that a write does not concern and that ask for a value cost it nothing.</desc>
<style>
{STYLE}</style>
<rect class="ground" width="760" height="460"/>
<text class="title" x="{LEFT}" y="30">What one write costs the server</text>
<text x="{LEFT}" y="50">CPU time, µs, by the number of subscriptions</text>"#
    )?;
    for decade in 0..=DECADES {
        let (number, label) = (10_f64.powi(decade), thousands(decade));
        let x = Scale::x(number);
        writeln!(
            out,
            r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{TOP}" y2="{bottom}"/>
<text x="{x:.1}" y="{:.1}" text-anchor="middle">{label}</text>"#,
            bottom + 20.0
        )?;
    }
    for decade in scale.low..=scale.high {
        let (y, label) = (scale.y(10_f64.powi(decade)), thousands(decade));
        writeln!(
            out,
            r#"<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>
<text x="{:.1}" y="{:.1}" text-anchor="end">{label}</text>"#,
            LEFT - 8.0,
            y + 4.0
        )?;
    }
    let middle = LEFT + WIDTH / 2.0;
    writeln!(
        out,
        r#"<text x="{middle}" y="{:.1}" text-anchor="middle">subscriptions</text>"#,
        bottom + 44.0
    )?;
    let y = scale.y(costs.alone);
    writeln!(
        out,
        r#"<line class="alone" x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#
    )?;
    // The legend has the order of the lines' ends.
    let mut order: Vec<_> = costs.series.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| last(b).total_cmp(&last(a)));
    for (place, (nth, series)) in (0_u8..).zip(order) {
        let _ = write_series(nth, series, &scale, f64::from(place), out);
    }
    let y = TOP + 12.0 + 52.0 * 4.0;
    writeln!(
        out,
        r#"<line class="alone" x1="{:.1}" x2="{:.1}" y1="{y}" y2="{y}"/>
<text class="name" x="{:.1}" y="{:.1}">no subscription</text>
<text x="{:.1}" y="{:.1}">{:.1} µs</text>
</svg>"#,
        right + 14.0,
        right + 32.0,
        right + 40.0,
        y + 4.0,
        right + 40.0,
        y + 21.0,
        costs.alone
    )
}

/// Draws one line, and its entry in the legend.
fn write_series(
    nth: usize,
    series: &Series,
    scale: &Scale,
    place: f64,
    out: &mut String,
) -> std::fmt::Result {
    let places = series.points.iter().map(|&(number, cost)| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        (Scale::x(number.into()), scale.y(cost))
    });
    writeln!(out, r#"<g class="s{nth}">"#)?;
    write!(out, r#"<polyline points=""#)?;
    for (x, y) in places.clone() {
        write!(out, "{x:.1},{y:.1} ")?;
    }
    writeln!(out, r#""/>"#)?;
    for (x, y) in places {
        write_mark(nth, x, y, out)?;
    }
    let (x, y) = (LEFT + WIDTH + 23.0, TOP + 12.0 + 52.0 * place);
    write_mark(nth, x, y, out)?;
    let most = series.points.last().map_or(0, |(number, _)| *number);
    writeln!(
        out,
        r#"<text class="name" x="{:.1}" y="{:.1}">{}</text>
<text x="{:.1}" y="{:.1}">{} µs at {}</text>
</g>"#,
        x + 17.0,
        y + 4.0,
        series.name,
        x + 17.0,
        y + 21.0,
        figure(last(series)),
        grouped(most),
    )
}

/// Each series has a shape of its own, so that none is told by its colour alone.
fn write_mark(nth: usize, x: f64, y: f64, out: &mut String) -> std::fmt::Result {
    let shape = match nth {
        0 => "m-5,-5h10v10h-10z",
        1 => "m0,-6l6,6l-6,6l-6,-6z",
        2 => "m0,-6l6,10h-12z",
        _ => "m-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
    };
    writeln!(out, r#"<path class="mark" d="M{x:.1},{y:.1}{shape}"/>"#)
}

fn last(series: &Series) -> f64 {
    series.points.last().map_or(0.0, |(_, cost)| *cost)
}

fn figure(cost: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "costs are neither below 0 nor over some seconds"
    )]
    if cost < 1_000.0 {
        format!("{cost:.1}")
    } else {
        grouped(cost.round() as usize)
    }
}

/// 10 to the power of this.
fn thousands(decade: i32) -> String {
    match u32::try_from(decade) {
        Ok(decade) => grouped(10_usize.pow(decade)),
        Err(_) => format!("{}", 10_f64.powi(decade)),
    }
}

/// A number with a comma before each three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
