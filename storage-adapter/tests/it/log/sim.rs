//! A simulated directory with two images: what the running system sees, and what is on the medium.
//!
//! Every call that changes something has a number, and a plan says what goes wrong at which number.
//! A loss of power keeps what was synced and, of the rest, what the chosen [`Outcome`] says:
//! sectors written but not synced may be there, as after any of the writes to them, or be as they
//! were, the length may have grown or not, and each change of a name since the last directory sync
//! may have happened or not. What a failed write wrote is on the medium. A failed sync loses the
//! sectors it was asked for even if a later one succeeds, as some systems do.
//!
//! Two rules of the log are checked at every call, in every test: a name is never made anew while a
//! file of that name may be on the medium, and all that a new `CURRENT` names was synced before.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use storage_adapter::log::{DataFile, Files};

use super::rng::Rng;

const SECTOR: usize = 512;

/// What goes wrong at a numbered call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The system stops before the call has any effect.
    StopBefore,
    /// It stops after the call took effect.
    StopAfter,
    /// A write is half done when the system stops; any other call as `StopBefore`.
    StopHalfway,
    /// The call fails; a write is half done.
    Fails,
    /// The call takes effect and reports failure all the same.
    FailsAfter,
    /// From here on the disk is full, until [`SimDisk::free_space`].
    Full,
}

/// What a loss of power leaves of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No power was lost, only the process: all of it.
    Kept,
    /// Nothing of it.
    Lost,
    /// A part, chosen by this seed.
    Part(u64),
}

#[derive(Debug, Clone, Default)]
struct Inode {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors that are not synced: what each write left in them, the last as in `live`.
    dirty: BTreeMap<usize, Vec<Vec<u8>>>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Made(String, usize),
    Gone(String),
    Moved(String, String, usize),
}

#[derive(Debug, Default)]
struct World {
    inodes: Vec<Inode>,
    live: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
    unsynced: Vec<NameChange>,
    calls: u64,
    plan: Vec<(u64, Fault)>,
    stopped: bool,
    full: bool,
    failing_read: Option<u64>,
    reads: u64,
    /// Whether an owner holds the lock, and how many readers do.
    owned: bool,
    readers: usize,
    trace: Vec<String>,
}

/// Handle on a simulated directory; clones are the same directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimDisk(Arc<Mutex<World>>);

#[derive(Debug)]
pub(crate) struct SimFile {
    disk: SimDisk,
    inode: usize,
    name: String,
}

pub(crate) struct SimLock {
    disk: SimDisk,
    is_shared: bool,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut world = self.disk.world();
        if self.is_shared {
            world.readers -= 1;
        } else {
            world.owned = false;
        }
    }
}

/// How a call that passed the plan goes on.
enum Go {
    /// As it should.
    Do,
    /// Half of it, then an error.
    Half(io::Error),
    /// All of it, then an error.
    DoThen(io::Error),
}

fn stopped() -> io::Error {
    io::Error::other("the system stopped")
}

