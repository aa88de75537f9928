//! Child processes, pinned to the server's core or the load's, and their memory and CPU time.

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

/// Clock ticks per second in `/proc` (`USER_HZ`, 100 on every supported Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// The two cores of a run.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// Chooses the first two cores that this process may use.
    pub fn choose() -> Result<Self> {
        let usable = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| usable.is_set(*core));
        match (cores.next(), cores.next()) {
            (Some(server), Some(load)) => Ok(Self { server, load }),
            _ => Err("two cores are needed: one for the server, one for the load".into()),
        }
    }

    /// Starts to measure how much other work runs on the two cores.
    pub fn watch_others(self) -> Result<Others> {
        Ok(Others { cores: self, since: Instant::now(), before: self.others()? })
    }

    /// The time that the two cores have spent on other processes since boot. Our children count as ours once they have ended.
    fn others(self) -> Result<Duration> {
        let stat = fs::read_to_string("/proc/stat")?;
        let mut ticks = 0.0;
        for core in [self.server, self.load] {
            let name = format!("cpu{core} ");
            let line = stat.lines().find_map(|line| line.strip_prefix(&name)).ok_or("a core has no statistics")?;
            // user nice system idle iowait irq softirq steal: all but idle and iowait count.
            let times: Vec<f64> =
                line.split_whitespace().take(8).map(str::parse).collect::<std::result::Result<_, _>>()?;
            ticks += times.iter().sum::<f64>() - times[3] - times[4];
        }
        let ours = ticks_of("self", 4)?;
        Ok(Duration::from_secs_f64(((ticks - ours) / TICKS_PER_SECOND).max(0.0)))
    }

    /// Pins this thread, which generates the load, to its core.
    pub fn pin_load(self) -> Result<()> {
        pin(self.load)
    }

    /// Runs a function that starts processes, which inherit this thread's affinity, on the server's core.
    pub fn on_server_core<T>(self, start: impl FnOnce() -> T) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        Ok(started)
    }

    /// Starts a process on the server's core.
    pub fn start(self, command: &mut Command) -> Result<Process> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        Process::of(self.on_server_core(|| command.spawn())??)
    }

    /// Starts a process on the load's core.
    pub fn start_load(self, command: &mut Command) -> Result<Process> {
        Process::of(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?)
    }
}

fn pin(core: usize) -> Result<()> {
    let mut only = CpuSet::new();
    only.set(core);
    Ok(sched_setaffinity(None, &only)?)
}

/// Raises the limit on open files to its maximum, here and in the servers, which inherit it: every socket takes one.
pub fn raise_file_limit() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?)
}

/// This program, to be run as a baseline.
pub fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}

/// A child process, which is killed when this is dropped.
pub struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn of(mut child: Child) -> Result<Self> {
        let output = child.stdout.take().map(BufReader::new).ok_or("a child process has no output")?;
        Ok(Self { child, output })
    }

    /// Reads lines up to the first that contains `mark`, and returns the word after it.
    pub fn read_after(&mut self, mark: &str) -> Result<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line)? > 0 {
            if let Some((_, rest)) = line.split_once(mark) {
                return Ok(rest.split_whitespace().next().unwrap_or_default().to_owned());
            }
            line.clear();
        }
        Err(format!("a child process ended without printing `{mark}`").into())
    }

    /// Its resident memory, in KiB.
    pub fn resident_kib(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?)
    }

    /// Starts to measure the CPU time of this process and of the load.
    pub fn watch(&self) -> Result<Busy> {
        let (server, load) = (self.child.id(), std::process::id());
        Ok(Busy { since: Instant::now(), before: [cpu_time(server)?, cpu_time(load)?], of: [server, load] })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU use of the server and of the load.
pub struct Busy {
    since: Instant,
    of: [u32; 2],
    before: [Duration; 2],
}

impl Busy {
    /// The shares of one core that the server and the load have used since `watch`.
    pub fn shares(&self) -> Result<[f64; 2]> {
        let elapsed = self.since.elapsed().as_secs_f64();
        let share = |i: usize| -> Result<f64> { Ok((cpu_time(self.of[i])? - self.before[i]).as_secs_f64() / elapsed) };
        Ok([share(0)?, share(1)?])
    }
}

/// Other work on the two cores.
pub struct Others {
    cores: Cores,
    since: Instant,
    before: Duration,
}

impl Others {
    /// Its share of the two cores since `watch_others`. Call this when every child process has ended.
    pub fn share(&self) -> Result<f64> {
        let spent = self.cores.others()?.saturating_sub(self.before);
        Ok(spent.as_secs_f64() / (2.0 * self.since.elapsed().as_secs_f64()))
    }
}

fn cpu_time(pid: u32) -> Result<Duration> {
    Ok(Duration::from_secs_f64(ticks_of(&pid.to_string(), 2)? / TICKS_PER_SECOND))
}

/// The CPU time that this process has used so far.
pub fn own_cpu_time() -> Result<Duration> {
    cpu_time(std::process::id())
}

/// The sum of the first `times` of: a process's user time, its system time, and both of its ended children.
fn ticks_of(process: &str, times: usize) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name may contain blanks, so fields are counted after its closing bracket.
    let fields = stat.rsplit_once(')').ok_or("a process has no statistics")?.1;
    Ok(fields.split_whitespace().skip(11).take(times).map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?)
}
