//! The writes that a state holds, by the names that the oracle gives them.

use std::collections::BTreeSet;

use bones_snapshot::{Content, Element, Key, Link, ObservedSet, Order, Register, Text};
use lattice_lww::Stamp;

use crate::book::Book;
use crate::fact::{Element as Named, Removes};
use crate::naive::{Kept, element_name, hash_text};

/// The writes a state holds, named as the oracle names them.
pub(super) fn kept<S: Order>(book: &Book<S>, item: usize, content: &Content<S>) -> Kept {
    let mut kept = Kept::new();
    register(&mut kept, "title", &content.title);
    register(&mut kept, "description", &content.description);
    register(&mut kept, "kind", &content.kind);
    register(&mut kept, "size", &content.size);
    register(&mut kept, "urgency", &content.urgency);
    register(&mut kept, "parent", &content.parent);
    register(&mut kept, "deleted", &content.deleted);
    register(&mut kept, "summary", &content.compact_summary);
    let names = Names::of(book, item);
    names.set(&mut kept, "labels", "--", &content.labels);
    names.set(&mut kept, "assignees", "--", &content.assignees);
    for (target, set) in &content.links {
        let clear = format!("--{}", names.target(&target.0));
        names.set(&mut kept, "links", &clear, set);
    }
    kept
}

fn register<V: Ord, S: Stamp>(kept: &mut Kept, part: &str, register: &Register<V, S>) {
    for write in register.writes() {
        let writes = kept.entry(part.to_owned()).or_default();
        writes.insert(write.key.event_hash.0);
    }
}

/// Names for the ids that stand for elements: all that the events of the item speak of.
struct Names {
    ids: Vec<([u8; 32], String)>,
    targets: Vec<([u8; 32], String)>,
}

impl Names {
    fn of<S: Order>(book: &Book<S>, item: usize) -> Self {
        let mut elements: BTreeSet<Named> = BTreeSet::new();
        let mut targets: BTreeSet<String> = BTreeSet::new();
        for (_, atom) in book.all_atoms(item) {
            let reading = &atom.fact.reading;
            for ops in [&reading.labels, &reading.assignees, &reading.links] {
                elements.extend(ops.adds.iter().cloned());
                match &ops.removes {
                    Removes::One(element) => _ = elements.insert(element.clone()),
                    Removes::AllTo(target) => _ = targets.insert(target.clone()),
                    Removes::Nothing | Removes::All => {}
                }
            }
        }
        let id = |(name, link_type): &Named| {
            let text = Text::from(&**name);
            if link_type.is_empty() {
                return text.id().0;
            }
            let link_type = Text::from(&**link_type);
            Link {
                target: text,
                link_type,
            }
            .id()
            .0
        };
        targets.extend(elements.iter().map(|(name, _)| name.clone()));
        let ids = elements
            .iter()
            .map(|element| (id(element), element_name(element)));
        let ids = ids.collect();
        let targets = targets
            .into_iter()
            .map(|name| (Link::target_id(&name).0, name));
        Self {
            ids,
            targets: targets.collect(),
        }
    }

    fn element(&self, id: &[u8; 32]) -> String {
        find(&self.ids, id)
    }

    fn target(&self, id: &[u8; 32]) -> String {
        find(&self.targets, id)
    }

    fn set<T: Element, S: Stamp>(
        &self,
        kept: &mut Kept,
        part: &str,
        clear: &str,
        set: &ObservedSet<T, S>,
    ) {
        let mut keep = |what: String, key: &Key<S>| {
            let writes = kept.entry(format!("{part} {what}")).or_default();
            writes.insert(key.event_hash.0);
        };
        for (id, adds) in set.adds() {
            let element = self.element(&id.0);
            adds.iter()
                .for_each(|add| keep(format!("+{element}"), &add.key));
        }
        for (id, removes) in set.removes() {
            let element = self.element(&id.0);
            removes
                .iter()
                .for_each(|key| keep(format!("-{element}"), key));
        }
        set.clears()
            .iter()
            .for_each(|key| keep(clear.to_owned(), key));
    }
}

fn find(names: &[([u8; 32], String)], id: &[u8; 32]) -> String {
    let found = names.iter().find(|(known, _)| known == id);
    found.map_or_else(
        || format!("unknown {}", hash_text(id)),
        |(_, name)| name.clone(),
    )
}
