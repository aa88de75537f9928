//! The promises of the wire contract, shown on the built binary through real sockets.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is wrong stops where it is wrong"
)]

mod account_page;
mod addresses;
mod architecture;
mod bad_input;
mod bus_disorder;
mod bus_outage;
mod change_password;
mod changes;
mod cookie;
mod crash;
mod database_crash;
mod database_faults;
mod dev_mail;
mod email_change;
mod enumeration;
mod feed;
mod fuzz_requests;
mod fuzz_settings;
mod guesses;
mod http_headers;
mod letters;
mod mail;
mod mail_workers;
mod metrics;
mod nats_cluster;
mod nats_tls;
mod node_death;
mod origin_defects;
mod outage;
mod password_reset;
mod plain_http;
mod postgres_tls;
mod production;
mod profile;
mod racing_addresses;
mod racing_writers;
mod rates;
mod restore;
mod restore_nodes;
mod retention;
mod revocation;
mod secrets;
mod security_log;
mod sessions;
mod settings;
mod shutdown;
mod sign_in;
mod sign_up;
mod slow_readers;
mod slow_senders;
mod specification;
mod support;
mod three_nodes;
mod tokens;
mod traces;
mod two_nodes;
mod upgrade;
mod user_commands;
