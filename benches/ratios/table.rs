//! The table of results. Each row is printed as soon as it has been measured.

use super::stats::median;

/// The goal for a ratio.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// For comparison only.
    None,
}

/// The table.
pub struct Table(());

/// The figures of one side, one per round.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<f64>);

impl Figures {
    /// No figures yet, for two sides.
    pub fn of_two() -> [Self; 2] {
        [Self::default(), Self::default()]
    }

    /// Adds the figure of a round.
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }
}

impl Table {
    /// Prints the header.
    pub fn start() -> Self {
        println!("| case | against | Marbelle | bare | ratio | goal | |");
        println!("| --- | --- | ---: | ---: | ---: | --- | --- |");
        Self(())
    }

    /// Prints a row: the medians of the rounds, and their ratio.
    pub fn row(&mut self, case: &str, against: &str, ours: &Figures, bare: &Figures, goal: Goal) {
        eprintln!("{case}: {:.1?}, {against}: {:.1?}", ours.0, bare.0);
        let (ours, bare) = (median(&ours.0), median(&bare.0));
        let ratio = ours / bare;
        let (goal, verdict) = match goal {
            Goal::AtLeast(goal) => (format!("≥ {goal}"), verdict(ratio >= goal)),
            Goal::AtMost(goal) => (format!("≤ {goal}"), verdict(ratio <= goal)),
            Goal::None => (String::new(), ""),
        };
        println!("| {case} | {against} | {} | {} | {ratio:.2} | {goal} | {verdict} |", figure(ours), figure(bare));
    }

    /// Prints a row of a single figure, whose goal is at most `limit`.
    pub fn limit(&mut self, case: &str, ours: &Figures, limit: f64) {
        let ours = median(&ours.0);
        println!("| {case} | | {} | | | ≤ {limit} | {} |", figure(ours), verdict(ours <= limit));
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "**short**" }
}

fn figure(value: f64) -> String {
    match value {
        _ if value >= 1000.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
