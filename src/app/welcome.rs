//! The output for somebody who starts the server by hand.

use crate::settings::{Environment, MailTransport, Settings, own_url};

/// Prints the addresses, the place of letters, and an example call.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints; the log goes elsewhere")]
pub(super) fn print(settings: &Settings) {
    let address = settings.listen;
    println!("Marbelle Accounts is listening on http://{address} (JSON-RPC on /rpc, HTTP and WebSocket)");
    if let Some(address) = settings.service_listen {
        println!("Metrics are served at http://{address}/metrics");
        println!("Services and operators call http://{address}/service/rpc");
    }
    let is_development = settings.environment == Environment::Development;
    let url = own_url(address);
    if settings.account_page && is_development {
        println!("Open {url} in a browser");
    }
    match &settings.mail.transport {
        MailTransport::File(folder) if is_development => {
            println!("Letters are written to {}, and shown at {url}/dev/mail", folder.display());
        }
        MailTransport::File(folder) => println!("Letters are written to {}", folder.display()),
        MailTransport::Smtp(smtp) => println!("Letters are sent by {}:{}", smtp.host, smtp.port),
    }
    println!("Next: curl -s http://{address}/rpc -H 'content-type: application/json' \\");
    println!(
        "  -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"auth.register\",\"params\":{{\"email\":\"ann@example.org\",\
         \"password\":\"a long walk by the sea\",\"first_name\":\"Ann\",\"last_name\":\"Lee\"}}}}'"
    );
}
