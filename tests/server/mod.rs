//! HTTP, WebSocket and JSON-RPC: requests, answers, refusals, and the pages.

mod account_page;
mod allowances;
mod bad_input;
mod client_address;
mod dev_mail;
mod fuzz_requests;
mod http_headers;
mod metrics;
mod plain_http;
mod protocol;
mod rates;
mod shutdown;
mod slow_senders;
mod specification;
mod traces;
mod websocket_frames;
mod websocket_limits;