impl SimDisk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbered calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.world().calls
    }

    /// Lets something go wrong at the call of this number, counted from 0 and from now on.
    pub(crate) fn plan(&self, call: u64, fault: Fault) {
        self.plan_all(&[(call, fault)]);
    }

    /// The same for several calls.
    pub(crate) fn plan_all(&self, plan: &[(u64, Fault)]) {
        let mut world = self.world();
        world.calls = 0;
        world.plan = plan.to_vec();
    }

    /// Counts calls from 0 again, and lets nothing go wrong.
    pub(crate) fn no_plan(&self) {
        let mut world = self.world();
        (world.calls, world.failing_read, world.reads) = (0, None, 0);
        world.plan.clear();
        world.trace.clear();
    }

    /// Lets the read of this number fail.
    pub(crate) fn plan_read(&self, read: u64) {
        let mut world = self.world();
        (world.failing_read, world.reads) = (Some(read), 0);
    }

    /// Reads so far.
    pub(crate) fn reads(&self) -> u64 {
        self.world().reads
    }

    pub(crate) fn free_space(&self) {
        self.world().full = false;
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.world().stopped
    }

    /// The numbered calls since the last [`no_plan`](Self::no_plan), in words.
    pub(crate) fn trace(&self) -> Vec<String> {
        self.world().trace.clone()
    }

    /// What is there when the system comes up again.
    pub(crate) fn restart(&self, outcome: Outcome) {
        let mut world = self.world();
        assert!(!world.owned, "the owner is dropped before the restart");
        match outcome {
            Outcome::Kept => {}
            Outcome::Lost => world.lose_power(None),
            Outcome::Part(seed) => world.lose_power(Some(Rng(seed))),
        }
        world.stopped = false;
        world.full = false;
        drop(world);
        self.no_plan();
    }

    /// Everything in the directory, as the running system sees it.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let world = self.world();
        world
            .live
            .iter()
            .map(|(name, i)| (name.clone(), world.inodes[*i].live.clone()))
            .collect()
    }

    /// Puts a file there, durably, behind the log's back. Whoever holds a file of this name open sees the
    /// new bytes.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let mut world = self.world();
        let inode = world.live.get(name).copied();
        let inode = inode.unwrap_or(world.inodes.len());
        if inode == world.inodes.len() {
            world.inodes.push(Inode::default());
        }
        world.inodes[inode] = Inode {
            live: bytes.to_vec(),
            durable: bytes.to_vec(),
            dirty: BTreeMap::new(),
        };
        world.live.insert(name.to_owned(), inode);
        world.durable.insert(name.to_owned(), inode);
    }

    /// Removes a file, durably, behind the log's back.
    pub(crate) fn take(&self, name: &str) -> Vec<u8> {
        let mut world = self.world();
        world.durable.remove(name);
        let inode = world.live.remove(name).unwrap();
        world.inodes[inode].live.clone()
    }

    /// A directory of its own with the same files.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::default();
        for (name, bytes) in self.files() {
            copy.put(&name, &bytes);
        }
        copy
    }

    fn enter(&self, what: &str) -> io::Result<Go> {
        let mut world = self.world();
        if world.stopped {
            return Err(stopped());
        }
        let call = world.calls;
        world.calls += 1;
        world.trace.push(what.to_owned());
        let grows = what.starts_with("append") || what.starts_with("create");
        if world.full && grows {
            return Ok(Go::Half(io::ErrorKind::StorageFull.into()));
        }
        let planned = world
            .plan
            .iter()
            .find(|(at, _)| *at == call)
            .map(|(_, fault)| *fault);
        match planned {
            Some(fault) => match fault {
                Fault::StopBefore => {
                    world.stopped = true;
                    Err(stopped())
                }
                Fault::StopHalfway => {
                    world.stopped = true;
                    Ok(Go::Half(stopped()))
                }
                Fault::StopAfter => {
                    world.stopped = true;
                    Ok(Go::DoThen(stopped()))
                }
                Fault::Fails => Ok(Go::Half(io::Error::other("input/output error"))),
                Fault::FailsAfter => Ok(Go::DoThen(io::Error::other("input/output error"))),
                Fault::Full => {
                    world.full = true;
                    if grows {
                        Ok(Go::Half(io::ErrorKind::StorageFull.into()))
                    } else {
                        Ok(Go::Do)
                    }
                }
            },
            None => Ok(Go::Do),
        }
    }

    /// Runs a call that is all or nothing.
    fn whole<T>(&self, what: &str, act: impl FnOnce(&mut World) -> io::Result<T>) -> io::Result<T> {
        match self.enter(what)? {
            Go::Do => act(&mut self.world()),
            Go::Half(error) => Err(error),
            Go::DoThen(error) => act(&mut self.world()).and(Err(error)),
        }
    }

    fn look<T>(&self, act: impl FnOnce(&World) -> io::Result<T>) -> io::Result<T> {
        let mut world = self.world();
        if world.stopped {
            return Err(stopped());
        }
        world.reads += 1;
        if world.failing_read == Some(world.reads - 1) {
            return Err(io::Error::other("input/output error"));
        }
        act(&world)
    }
}

impl World {
    /// Makes the medium's image the running one. Chance says what of each unsynced change happened;
    /// without it nothing did.
    fn lose_power(&mut self, mut chance: Option<Rng>) {
        for inode in &mut self.inodes {
            let (durable, live) = (inode.durable.len(), inode.live.len());
            let mut image = inode.durable.clone();
            let len = chance.as_mut().map_or(durable, |rng| match rng.below(3) {
                0 => durable,
                1 => live,
                _ => durable.min(live) + rng.below(durable.abs_diff(live) + 1),
            });
            image.resize(len, 0);
            for (sector, versions) in &inode.dirty {
                // Half of them as they were synced; of the others most as they were written last.
                let version = chance.as_mut().and_then(|rng| match rng.below(4) {
                    0 | 1 => None,
                    2 => Some(versions.len() - 1),
                    _ => Some(rng.below(versions.len())),
                });
                if let Some(version) = version {
                    copy_sector(&versions[version], &mut image, *sector);
                }
            }
            *inode = Inode {
                live: image.clone(),
                durable: image,
                dirty: BTreeMap::new(),
            };
        }
        for change in std::mem::take(&mut self.unsynced) {
            if chance.as_mut().is_some_and(Rng::coin) {
                apply(&mut self.durable, &change);
            }
        }
        self.live = self.durable.clone();
    }

