//! What the product is about, without any I/O: values that are valid once they exist.
//!
//! Text from outside becomes one of these types through its `parse`, the only validator there is.

pub mod email;
pub mod fault;
pub mod ids;
pub mod password;
pub mod phone;
pub mod text;
pub mod time;
