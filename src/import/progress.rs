//! The progress of a long command: a bar on a terminal, a line every ten seconds elsewhere, both on standard error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// The interval between lines where there is no terminal.
const PERIOD: Duration = Duration::from_secs(10);
const BAR: &str = "{msg} [{bar:40}] {pos}/{len} {per_sec} left {eta}";

/// Counts the work that is done.
pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    total: u64,
    done: u64,
    started: Instant,
    printed: Instant,
}

impl Progress {
    /// Starts to count `total` of `what`, such as `users`.
    pub fn of(what: &'static str, total: u64) -> Self {
        let target =
            if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target).with_message(what);
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style.progress_chars("#>-"));
        }
        let now = Instant::now();
        Self { bar, what, total, done: 0, started: now, printed: now }
    }

    /// Counts this many more.
    pub fn advance(&mut self, more: usize) {
        self.done += u64::try_from(more).unwrap_or_default();
        self.bar.set_position(self.done);
        if self.bar.is_hidden() && self.printed.elapsed() >= PERIOD {
            self.printed = Instant::now();
            self.print();
        }
    }

    /// Restores the terminal.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }

    fn print(&self) {
        let seconds = self.started.elapsed().as_secs().max(1);
        let rate = (self.done / seconds).max(1);
        let left = self.total.saturating_sub(self.done) / rate;
        let line = format!("{} of {} {}, {rate} a second, {left} s left\n", self.done, self.total, self.what);
        // A failed write is ignored: progress is not essential.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}
