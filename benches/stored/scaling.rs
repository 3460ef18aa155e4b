//! The results for a growing number of records, as a table and a plot.

use super::median;
use super::plot::{Plot, Series, draw};
use super::reads::{Ask, ROUNDS, SIZES, Taken};

/// All results.
pub(crate) struct Scaling(pub(crate) Vec<Line>);

/// The results of one request and number in flight, for each size.
pub(crate) struct Line {
    ask: Ask,
    in_flight: usize,
    file: Vec<Taken>,
    memory: Vec<Taken>,
    /// The time in the file divided by the time in memory.
    ratio: Vec<f64>,
}

impl Line {
    /// Creates a line from the rounds of each size, alternately in the file and in memory.
    pub(crate) fn new(ask: Ask, in_flight: usize, taken: &[Vec<Taken>]) -> Self {
        let files = taken.iter().step_by(2);
        let memories = taken.iter().skip(1).step_by(2);
        let ratios = files.clone().zip(memories.clone()).map(|(file, memory)| {
            let both = file.iter().zip(memory);
            median(&mut both.map(|(a, b)| a.clock / b.clock).collect::<Vec<_>>())
        });
        Self {
            ask,
            in_flight,
            ratio: ratios.collect(),
            file: files.map(|taken| middle(taken)).collect(),
            memory: memories.map(|taken| middle(taken)).collect(),
        }
    }

    fn name(&self) -> &'static str {
        match self.ask {
            Ask::Get => "get",
            Ask::Find => "find, 20 of a kind",
            Ask::Range => "find, 20 from a level on",
            Ask::Create => "create",
        }
    }
}

fn middle(taken: &[Taken]) -> Taken {
    let of = |figure: fn(&Taken) -> f64| median(&mut taken.iter().map(figure).collect::<Vec<_>>());
    Taken {
        clock: of(|it| it.clock),
        cpu: of(|it| it.cpu),
    }
}

impl Scaling {
    pub(crate) fn print(&self) {
        println!(
            "medians of {ROUNDS} rounds; wall-clock µs per request, µs of the server's CPU time\n"
        );
        println!(
            "| | in flight | store | {} |",
            SIZES.map(|size| size.to_string()).join(" | ")
        );
        println!("|---|---|---|{}", "---|".repeat(SIZES.len()));
        for line in &self.0 {
            let row = |store: &str, cells: Vec<String>| {
                let (name, in_flight) = (line.name(), line.in_flight);
                println!("| {name} | {in_flight} | {store} | {} |", cells.join(" | "));
            };
            let figures = |taken: &[Taken]| {
                let figures = taken.iter();
                figures
                    .map(|it| format!("{:.1}, {:.1}", it.clock, it.cpu))
                    .collect()
            };
            row("file", figures(&line.file));
            row("memory", figures(&line.memory));
            let ratios = line.ratio.iter().map(|ratio| format!("{ratio:.2}"));
            row("ratio", ratios.collect());
        }
    }

    /// Plots the requests with 64 in flight.
    pub(crate) fn draw(&self) -> String {
        let drawn = self.0.iter();
        let drawn = drawn.filter(|line| line.in_flight > 1 && line.ask != Ask::Range);
        let series = drawn.flat_map(|line| {
            let stores = [(&line.file, "a file"), (&line.memory, "memory")];
            stores.map(|(taken, store)| Series {
                name: format!("{}: {store}", line.name()),
                points: SIZES
                    .into_iter()
                    .zip(taken.iter().map(|it| it.clock))
                    .collect(),
            })
        });
        draw(&Plot {
            title: "The time of one request by the number of records, in a file and in memory",
            what: "Both axes are logarithmic. From 1,000 to 1,000,000 records the lines rise little.",
            heading: "The time of one request, 64 in flight",
            measure: "wall-clock µs per request, by the number of records",
            across: "records",
            decades: (3, 6),
            alone: None,
            series: &series.collect::<Vec<_>>(),
        })
    }
}
