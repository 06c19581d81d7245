//! Scripts of operations and the model that says which states a crash may leave.

use storage_adapter::log::{Frame, Frames, LogDir, LogError, LogView, OpenReport, Rewrite};

use super::rng::Rng;
use super::sim::SimDisk;

pub(super) const HEADER: &[u8] = b"order=wall";

/// A store of somebody else's file layer.
pub(super) type Log = LogDir<SimDisk>;

/// What a reader sees: kind, body, commit, commit time.
pub(super) type State = Vec<(u8, Vec<u8>, u64, u64)>;

/// One step of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A batch of this many frames.
    Append(usize),
    /// A batch of this many frames that is not synced.
    Write(usize),
    /// Makes everything durable.
    Sync,
    /// A replacement of everything by this many frames.
    Replace(usize),
    /// Begins a rewrite of everything.
    Begin,
    /// Gives it this many frames.
    Push(usize),
    /// Finishes it, puts it in force, and removes what it left behind.
    Publish,
    /// The same, taken off the disk in steps first, when nobody reads it.
    Clear,
    /// Gives it up.
    Abandon,
    /// Close and open.
    Reopen,
}

/// Appends that span sectors, replacements by more and by less, by nothing, and segments that fill
/// up (the target is small, see [`open`]).
pub(super) const SCRIPT: &[Step] = &[
    Step::Append(1),
    Step::Append(4),
    Step::Replace(3),
    Step::Append(2),
    Step::Reopen,
    Step::Append(3),
    Step::Append(3),
    Step::Replace(6),
    Step::Append(1),
    Step::Replace(0),
    Step::Append(2),
];

/// Appends while a rewrite lives; rewrites that are given up, of nothing and to nothing.
const REWRITES: &[Step] = &[
    Step::Begin,
    Step::Publish,
    Step::Append(2),
    Step::Begin,
    Step::Append(1),
    Step::Push(3),
    Step::Append(2),
    Step::Push(2),
    Step::Publish,
    Step::Append(1),
    Step::Begin,
    Step::Push(1),
    Step::Abandon,
    Step::Append(2),
    Step::Begin,
    Step::Publish,
    Step::Append(1),
    Step::Reopen,
    Step::Begin,
    Step::Push(1),
    Step::Publish,
    Step::Append(2),
];

/// Batches that are not synced, before, in and behind everything else.
const MIXED: &[Step] = &[
    Step::Write(1),
    Step::Write(2),
    Step::Sync,
    Step::Write(3),
    Step::Append(1),
    Step::Write(1),
    Step::Write(2),
    Step::Begin,
    Step::Write(2),
    Step::Push(2),
    Step::Write(1),
    Step::Publish,
    Step::Write(1),
    Step::Write(2),
    Step::Reopen,
    Step::Write(4),
    Step::Write(1),
    Step::Write(1),
    Step::Sync,
    Step::Write(1),
    Step::Write(1),
];

/// What is left behind goes in steps, over files of several steps and of less than one.
const GRADUAL: &[Step] = &[
    Step::Append(4),
    Step::Begin,
    Step::Push(3),
    Step::Append(3),
    Step::Clear,
    Step::Write(2),
    Step::Begin,
    Step::Push(1),
    Step::Clear,
    Step::Begin,
    Step::Clear,
    Step::Append(1),
];

/// All of them.
pub(super) const SCRIPTS: [&[Step]; 4] = [SCRIPT, REWRITES, MIXED, GRADUAL];

/// Lengths of bodies, from none to several sectors.
const LENGTHS: &[usize] = &[0, 7, 300, 700, 1800];

/// Frames whose bodies have these lengths and no zeros.
fn frames_of(lengths: &[usize], seed: u64, count: usize) -> Vec<Frame> {
    let mut rng = Rng(seed);
    let mut byte = |below| u8::try_from(1 + rng.below(below)).unwrap();
    let mut frame = || {
        let len = lengths[usize::from(byte(lengths.len())) - 1];
        Frame::new(byte(9), (0..len).map(|_| byte(255)).collect::<Vec<u8>>())
    };
    (0..count).map(|_| frame()).collect()
}

/// The frames of a script's batch.
pub(super) fn frames(seed: u64, count: usize) -> Vec<Frame> {
    frames_of(LENGTHS, seed, count)
}

/// Opens with a small segment size.
pub(super) fn open(disk: &SimDisk) -> Result<(Log, OpenReport), LogError> {
    let (mut log, report) = LogDir::open_on(disk.clone())?;
    set_small(&mut log);
    Ok((log, report))
}

pub(super) fn create(disk: &SimDisk) -> Result<Log, LogError> {
    let mut log = LogDir::create_on(disk.clone(), HEADER)?;
    set_small(&mut log);
    Ok(log)
}

