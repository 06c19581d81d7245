//! The closed vocabularies of a work item.

/// Defines an enum whose variants have one name in events, in JSON and in order.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $word:literal $(| $alias:literal)*;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant = $code),+ }

        impl $name {
            /// The word in events and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word, ignoring ASCII case and surrounding white space as bones does.
            pub fn from_word(word: &str) -> Option<Self> {
                let word = word.trim();
                let is = |other: &str| word.eq_ignore_ascii_case(other);
                $(if is($word) $(|| is($alias))* {
                    return Some(Self::$variant);
                })+
                None
            }

            /// The number that stands for the variant in canonical bytes.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The variant of a number in canonical bytes.
            pub const fn from_code(code: u64) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// What sort of work an item is.
    Kind {
        /// Something to do; what an item is when nobody said.
        Task = 0, "task";
        /// Something to reach by way of other items.
        Goal = 1, "goal";
        /// Something to mend.
        Bug = 2, "bug";
    }
}

words! {
    /// How large an item is.
    Size {
        /// Extra small. `xxs` reads as this.
        Xs = 0, "xs" | "xxs";
        /// Small.
        S = 1, "s";
        /// Medium.
        M = 2, "m";
        /// Large.
        L = 3, "l";
        /// Extra large. `xxl` reads as this.
        Xl = 4, "xl" | "xxl";
    }
}

words! {
    /// How soon an item is wanted.
    Urgency {
        /// Before everything else.
        Urgent = 0, "urgent";
        /// As its place in the graph says; what an item has when nobody said.
        Default = 1, "default";
        /// Later.
        Punt = 2, "punt";
    }
}

words! {
    /// Where in its life an item is. Ordered: a move to a smaller phase opens a new epoch.
    Phase {
        /// Not begun.
        Open = 0, "open";
        /// Being worked on.
        Doing = 1, "doing";
        /// Finished.
        Done = 2, "done";
        /// Finished and put away.
        Archived = 3, "archived";
    }
}
