//! Both databases when they fail, are restored, age or are upgraded.

mod clocks;
mod database_crash;
mod database_faults;
mod outage;
mod pgbouncer;
mod postgres_tls;
mod restore;
mod retention;
mod upgrade;
