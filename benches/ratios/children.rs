//! Processes on the server's core.

use super::Result;
use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// Clock ticks a second in `/proc` (`USER_HZ`, the same on every Linux that we run on).
const TICKS_PER_SECOND: f64 = 100.0;

/// The two cores of a run.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// The first two that this process may use.
    pub fn choose() -> Result<Self> {
        let usable = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| usable.is_set(*core));
        match (cores.next(), cores.next()) {
            (Some(server), Some(load)) => Ok(Self { server, load }),
            _ => Err("two cores are needed: one for the server, one for the load".into()),
        }
    }

    /// Keeps this thread, which makes the load, on its core.
    pub fn pin_load(self) -> Result<()> {
        pin(self.load)
    }

    /// Starts a process on the server's core; it inherits the affinity from this thread.
    pub fn start(self, command: &mut Command) -> Result<Process> {
        pin(self.server)?;
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        pin(self.load)?;
        let mut child = started?;
        let output = child.stdout.take().map(BufReader::new).ok_or("a child without output")?;
        Ok(Process { child, output })
    }
}

fn pin(core: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(None, &only)?)
}

/// Ten thousand sockets need as many files, here and in the servers, which inherit the limit.
pub fn raise_file_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

/// This very program, to be run as a baseline.
pub fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}

/// A process on the server's core; it ends when this is dropped.
pub struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// What follows `mark` up to the next blank, in the first line that has it.
    pub fn read_after(&mut self, mark: &str) -> Result<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line)? > 0 {
            if let Some((_, rest)) = line.split_once(mark) {
                return Ok(rest.split_whitespace().next().unwrap_or_default().to_owned());
            }
            line.clear();
        }
        Err(format!("a child ended without saying `{mark}`").into())
    }

    /// Its resident memory, in KiB.
    pub fn resident_kib(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?)
    }

    /// Begins to watch how busy it is, and how busy the load is.
    pub fn watch(&self) -> Result<Busy> {
        let (server, load) = (self.child.id(), std::process::id());
        Ok(Busy { since: Instant::now(), before: [cpu_time(server)?, cpu_time(load)?], of: [server, load] })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error says that it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How much of their cores the server and the load use.
pub struct Busy {
    since: Instant,
    of: [u32; 2],
    before: [Duration; 2],
}

impl Busy {
    /// The shares of one core since the watch began: the server's, the load's.
    pub fn shares(&self) -> Result<[f64; 2]> {
        let elapsed = self.since.elapsed().as_secs_f64();
        let share = |i: usize| -> Result<f64> { Ok((cpu_time(self.of[i])? - self.before[i]).as_secs_f64() / elapsed) };
        Ok([share(0)?, share(1)?])
    }
}

fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name may hold blanks: fields are counted after its closing bracket.
    let fields = stat.rsplit_once(')').ok_or("no /proc/<pid>/stat")?.1;
    let ticks =
        fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
}