    /// No file of this name may be on the medium, now or after a loss of power.
    fn expect_unused(&self, name: &str) {
        let may_be_there = self.durable.contains_key(name)
            || self
                .unsynced
                .iter()
                .any(|change| matches!(change, NameChange::Made(made, _) if made == name));
        let is_numbered = name.starts_with("seg-") || name.starts_with("MANIFEST-");
        assert!(
            !(is_numbered && may_be_there),
            "{name} is made a second time"
        );
    }

    /// Of this file, so many bytes and the name are on the medium.
    fn expect_synced(&self, name: &str, len: usize) {
        let inode = self
            .live
            .get(name)
            .unwrap_or_else(|| panic!("{name} is named and missing"));
        assert_eq!(
            self.durable.get(name),
            Some(inode),
            "the name {name} is not synced"
        );
        let Inode { live, durable, .. } = &self.inodes[*inode];
        assert!(live.len() >= len, "{name} is short");
        assert!(
            durable.get(..len) == live.get(..len),
            "{name} is not synced"
        );
    }

    /// What a file that is to become `CURRENT` names is on the medium.
    fn expect_all_synced(&self, current: &str) {
        let bytes = |name: &str| &self.inodes[self.live[name]].live;
        let text = std::str::from_utf8(bytes(current)).unwrap();
        assert_eq!(self.inodes[self.live[current]].durable, text.as_bytes());
        let manifest = text.split(' ').nth(2).unwrap();
        self.expect_synced(manifest, bytes(manifest).len());
        for (segment, len) in listed(bytes(manifest)) {
            self.expect_synced(&segment, len);
        }
    }

    /// The state that is on the medium does not name this segment.
    fn expect_done_without(&self, segment: &str) {
        let durable = |name: &str| &self.inodes[self.durable[name]].durable;
        let text = std::str::from_utf8(durable("CURRENT")).unwrap();
        let manifest = durable(text.split(' ').nth(2).unwrap());
        assert!(
            listed(manifest).all(|(named, _)| named != segment),
            "{segment} is in force"
        );
    }

    /// A file is cut only at the end of the log, or under a name that a stop leaves to it.
    fn expect_cut_of(&self, inode: usize) {
        let named = |names: &BTreeMap<String, usize>, prefix: &str| {
            let mut names = names.iter();
            names.any(|(name, at)| *at == inode && name.starts_with(prefix))
        };
        let is_aside = named(&self.live, "gone-");
        assert!(
            !is_aside || !named(&self.durable, "seg-"),
            "a file is cut whose new name is not synced"
        );
    }
}

/// The segments of a manifest, each with its vouched length.
fn listed(manifest: &[u8]) -> impl Iterator<Item = (String, usize)> {
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let entries = 52 + 8 + usize::try_from(word(manifest, 44)).unwrap();
    let entry = move |entry: &[u8]| {
        let len = usize::try_from(word(entry, 40)).unwrap();
        (format!("seg-{:016x}", word(entry, 0)), len)
    };
    manifest[entries..manifest.len() - 32].chunks(64).map(entry)
}

fn apply(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Made(name, inode) => {
            names.insert(name.clone(), *inode);
        }
        NameChange::Gone(name) => {
            names.remove(name);
        }
        NameChange::Moved(from, to, inode) => {
            if names.get(from) == Some(inode) {
                names.remove(from);
            }
            names.insert(to.clone(), *inode);
        }
    }
}

fn copy_sector(from: &[u8], to: &mut [u8], sector: usize) {
    let start = sector * SECTOR;
    let end = (start + from.len()).min(to.len());
    if start < end {
        to[start..end].copy_from_slice(&from[..end - start]);
    }
}

impl Inode {
    fn sector(&self, sector: usize) -> Vec<u8> {
        let end = (sector * SECTOR + SECTOR).min(self.live.len());
        self.live
            .get(sector * SECTOR..end)
            .unwrap_or_default()
            .to_vec()
    }
}

