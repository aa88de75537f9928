//! Both databases: failures, restores, retention and upgrades.

mod clocks;
mod database_crash;
mod database_faults;
mod outage;
mod pgbouncer;
mod postgres_tls;
mod restore;
mod retention;
mod upgrade;
