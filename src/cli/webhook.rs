//! `marbelle webhook`: where other systems are told of changes.

use super::{
    database::{DataError, read, with_accounts},
    table::{Output, Table, or_dash},
};
use crate::{
    account::{self, Operator, WebhookPatch},
    crypto::opaque_token::Secret,
    domain::{
        ids::{DeliveryId, WebhookId},
        outgoing_event::OutgoingType,
        webhook::{Delivery, DeliveryState, EventTypes, Webhook, WebhookDescription, WebhookUrl},
    },
    settings::Settings,
};
use clap::{Subcommand, builder::PossibleValuesParser};
use serde_json::json;
use std::error::Error;
use uuid::Uuid;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// Make a webhook and print its secret, this once.
    ///
    /// Standard output has the secret alone (with --json the webhook as well), so that it can be stored by a script.
    Create {
        /// Where events are sent; https in production.
        url: String,
        /// Which events are sent; all if none is named. To be repeated, or separated by commas.
        #[arg(long = "event", value_delimiter = ',', value_parser = PossibleValuesParser::new(OutgoingType::NAMES))]
        events: Vec<String>,
        /// What it is for.
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        output: Output,
    },
    /// List every webhook, newest first.
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Switch a webhook on again; it is sent what changes from now on.
    Enable {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Switch a webhook off. What waits for it is dropped.
    Disable {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Delete a webhook, and what was kept of its deliveries.
    Delete {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Give a webhook another secret and print it, this once. For a day the former one signs too.
    RotateSecret {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Send a trial, and print its id.
    Test {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// List what was queued for a webhook in the last seven days, newest first.
    Deliveries {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
        /// Only those that this became of.
        #[arg(long, value_parser = PossibleValuesParser::new(DeliveryState::NAMES))]
        state: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Deliver an event once more; at once where it waits for its next attempt.
    Redeliver {
        /// The delivery's id, as `webhook deliveries` prints it.
        id: Uuid,
    },
}

/// Does it; a server that runs takes it up.
#[expect(clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Create { url, events, description, output } => {
            let url = read("the URL", WebhookUrl::parse(&url))?;
            let events = events.iter().filter_map(|event| OutgoingType::from_name(event));
            let events = EventTypes::new(events).ok();
            let description = description.map(|text| read("--description", WebhookDescription::parse(&text)));
            let description = description.transpose()?;
            let made = with_accounts(settings, async |accounts| {
                accounts.create_webhook(url, events, description, Operator::CommandLine).await
            })
            .await?;
            let (webhook, secret) = made.map_err(DataError::from)?;
            if output.is_json() {
                output.print(&json!({ "webhook": webhook, "secret": secret.expose() }), |_| "")?;
            } else {
                print_secret(&format!("Made the webhook {} to {}.", webhook.id, webhook.url.as_str()), &secret);
            }
        }
        Action::List { output } => {
            let webhooks = with_accounts(settings, async |accounts| accounts.list_webhooks().await).await?;
            output.print(&webhooks.map_err(DataError::from)?, |webhooks| {
                let heading = ["ID", "STATE", "URL", "EVENTS", "DESCRIPTION", "CREATED"];
                Table::new(heading, webhooks.iter().map(webhook_row))
            })?;
        }
        Action::Enable { id } => switch(settings, id, false).await?,
        Action::Disable { id } => switch(settings, id, true).await?,
        Action::Delete { id } => {
            let done = with_accounts(settings, async |accounts| {
                accounts.delete_webhook(WebhookId(id), Operator::CommandLine).await
            })
            .await?;
            done.map_err(|error| of_webhook(error, id))?;
        }
        Action::RotateSecret { id } => {
            let rotated = with_accounts(settings, async |accounts| {
                accounts.rotate_webhook_secret(WebhookId(id), Operator::CommandLine).await
            })
            .await?;
            let secret = rotated.map_err(|error| of_webhook(error, id))?;
            print_secret(&format!("Rotated the secret of the webhook {id}."), &secret);
        }
        Action::Test { id } => {
            let queued = with_accounts(settings, async |accounts| {
                accounts.test_webhook(WebhookId(id), Operator::CommandLine).await
            })
            .await?;
            println!("{}", queued.map_err(|error| of_webhook(error, id))?);
        }
        Action::Deliveries { id, state, limit, output } => {
            let state = state.as_deref().and_then(DeliveryState::from_name);
            let listed = with_accounts(settings, async |accounts| {
                accounts.list_deliveries(WebhookId(id), state, None, limit).await
            })
            .await?;
            output.print(&listed.map_err(|error| of_webhook(error, id))?, |listed| {
                let heading = ["ID", "EVENT", "USER", "STATE", "ATTEMPTS", "STATUS", "NEXT", "ERROR"];
                Table::new(heading, listed.deliveries.iter().map(delivery_row))
            })?;
        }
        Action::Redeliver { id } => {
            let done = with_accounts(settings, async |accounts| {
                accounts.redeliver(DeliveryId(id), Operator::CommandLine).await
            })
            .await?;
            done.map_err(|error| DataError::of(error, || format!("delivery {id}")))?;
        }
    }
    Ok(())
}

async fn switch(settings: &Settings, id: Uuid, disabled: bool) -> Result<(), DataError> {
    let patch = WebhookPatch { disabled: Some(disabled), ..WebhookPatch::default() };
    let done = with_accounts(settings, async |accounts| {
        accounts.update_webhook(WebhookId(id), patch, Operator::CommandLine).await
    })
    .await?;
    done.map(drop).map_err(|error| of_webhook(error, id))
}

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "standard output has the secret alone")]
fn print_secret(told: &str, secret: &Secret) {
    eprintln!("{told}");
    eprintln!("Its secret is shown this once:");
    println!("{}", secret.expose());
}

fn of_webhook(error: account::Error, id: Uuid) -> DataError {
    DataError::of(error, || format!("webhook {id}"))
}

fn webhook_row(webhook: &Webhook) -> [String; 6] {
    let state = match (webhook.disabled_at, webhook.failing_since) {
        (Some(_), _) => "off",
        (None, Some(_)) => "failing",
        _ => "on",
    };
    [
        webhook.id.to_string(),
        state.to_owned(),
        webhook.url.as_str().to_owned(),
        webhook.events.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string),
        or_dash(webhook.description.as_ref()),
        webhook.created_at.to_string(),
    ]
}

fn delivery_row(delivery: &Delivery) -> [String; 8] {
    [
        delivery.id.to_string(),
        delivery.r#type.as_str().to_owned(),
        or_dash(delivery.user_id),
        delivery.state.as_str().to_owned(),
        delivery.attempts.to_string(),
        or_dash(delivery.last_status),
        or_dash(delivery.next_attempt_at),
        or_dash(delivery.last_error.as_ref()),
    ]
}
