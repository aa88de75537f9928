//! `marbelle webhook`: the webhooks of other systems.

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

/// The action.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// Create a webhook and print its secret, which is shown only once.
    ///
    /// Standard output has only the secret (with --json also the webhook), so that a script can store it.
    Create {
        /// The URL that events are sent to; https in production.
        url: String,
        /// A type of event to send; all types if none is given. Repeat it, or separate types by commas.
        #[arg(long = "event", value_delimiter = ',', value_parser = PossibleValuesParser::new(OutgoingType::NAMES))]
        events: Vec<String>,
        /// The purpose of the webhook.
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
    /// Switch a webhook on again; it gets changes from now on.
    Enable {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Switch a webhook off. Its waiting events are dropped.
    Disable {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Delete a webhook and its records of deliveries.
    Delete {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Replace the secret of a webhook and print the new one, which is shown only once. For a day the former one signs
    /// as well.
    RotateSecret {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// Send a test event, and print its id.
    Test {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
    },
    /// List what was queued for a webhook in the last seven days, newest first.
    Deliveries {
        /// The webhook's id, as `webhook list` prints it.
        id: Uuid,
        /// Only deliveries with this outcome.
        #[arg(long, value_parser = PossibleValuesParser::new(DeliveryState::NAMES))]
        state: Option<String>,
        /// The most deliveries to list.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Deliver an event again, at once if it waits for its next attempt.
    Redeliver {
        /// The delivery's id, as `webhook deliveries` prints it.
        id: Uuid,
    },
}

/// Runs the action; a running server carries it out.
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
                print_secret(&format!("Created the webhook {} to {}.", webhook.id, webhook.url.as_str()), &secret);
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

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "standard output has only the secret")]
fn print_secret(message: &str, secret: &Secret) {
    eprintln!("{message}");
    eprintln!("Its secret is shown only once:");
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
