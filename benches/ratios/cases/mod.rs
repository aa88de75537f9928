//! The comparisons, one file each.

pub mod calls;
pub mod fan_out;
mod load;
pub mod sign_ins;
pub mod stopped_reader;
pub mod updates;
