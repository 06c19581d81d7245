//! What happens, one step after the other: data that can be printed, taken out of the list and run
//! again.
//!
//! A step names others by their ids, never by their place, so that a list still means something when
//! steps are taken out of it. A step whose partner is gone does nothing.

mod show;

/// The items of every run.
pub(crate) const ITEMS: [&str; 3] = ["bn-1", "bn-2", "ab-3"];
/// The agents of every run.
pub(crate) const AGENTS: [&str; 3] = ["ann", "ben", "Zoë"];

/// The name of a step: its place in the list it was planned in.
pub type StepId = u32;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub id: StepId,
    /// What happens.
    pub act: Act,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// An event with this type and data.
    Data {
        /// What it is counted as.
        shape: &'static str,
        /// Its type.
        kind: &'static str,
        /// Its data column.
        data: String,
    },
    /// A redaction of what the step wrote, or, without one, of an event that never comes.
    Redact {
        /// The step that wrote the event.
        of: Option<StepId>,
        /// Whether the hash is written in hex.
        hex: bool,
    },
    /// A snapshot as bones writes it, of some of the events of the item that the writer has heard of.
    Condense {
        /// Which of them.
        pick: u64,
        /// By which bones.
        by: Bones,
    },
}

/// The versions of bones that write snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bones {
    /// 0.25, with a stamp in each register. Where stamps are needed there is no other that can be read.
    Stamping,
    /// 0.26 with format 3; where stamps are needed, as [`Stamping`](Self::Stamping).
    Known,
    /// As [`Known`](Self::Known), but it lists what was removed as well: what it says counts, true or not.
    Forgetful,
    /// One that nobody knows yet.
    Newer,
}

/// What a message carries. Bits of `pick` say which of the things at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Event lines, word for word.
    Lines,
    /// Payloads that are held, one by one.
    Held,
    /// The whole state of every item, with the redactions.
    Export,
    /// The snapshot of some of what is held.
    Folded,
    /// Some lines, and the snapshot of the others.
    Mixed,
    /// Redactions and nothing else.
    Redactions,
}

/// How a payload lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lie {
    /// It holds what some events wrote, and claims to cover others as well.
    Claim,
    /// It holds what some events wrote, and covers none, as what comes from another system.
    Foreign {
        /// Whether the texts are gone, for a reason that it cannot say.
        masked: bool,
    },
    /// It holds another text under the key of the event that the step wrote.
    Twist {
        /// The step.
        of: StepId,
        /// The type of the event it is made of.
        kind: &'static str,
        /// The data of the event it is made of.
        data: String,
    },
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A replica writes an event.
    Write {
        /// The replica.
        at: usize,
        /// Which item.
        item: usize,
        /// Which agent.
        agent: usize,
        /// The clock it reads.
        wall: i64,
        /// What it says.
        op: Op,
    },
    /// A replica sends a message; nothing is there until it is delivered.
    Send {
        /// From where.
        from: usize,
        /// To where.
        to: usize,
        /// What it carries.
        form: Form,
        /// Which of the things at hand.
        pick: u64,
        /// Whether the redactions known travel along.
        redactions: bool,
    },
    /// The network delivers a message, for the first time or once more.
    Deliver {
        /// The step that sent it.
        of: StepId,
    },
    /// The network loses a message for good.
    Lose {
        /// The step that sent it.
        of: StepId,
    },
    /// The network falls into two parts; messages between them wait.
    Split {
        /// Bits of the replicas on one side.
        left: u8,
    },
    /// The network is whole again; what waited arrives, last first.
    Heal,
    /// A replica compacts what the policy allows.
    Compact {
        /// The replica.
        at: usize,
        /// Days since the last event.
        min_age_days: u32,
        /// Bits of the phases.
        phases: u8,
        /// Whether deleted items are compacted.
        deleted: bool,
        /// Whether it only asks.
        dry_run: bool,
        /// The time it is told.
        now: u64,
    },
    /// A replica folds some of what it holds into a snapshot.
    Fold {
        /// The replica.
        at: usize,
        /// Which item.
        item: usize,
        /// Which of the things at hand.
        pick: u64,
    },
    /// A replica drops the lines that the payloads it holds make needless.
    Prune {
        /// The replica.
        at: usize,
    },
    /// A replica learns a redaction without an event of it.
    Erase {
        /// The replica.
        at: usize,
        /// The step that wrote the event.
        of: StepId,
    },
    /// A copy of a replica is put away.
    Backup {
        /// The replica.
        at: usize,
    },
    /// The copy takes the place of the replica.
    Restore {
        /// The step that made the copy.
        of: StepId,
        /// Who gives it a new part of the clock; without, it goes on with the old one.
        fork: Option<usize>,
    },
    /// Two replicas share the clock ids they have anew.
    Refork {
        /// The one that forks.
        a: usize,
        /// The other.
        b: usize,
    },
    /// Somebody sends a payload that is not what it says.
    Forge {
        /// To whom.
        to: usize,
        /// Of which item.
        item: usize,
        /// What is not true.
        lie: Lie,
        /// Which of the events there are.
        pick: u64,
    },
    /// Bytes of an export are damaged on the way.
    Damage {
        /// Whose export.
        at: usize,
        /// Of which item.
        item: usize,
        /// Where and how.
        pick: u64,
    },
}

impl Step {
    /// What the step is counted as.
    pub fn name(&self) -> &'static str {
        match &self.act {
            Act::Write { op, .. } => match op {
                Op::Data { shape, .. } => shape,
                Op::Redact {
                    of: Some(_),
                    hex: true,
                } => "write redact in hex",
                Op::Redact { of: Some(_), .. } => "write redact",
                Op::Redact { of: None, .. } => "write redact of nothing",
                Op::Condense {
                    by: Bones::Newer, ..
                } => "write snapshot of a newer bones",
                Op::Condense { .. } => "write snapshot of bones",
            },
            Act::Send { form, .. } => match form {
                Form::Lines => "send lines",
                Form::Held => "send held payloads",
                Form::Export => "send export",
                Form::Folded => "send partial snapshot",
                Form::Mixed => "send lines and snapshot",
                Form::Redactions => "send redactions",
            },
            Act::Deliver { .. } => "deliver",
            Act::Lose { .. } => "lose",
            Act::Split { .. } => "split",
            Act::Heal => "heal",
            Act::Compact { dry_run: true, .. } => "compact dry",
            Act::Compact { .. } => "compact",
            Act::Fold { .. } => "fold",
            Act::Prune { .. } => "prune",
            Act::Erase { .. } => "erase",
            Act::Backup { .. } => "backup",
            Act::Restore { fork: None, .. } => "restore with old clock",
            Act::Restore { .. } => "restore with new clock",
            Act::Refork { .. } => "refork",
            Act::Forge { lie, .. } => match lie {
                Lie::Claim => "forge claim",
                Lie::Foreign { masked: false } => "forge foreign",
                Lie::Foreign { masked: true } => "forge foreign without texts",
                Lie::Twist { .. } => "forge twist",
            },
            Act::Damage { .. } => "damage",
        }
    }
}
