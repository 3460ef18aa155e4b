//! Prints the results as Markdown.

use super::abuse::{Got, Kind};
use super::stats::{Phase, Stats};
use super::{ABUSIVE, Memory};
use std::fmt::Display;

pub(crate) fn print(players: usize, stats: &Stats, memory: &[Memory; 2], abuse: &[(Kind, Got)]) {
    let [alone, abused] = [Phase::Alone, Phase::Abused].map(|phase| stats.of(phase));
    println!("| {players} well-behaved connections | alone | with {ABUSIVE} abusive ones |");
    println!("|---|---|---|");
    row("replies, all correct", alone.replies(), abused.replies());
    row("events, all correct", alone.events(), abused.events());
    row("of which folded", alone.folded(), abused.folded());
    for (permille, name) in [(500, "p50"), (990, "p99"), (999, "p99.9")] {
        let name = format!("reply latency, {name}");
        row(
            &name,
            millis(alone.percentile(permille)),
            millis(abused.percentile(permille)),
        );
    }
    let [before, during] = memory;
    row(
        "memory at the start and after each tenth, MB",
        megabytes(before),
        megabytes(during),
    );
    let errors = stats.errors();
    println!(
        "\nErrors and wrong, missing or duplicate replies and events of the well-behaved connections: {errors}.\n"
    );
    println!("| abusive | number | connections | replies | ends |");
    println!("|---|---|---|---|---|");
    for (kind, got) in abuse {
        let (name, number, connections) = (kind.name(), kind.number(), got.connections);
        let (answers, ends) = (list(&got.answers), list(&got.ends));
        println!("| {name} | {number} | {connections} | {answers} | {ends} |");
    }
}

fn row(name: &str, alone: impl Display, abused: impl Display) {
    println!("| {name} | {alone} | {abused} |");
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures of three digits are shown"
)]
fn millis(micros: u64) -> String {
    format!("{:.2} ms", micros as f64 / 1_000.0)
}

fn megabytes(memory: &Memory) -> String {
    let rounded = memory
        .iter()
        .map(|kib| (kib * 1024 / 1_000_000).to_string());
    rounded.collect::<Vec<_>>().join(" ")
}

fn list<'a>(counts: impl IntoIterator<Item = (&'a String, &'a u64)>) -> String {
    let counts = counts.into_iter();
    let counted: Vec<_> = counts
        .map(|(what, many)| format!("{many} {what}"))
        .collect();
    counted.join(", ")
}
