#![doc = include_str!("../README.md")]

pub mod logs;
pub mod ours;
pub mod peer;
pub mod stamped_peer;
pub mod view;