impl Files for SimDisk {
    type File = SimFile;
    type Lock = SimLock;

    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("/sim").join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.look(|world| Ok(world.live.keys().cloned().collect()))
    }

    fn try_lock(&self, name: &str) -> io::Result<Option<SimLock>> {
        if !self.world().live.contains_key(name) {
            drop(self.create_new(name)?);
        }
        let mut world = self.world();
        if world.owned || world.readers > 0 {
            return Ok(None);
        }
        world.owned = true;
        drop(world);
        Ok(Some(SimLock {
            disk: self.clone(),
            is_shared: false,
        }))
    }

    fn try_lock_shared(&self, name: &str) -> io::Result<Option<SimLock>> {
        let mut world = self.world();
        assert!(
            world.live.contains_key(name),
            "whoever made the store made it"
        );
        if world.owned {
            return Ok(None);
        }
        world.readers += 1;
        drop(world);
        Ok(Some(SimLock {
            disk: self.clone(),
            is_shared: true,
        }))
    }

    fn create_new(&self, name: &str) -> io::Result<SimFile> {
        let inode = self.whole(&format!("create {name}"), |world| {
            if world.live.contains_key(name) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            world.expect_unused(name);
            let inode = world.inodes.len();
            world.inodes.push(Inode::default());
            world.live.insert(name.to_owned(), inode);
            world
                .unsynced
                .push(NameChange::Made(name.to_owned(), inode));
            Ok(inode)
        })?;
        Ok(SimFile {
            disk: self.clone(),
            inode,
            name: name.to_owned(),
        })
    }

    fn open(&self, name: &str) -> io::Result<SimFile> {
        let inode = self.look(|world| {
            world
                .live
                .get(name)
                .copied()
                .ok_or(io::ErrorKind::NotFound.into())
        })?;
        Ok(SimFile {
            disk: self.clone(),
            inode,
            name: name.to_owned(),
        })
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.whole(&format!("rename {from} {to}"), |world| {
            if to == "CURRENT" {
                world.expect_all_synced(from);
            } else {
                world.expect_done_without(from);
            }
            let inode = world.live.remove(from).ok_or(io::ErrorKind::NotFound)?;
            world.live.insert(to.to_owned(), inode);
            world
                .unsynced
                .push(NameChange::Moved(from.to_owned(), to.to_owned(), inode));
            Ok(())
        })
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        self.whole(&format!("unlink {name}"), |world| {
            world.live.remove(name).ok_or(io::ErrorKind::NotFound)?;
            world.unsynced.push(NameChange::Gone(name.to_owned()));
            Ok(())
        })
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.whole("sync directory", |world| {
            for change in std::mem::take(&mut world.unsynced) {
                apply(&mut world.durable, &change);
            }
            Ok(())
        })
    }
}

impl DataFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        self.disk
            .look(|world| Ok(world.inodes[self.inode].live.len() as u64))
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.look(|world| {
            let live = &world.inodes[self.inode].live;
            let rest = usize::try_from(offset)
                .ok()
                .and_then(|at| live.get(at..))
                .unwrap_or_default();
            // Short reads, as a real system may give.
            let n = rest.len().min(buf.len()).min(1000);
            buf[..n].copy_from_slice(&rest[..n]);
            Ok(n)
        })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let go = self.disk.enter(&format!("append {}", self.name))?;
        let (bytes, result) = match go {
            Go::Do => (bytes, Ok(())),
            Go::Half(error) => (&bytes[..bytes.len() / 2], Err(error)),
            Go::DoThen(error) => (bytes, Err(error)),
        };
        let mut world = self.disk.world();
        let stopped = world.stopped;
        let inode = &mut world.inodes[self.inode];
        let from = inode.live.len();
        inode.live.extend(bytes);
        if !bytes.is_empty() {
            for sector in from / SECTOR..=(inode.live.len() - 1) / SECTOR {
                let version = inode.sector(sector);
                inode.dirty.entry(sector).or_default().push(version);
            }
        }
        if result.is_err() && !stopped {
            // Nothing says that what a failed write wrote did not reach the medium.
            inode.durable.clone_from(&inode.live);
        }
        result
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.disk
            .whole(&format!("truncate {}", self.name), |world| {
                world.expect_cut_of(self.inode);
                let inode = &mut world.inodes[self.inode];
                let len = usize::try_from(len).unwrap();
                inode.live.resize(len, 0);
                inode.dirty.retain(|sector, _| sector * SECTOR < len);
                Ok(())
            })
    }

    fn sync(&self) -> io::Result<()> {
        let go = self.disk.enter(&format!("sync {}", self.name))?;
        let inode = &mut self.disk.world().inodes[self.inode];
        let dirty = std::mem::take(&mut inode.dirty);
        let result = match go {
            Go::Half(error) => {
                // Nothing reached the medium, and the system thinks that it is done with these
                // sectors. A stop is no failure: the sectors stay as they were.
                if error.to_string() == stopped().to_string() {
                    inode.dirty = dirty;
                }
                return Err(error);
            }
            Go::DoThen(error) => Err(error),
            Go::Do => Ok(()),
        };
        inode.durable.resize(inode.live.len(), 0);
        for sector in dirty.into_keys() {
            copy_sector(&inode.sector(sector), &mut inode.durable, sector);
        }
        result
    }
}
