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

    /// Begins to watch what else runs on the two cores.
    pub fn watch_others(self) -> Result<Others> {
        Ok(Others { cores: self, since: Instant::now(), before: self.others()? })
    }

    /// Time that the two cores have spent on what is not ours, ever. Children count once they have ended.
    fn others(self) -> Result<Duration> {
        let stat = fs::read_to_string("/proc/stat")?;
        let mut ticks = 0.0;
        for core in [self.server, self.load] {
            let name = format!("cpu{core} ");
            let line = stat.lines().find_map(|line| line.strip_prefix(&name)).ok_or("a core without statistics")?;
            // user nice system idle iowait irq softirq steal: all but the two that wait.
            let times: Vec<f64> =
                line.split_whitespace().take(8).map(str::parse).collect::<std::result::Result<_, _>>()?;
            ticks += times.iter().sum::<f64>() - times[3] - times[4];
        }
        let ours = ticks_of("self", 4)?;
        Ok(Duration::from_secs_f64(((ticks - ours) / TICKS_PER_SECOND).max(0.0)))
    }

    /// Keeps this thread, which makes the load, on its core.
    pub fn pin_load(self) -> Result<()> {
        pin(self.load)
    }

    /// Runs on the server's core what starts processes; they inherit the affinity from this thread.
    pub fn beside_the_server<T>(self, start: impl FnOnce() -> T) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        Ok(started)
    }

    /// Starts a process on the server's core.
    pub fn start(self, command: &mut Command) -> Result<Process> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
        Process::of(self.beside_the_server(|| command.spawn())??)
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
    fn of(mut child: Child) -> Result<Self> {
        let output = child.stdout.take().map(BufReader::new).ok_or("a child without output")?;
        Ok(Self { child, output })
    }

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

/// What else ran on the two cores.
pub struct Others {
    cores: Cores,
    since: Instant,
    before: Duration,
}

impl Others {
    /// Its share of the two cores since the watch began; to be asked when every child has ended.
    pub fn share(&self) -> Result<f64> {
        let spent = self.cores.others()?.saturating_sub(self.before);
        Ok(spent.as_secs_f64() / (2.0 * self.since.elapsed().as_secs_f64()))
    }
}

fn cpu_time(pid: u32) -> Result<Duration> {
    Ok(Duration::from_secs_f64(ticks_of(&pid.to_string(), 2)? / TICKS_PER_SECOND))
}

/// What this process has used so far.
pub fn own_cpu_time() -> Result<Duration> {
    cpu_time(std::process::id())
}

/// The sum of the first of a process's user and system time and its ended children's.
fn ticks_of(process: &str, times: usize) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The program's name may hold blanks: fields are counted after its closing bracket.
    let fields = stat.rsplit_once(')').ok_or("a process without statistics")?.1;
    Ok(fields.split_whitespace().skip(11).take(times).map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?)
}
