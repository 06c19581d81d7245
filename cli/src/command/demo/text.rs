//! Texts such as people write about their work.

use super::random::Random;

const VERBS: [&str; 12] = [
    "fix", "speed up", "document", "split", "retire", "test", "simplify", "guard", "cache",
    "rename", "measure", "harden",
];
const TRAITS: [&str; 12] = [
    "flaky",
    "slow",
    "nightly",
    "public",
    "stale",
    "partial",
    "concurrent",
    "default",
    "empty",
    "nested",
    "remote",
    "second",
];
const THINGS: [&str; 16] = [
    "importer",
    "login page",
    "retry queue",
    "search index",
    "merge driver",
    "settings dialog",
    "release script",
    "event parser",
    "sync loop",
    "error report",
    "thumbnail cache",
    "audit log",
    "calendar view",
    "backup job",
    "rate limiter",
    "quick start guide",
];
const CLAUSES: [&str; 16] = [
    "it fails once in about forty runs and always on the second page",
    "the log shows the same request twice, 30 ms apart",
    "nobody has touched this since the move to the new storage",
    "with two writers the later one wins even when it has seen less",
    "on a cold cache it takes 4.2 s, warm it takes 90 ms",
    "the naïve fix - a longer timeout - only hides it",
    "the test passes alone and fails in the suite",
    "a zero-length file is read as \"not there\"",
    "the message says \"permission denied\" where it means \"not found\"",
    "users in Kraków and São Paulo see yesterday's date",
    "the path `C:\\temp\\new` comes out with a tab and a line end in it",
    "we should agree on the wording before the release",
    "the retry waits 1 s, 2 s, 4 s and then gives up without a word",
    "see the trace of last Tuesday, lines 118 to 164",
    "after the change the same input takes a third of the memory",
    "that was the cause; the guard is two lines and has a test now",
];
const LABELS: [&str; 10] = [
    "backend",
    "frontend",
    "docs",
    "performance",
    "regression",
    "good first issue",
    "security",
    "ux",
    "build",
    "needs-info",
];

pub(super) fn title(random: &mut Random) -> String {
    let text = format!(
        "{} the {} {}",
        random.pick(&VERBS),
        random.pick(&TRAITS),
        random.pick(&THINGS)
    );
    sentence_case(&text)
}

pub(super) fn label(random: &mut Random) -> &'static str {
    random.pick(&LABELS)
}

/// So many sentences in paragraphs.
pub(super) fn prose(random: &mut Random, sentences: u64) -> String {
    let mut text = String::new();
    for n in 0..sentences {
        if n > 0 {
            text.push_str(if random.percent(25) { "\n\n" } else { " " });
        }
        let about = format!("the {} {}", random.pick(&TRAITS), random.pick(&THINGS));
        let sentence = format!("{about}: {}.", random.pick(&CLAUSES));
        text.push_str(&sentence_case(&sentence));
    }
    text
}

/// What nobody should have pasted.
pub(super) fn secret(random: &mut Random) -> String {
    format!("token-{:016x}{:016x}", random.next(), random.next())
}

fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