fn set_small(log: &mut Log) {
    log.set_segment_target(4000);
    log.set_removal_step(1000);
}

/// Reads everything.
pub(super) fn read(log: &Log) -> Result<State, LogError> {
    read_entries(log.frames())
}

fn read_entries(frames: Frames<SimDisk>) -> Result<State, LogError> {
    frames
        .map(|entry| entry.map(|e| (e.kind, e.body, e.commit, e.commit_time_micros)))
        .collect()
}

/// Own files that neither the manifest in force nor a user has a use for.
pub(super) fn unnamed(disk: &SimDisk, log: &Log) -> Vec<String> {
    let segments: Vec<String> = log.segments().into_iter().map(|s| s.file).collect();
    let current = String::from_utf8(disk.files()["CURRENT"].clone()).unwrap();
    let is_named = |name: &str| {
        let lasting = name == "LOCK" || name == "CURRENT" || name.starts_with("tail-");
        lasting || current.contains(name) || segments.iter().any(|s| s == name)
    };
    disk.files()
        .into_keys()
        .filter(|name| !is_named(name))
        .collect()
}

/// What the store must hold: what its running owner shows, and what may come up after a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Model {
    lengths: &'static [usize],
    /// The number of the last commit, and what the running owner shows.
    pub(super) commit: u64,
    pub(super) acked: State,
    /// What a stop may leave: first what is durable, then what each write that was not synced yet made
    /// of it, last what an operation under way would make of it.
    pub(super) allowed: Vec<(u64, State)>,
    /// How many operations there were, so that each writes other frames.
    operations: u64,
}

impl Default for Model {
    fn default() -> Self {
        Self::of(LENGTHS)
    }
}

impl Model {
    /// Of an empty store whose bodies get these lengths.
    pub(super) fn of(lengths: &'static [usize]) -> Self {
        Self {
            lengths,
            acked: State::new(),
            commit: 0,
            allowed: vec![(0, State::new())],
            operations: 0,
        }
    }

    /// Nothing was ever acknowledged, nor is anything under way.
    pub(super) fn is_new(&self) -> bool {
        self.commit == 0 && self.allowed.len() == 1
    }

    /// Takes what a reopened store shows for the truth from now on.
    pub(super) fn settle(&mut self, log: &Log) {
        let found = (log.commit(), read(log).unwrap());
        assert!(
            self.allowed.contains(&found),
            "commit {} is neither a durable state nor one under way",
            log.commit()
        );
        assert_eq!(log.durable_commit(), log.commit(), "opening makes durable");
        (self.commit, self.acked) = found.clone();
        self.allowed = vec![found];
    }

    /// Forgets an operation that failed and, as the owner is not poisoned, changed nothing.
    pub(super) fn nothing_pending(&mut self) {
        let current = (self.commit, self.acked.clone());
        self.allowed.retain(|(commit, _)| *commit < current.0);
        self.allowed.push(current);
    }

    /// The running owner shows what it should, whatever failed: a failed sync may have cut what was not
    /// durable, nothing else may have changed. What it calls durable can no longer be lost.
    pub(super) fn shown_by(&mut self, log: &Log) {
        let shown = (log.commit(), read(log).unwrap());
        let current = (self.commit, self.acked.clone());
        let cut = log.poisoned().is_some() && shown == self.allowed[0];
        assert!(shown == current || cut, "commit {} is shown", shown.0);
        self.allowed
            .retain(|(commit, _)| *commit >= log.durable_commit());
        assert!(!self.allowed.is_empty());
    }

    /// Everything so far is durable.
    fn durable(&mut self) {
        self.allowed = vec![(self.commit, self.acked.clone())];
    }

    fn next_frames(&mut self, count: usize) -> Vec<Frame> {
        self.operations += 1;
        frames_of(self.lengths, self.operations, count)
    }

    /// Runs a step that writes. On an error the outcome stays open.
    pub(super) fn write(&mut self, log: &mut Log, step: Step) -> Result<(), LogError> {
        match step {
            Step::Append(count) | Step::Write(count) => {
                let (commit, time) = (self.commit + 1, 1001 + self.commit);
                let new = self.next_frames(count);
                let mut state = self.acked.clone();
                state.extend(new.iter().map(|f| (f.kind, f.body.clone(), commit, time)));
                self.allowed.push((commit, state.clone()));
                let is_append = matches!(step, Step::Append(_));
                let got = if is_append {
                    log.append(new, time)?
                } else {
                    log.write(new, time)?
                };
                assert_eq!(got, commit);
                (self.commit, self.acked) = (commit, state);
                if is_append {
                    self.durable();
                }
            }
            Step::Sync => {
                assert_eq!(log.sync()?, self.commit);
                self.durable();
            }
            Step::Replace(count) => {
                let new = self.next_frames(count);
                let state = self.rewritten(self.commit, self.acked.len(), &new);
                self.allowed.push((self.commit, state.clone()));
                assert_eq!(log.replace(new)?, self.commit);
                self.acked = state;
                self.durable();
            }
            Step::Begin
            | Step::Push(_)
            | Step::Publish
            | Step::Clear
            | Step::Abandon
            | Step::Reopen => {
                panic!("not a step of the log alone")
            }
        }
        self.checked(log);
        Ok(())
    }

