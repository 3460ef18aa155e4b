//! Draws an SVG plot with two logarithmic axes, in light or dark colours as the reader prefers.

use std::fmt::Write;

/// The position and size of the plot area.
const LEFT: f64 = 72.0;
const TOP: f64 = 72.0;
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 320.0;

const STYLE: &str = "\
    svg { --ground: #fff; --ink: #22252b; --soft: #5d626c; --line: #e2dfd8; }
    .s0 { --own: #0b6e6e; } .s1 { --own: #8a5a00; } .s2 { --own: #7a3fa0; } .s3 { --own: #b3352b; }
    .s4 { --own: #2f5fb3; } .s5 { --own: #5d7a1f; }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #16181c; --ink: #e6e4df; --soft: #a4a9b2; --line: #33373f; }
      .s0 { --own: #5cc4bd; } .s1 { --own: #e0b050; } .s2 { --own: #c79be6; } .s3 { --own: #f0897f; }
      .s4 { --own: #86aef0; } .s5 { --own: #b2cf6e; }
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

/// The content of a plot: microseconds by a number.
pub(crate) struct Plot<'a> {
    /// The title and description for screen readers.
    pub(crate) title: &'a str,
    pub(crate) what: &'a str,
    /// The heading above the plot.
    pub(crate) heading: &'a str,
    pub(crate) measure: &'a str,
    /// The label of the horizontal axis, and its range in powers of ten.
    pub(crate) across: &'a str,
    pub(crate) decades: (i32, i32),
    /// A constant cost, drawn as a line.
    pub(crate) alone: Option<(&'a str, f64)>,
    pub(crate) series: &'a [Series],
}

pub(crate) struct Series {
    pub(crate) name: String,
    /// The number and the cost.
    pub(crate) points: Vec<(usize, f64)>,
}

/// Maps values to coordinates.
struct Scale {
    /// The decades of the number at the left and right edge.
    decades: (i32, i32),
    /// The decades of microseconds at the bottom and top edge.
    low: i32,
    high: i32,
}

impl Scale {
    fn of(plot: &Plot<'_>) -> Self {
        let points = plot.series.iter().flat_map(|series| &series.points);
        let alone = plot.alone.map(|(_, cost)| cost);
        let all = points.map(|(_, cost)| *cost).chain(alone);
        let (least, most) = all.fold((f64::MAX, f64::MIN), |(least, most), cost| {
            (least.min(cost), most.max(cost))
        });
        #[expect(clippy::cast_possible_truncation, reason = "decades are few")]
        let (low, high) = (least.log10().floor() as i32, most.log10().ceil() as i32);
        Self {
            decades: plot.decades,
            low,
            high,
        }
    }

    fn x(&self, number: f64) -> f64 {
        let (first, last) = (f64::from(self.decades.0), f64::from(self.decades.1));
        LEFT + (number.log10() - first) / (last - first) * WIDTH
    }

    fn y(&self, cost: f64) -> f64 {
        let share = (cost.log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        TOP + HEIGHT - share * HEIGHT
    }
}

pub(crate) fn draw(plot: &Plot<'_>) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_all(plot, &mut out);
    out
}

fn write_all(plot: &Plot<'_>, out: &mut String) -> std::fmt::Result {
    let scale = Scale::of(plot);
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 460" role="img" aria-labelledby="title what">
<title id="title">{}</title>
<desc id="what">{}</desc>
<style>
{STYLE}</style>
<rect class="ground" width="760" height="460"/>
<text class="title" x="{LEFT}" y="30">{}</text>
<text x="{LEFT}" y="50">{}</text>"#,
        plot.title, plot.what, plot.heading, plot.measure
    )?;
    for decade in plot.decades.0..=plot.decades.1 {
        let (number, label) = (10_f64.powi(decade), thousands(decade));
        let x = scale.x(number);
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
        r#"<text x="{middle}" y="{:.1}" text-anchor="middle">{}</text>"#,
        bottom + 44.0,
        plot.across
    )?;
    if let Some((_, cost)) = plot.alone {
        let y = scale.y(cost);
        writeln!(
            out,
            r#"<line class="alone" x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#
        )?;
    }
    // The legend is in the order of the lines at the right edge.
    let mut order: Vec<_> = plot.series.iter().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| last(b).total_cmp(&last(a)));
    for (place, (nth, series)) in (0_u8..).zip(order) {
        let _ = write_series(nth, series, &scale, f64::from(place), out);
    }
    if let Some((name, cost)) = plot.alone {
        let series = u32::try_from(plot.series.len()).unwrap_or(0);
        let y = TOP + 12.0 + 52.0 * f64::from(series);
        writeln!(
            out,
            r#"<line class="alone" x1="{:.1}" x2="{:.1}" y1="{y}" y2="{y}"/>
<text class="name" x="{:.1}" y="{:.1}">{name}</text>
<text x="{:.1}" y="{:.1}">{cost:.1} µs</text>"#,
            right + 14.0,
            right + 32.0,
            right + 40.0,
            y + 4.0,
            right + 40.0,
            y + 21.0,
        )?;
    }
    writeln!(out, "</svg>")
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
        (scale.x(number.into()), scale.y(cost))
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

/// Each series has its own shape, so that colour is not the only difference.
fn write_mark(nth: usize, x: f64, y: f64, out: &mut String) -> std::fmt::Result {
    let shape = match nth {
        0 => "m-5,-5h10v10h-10z",
        1 => "m0,-6l6,6l-6,6l-6,-6z",
        2 => "m0,-6l6,10h-12z",
        3 => "m-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
        4 => "m0,6l6,-10h-12z",
        _ => "m-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
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
