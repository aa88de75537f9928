//! Several nodes with PostgreSQL and NATS.

mod bus_disorder;
mod bus_outage;
mod nats_cluster;
mod nats_tls;
mod node_death;
mod operators;
mod restore_nodes;
mod three_nodes;
mod two_nodes;
mod verifiers;
