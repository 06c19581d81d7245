//! The table, and whether it holds what it promises.

use crate::measure::{Goal, Role, Row};

/// Prints workloads and counts the goals that were missed.
#[derive(Default)]
pub struct Report {
    met: usize,
    missed: Vec<String>,
}

impl Report {
    /// Prints one workload: every row with the ratio of the best peer to it, of it to the best
    /// floor, and its goals.
    pub fn workload(&mut self, title: &str, rows: &[Row]) {
        let best = |role| {
            let times = rows.iter().filter(|r| r.role == role).map(|r| r.nanos);
            times.min_by(f64::total_cmp)
        };
        let (peer, floor) = (best(Role::Peer), best(Role::Floor));
        println!("\n### {title}\n");
        println!(
            "| contender | ns per unit | times the speed of the best peer | times the time of the best floor | asked |"
        );
        println!("|---|---:|---:|---:|---|");
        for row in rows {
            let name = match row.role {
                Role::Own => format!("**{}**", row.name),
                Role::Peer => row.name.clone(),
                Role::Floor => format!("_{}_", row.name),
            };
            let ratio = |r: Option<f64>| r.map_or("-".into(), |r| format!("{r:.2}"));
            let goals: Vec<String> = row
                .goals
                .iter()
                .map(|goal| self.judge(title, row, *goal, peer, rows))
                .collect();
            println!(
                "| {name} | {:.1} | {} | {} | {} |",
                row.nanos,
                ratio(peer.map(|p| p / row.nanos)),
                ratio(floor.map(|f| row.nanos / f)),
                goals.join("; "),
            );
        }
    }

    fn judge(
        &mut self,
        title: &str,
        row: &Row,
        goal: Goal,
        peer: Option<f64>,
        rows: &[Row],
    ) -> String {
        let named = |name: &str| {
            let found = rows.iter().find(|r| r.name.starts_with(name));
            found.unwrap_or_else(|| panic!("no contender {name}")).nanos
        };
        let (asked, met) = match goal {
            Goal::BestPeer(times) => (
                format!(">= {times}x best peer"),
                peer.is_some_and(|peer| peer / row.nanos >= times),
            ),
            Goal::Speed(name, times) => {
                let ratio = named(name) / row.nanos;
                (format!(">= {times}x {name} ({ratio:.2})"), ratio >= times)
            }
            Goal::Time(name, times) => {
                let ratio = row.nanos / named(name);
                (format!("<= {times}x {name} ({ratio:.2})"), ratio <= times)
            }
            Goal::Honest(nanos) => (format!("<= {nanos} ns"), row.nanos <= nanos),
        };
        self.count(&format!("{title}: {}: {asked}", row.name), met);
        format!("{asked}: {}", if met { "met" } else { "**missed**" })
    }

    /// Counts something else that was asked.
    pub fn count(&mut self, what: &str, met: bool) {
        if met {
            self.met += 1;
        } else {
            self.missed.push(what.into());
        }
    }

    /// Prints what was missed. True iff nothing was.
    pub fn close(self) -> bool {
        println!("\n{} goals met, {} missed", self.met, self.missed.len());
        for missed in &self.missed {
            println!("- missed: {missed}");
        }
        self.missed.is_empty()
    }
}