    /// After a success.
    fn checked(&mut self, log: &Log) {
        assert_eq!(log.commit(), self.commit);
        // A segment that is full is synced before the next one begins.
        self.allowed
            .retain(|(commit, _)| *commit >= log.durable_commit());
        assert_eq!(log.durable_commit(), self.allowed[0].0);
    }

    /// The state with these frames, under this number, in place of the first so many.
    fn rewritten(&self, commit: u64, replaced: usize, new: &[Frame]) -> State {
        let time = if commit == 0 { 0 } else { 1000 + commit };
        let new = new.iter().map(|f| (f.kind, f.body.clone(), commit, time));
        new.chain(self.acked[replaced..].iter().cloned()).collect()
    }
}

/// A rewrite under way, and what the model knows of it.
struct UnderWay {
    rewrite: Rewrite<SimDisk>,
    commit: u64,
    /// How many frames it replaces.
    replaced: usize,
    pushed: Vec<Frame>,
}

/// A script at work.
struct Run {
    disk: SimDisk,
    model: Model,
    under_way: Option<UnderWay>,
    /// Views that were taken, and what they must show for ever.
    views: Vec<(LogView<SimDisk>, State)>,
}

impl Run {
    /// One step; the owner is lost if opening fails.
    fn step(&mut self, owner: &mut Option<Log>, step: Step) -> Result<(), LogError> {
        let model = &mut self.model;
        if step == Step::Reopen {
            drop((self.under_way.take(), owner.take()));
            let commit = model.commit;
            let log = owner.insert(open(&self.disk)?.0);
            model.settle(log);
            assert_eq!(model.commit, commit, "no power was lost");
            return Ok(());
        }
        let log = owner.as_mut().unwrap();
        match step {
            Step::Begin => {
                let rewrite = log.begin_rewrite()?;
                assert_eq!(rewrite.commit(), model.commit);
                self.views.push((rewrite.view(), model.acked.clone()));
                model.durable();
                assert!(matches!(log.begin_rewrite(), Err(LogError::Busy { .. })));
                self.under_way = Some(UnderWay {
                    rewrite,
                    commit: model.commit,
                    replaced: model.acked.len(),
                    pushed: Vec::new(),
                });
            }
            Step::Push(count) => {
                let under_way = self.under_way.as_mut().unwrap();
                for frame in model.next_frames(count) {
                    under_way.pushed.push(frame.clone());
                    under_way.rewrite.push(frame)?;
                }
            }
            Step::Publish | Step::Clear => {
                let under_way = self.under_way.take().unwrap();
                let finished = under_way.rewrite.finish()?;
                let state =
                    model.rewritten(under_way.commit, under_way.replaced, &under_way.pushed);
                model.allowed.push((model.commit, state.clone()));
                let mut obsolete = log.publish_rewrite(finished)?;
                model.acked = state;
                model.durable();
                if step == Step::Clear {
                    self.views.clear();
                    obsolete.unlink();
                }
                self.views.push((log.view(), model.acked.clone()));
                log.remove(obsolete)?;
            }
            Step::Abandon => drop(self.under_way.take().unwrap()),
            other => model.write(log, other)?,
        }
        model.checked(log);
        for (view, state) in self.views.iter().filter(|_| !self.disk.has_stopped()) {
            // (Giving up a rewrite reports no failure.)
            assert_eq!(read_entries(view.frames()).unwrap(), *state);
        }
        Ok(())
    }
}

/// Runs a script from nothing until it ends or a step fails; returns the model, and the owner if it
/// still lives. A rewrite under way is given up.
pub(super) fn run(disk: &SimDisk, script: &[Step]) -> (Model, Option<Log>, Option<LogError>) {
    let mut run = Run {
        disk: disk.clone(),
        model: Model::default(),
        under_way: None,
        views: Vec::new(),
    };
    let mut log = match create(disk) {
        Ok(log) => Some(log),
        Err(error) => return (run.model, None, Some(error)),
    };
    for &step in script {
        if let Err(error) = run.step(&mut log, step) {
            return (run.model, log, Some(error));
        }
    }
    (run.model, log, None)
}
