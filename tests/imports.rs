//! Prints the imports inside a crate: `cargo run -p sockful-tests --example imports [package]`.

mod architecture {
    pub(crate) mod circles;
    pub(crate) mod imports;
    pub(crate) mod packages;
    pub(crate) mod rules;
    pub(crate) mod source;
}

use architecture::imports::Imports;
use architecture::rules::{Layers, file_circles, folder};
use architecture::{packages::PACKAGES, source};
use std::collections::{BTreeMap, BTreeSet};

fn main() {
    let package = std::env::args().nth(1);
    let is_wanted = |name: &str| {
        package
            .as_deref()
            .is_none_or(|package| name.contains(package))
    };
    for layers in PACKAGES.iter().filter(|layers| is_wanted(layers.package)) {
        let sources = source::read(layers.package);
        let imports = Imports::new(&sources);
        print(layers, &imports);
        print_circles("circles of files", &imports);
        let title = "circles of files if re-exports are followed (not checked)";
        print_circles(title, &Imports::through_exports(&sources));
        section(
            "broken rules",
            &layers.check(&imports).into_iter().collect(),
        );
        println!();
    }
}

fn print(layers: &Layers, imports: &Imports) {
    let (files, edges) = (imports.files.len(), imports.edges.len());
    let is_enforced = if layers.is_enforced {
        "checked"
    } else {
        "not checked yet"
    };
    println!(
        "{}: {files} files, {edges} imports, {is_enforced}",
        layers.package
    );
    folder_arrows(imports);
    let against: BTreeSet<String> = imports
        .edges
        .iter()
        .filter(|((from, to), _)| layers.folder_problem(from, to).is_some())
        .map(arrow)
        .collect();
    section("imports against the direction", &against);
    let folders = imports.files.keys().filter_map(|path| folder(path));
    let unlisted = folders.filter(|it| !layers.folders.contains(it));
    let unlisted: BTreeSet<String> = unlisted.map(str::to_owned).collect();
    section("folders that are not in the list", &unlisted);
}

fn print_circles(title: &str, imports: &Imports) {
    let circles = file_circles(imports, |_, _| false);
    println!("\n{title}: {}", circles.len());
    for circle in circles {
        println!("  {} files, shortest:", circle.nodes.len());
        println!("    {}", circle.shortest.join(" -> "));
        println!("  imports inside:");
        for edge in &imports.edges {
            let (from, to) = (edge.0.0.as_str(), edge.0.1.as_str());
            let is_inside = circle.nodes.contains(from) && circle.nodes.contains(to);
            if is_inside && !imports.are_parent_and_child(from, to) {
                println!("    {}", arrow(edge));
            }
        }
    }
}

fn folder_arrows(imports: &Imports) {
    let mut arrows: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (from, to) in imports.edges.keys() {
        if let (Some(from), Some(to)) = (folder(from), folder(to))
            && from != to
        {
            *arrows.entry((from, to)).or_default() += 1;
        }
    }
    println!("\nfolder -> folder: {}", arrows.len());
    for ((from, to), count) in arrows {
        println!("  {from} -> {to}: {count}");
    }
}

fn arrow(((from, to), paths): (&(String, String), &BTreeSet<String>)) -> String {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    format!("{from} -> {to} ({})", paths.join(", "))
}

fn section(title: &str, lines: &BTreeSet<String>) {
    println!("\n{title}: {}", lines.len());
    for line in lines {
        println!("  {line}");
    }
}
