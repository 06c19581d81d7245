//! Integration tests of `bones-snapshot`.

//mod events;
//mod laws;
//mod lifecycle;
//mod line;
//mod naive;
//mod payload;
mod real_logs;
//mod redaction;
//mod universe;
//mod view;
