//! The comparisons, one per file.

pub mod calls;
pub mod crowd;
pub mod fan_out;
mod load;
pub mod other_build;
mod probe;
pub mod sign_ins;
pub mod stopped_reader;
pub mod storm;
pub mod updates;
pub mod webhook;
