//! What unfit input is told, word for word.

mod ui;
