//! `marbelle user`: finding accounts, and operators' changes to them.

use super::{
    database::{DataError, read, with_accounts},
    new_user::NewUser,
    table::Output,
    user_table,
};
use crate::{
    account::{self, Accounts, FindUsers, Operator, Reason},
    domain::{
        export::ExportCursor,
        ids::{SessionId, UserId},
        user::{Query, User, UserRef, UserState},
    },
    methods::Export,
    settings::Settings,
};
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use serde_json::{Value, json};
use std::{
    error::Error,
    io::{self, Write},
    sync::Arc,
};
use uuid::Uuid;

/// The action.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(super) enum Action {
    /// List accounts, newest first.
    Find {
        /// The beginning of an e-mail address or a name, in any case; every account if it is not given.
        query: Option<String>,
        /// Only accounts in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(UserState::NAMES))]
        state: Option<String>,
        /// Only accounts after this id, which the previous page printed.
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
        /// The most accounts to list.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=200))]
        limit: i64,
        #[command(flatten)]
        output: Output,
    },
    /// Show an account: its profile, sign-in methods and sessions.
    Show {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        output: Output,
    },
    /// Create an account whose address counts as verified; a password reset sets its first password.
    Create {
        #[command(flatten)]
        new: NewUser,
        #[command(flatten)]
        output: Output,
    },
    /// End the sessions of an account and refuse its sign-ins.
    Disable {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        output: Output,
    },
    /// Allow an account to sign in again.
    Enable {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        why: Why,
        #[command(flatten)]
        output: Output,
    },
    /// End all sessions of an account, or one of them.
    EndSessions {
        #[command(flatten)]
        account: Account,
        /// Only this session, as `user show` lists it.
        #[arg(long, value_name = "ID")]
        session: Option<Uuid>,
        #[command(flatten)]
        output: Output,
    },
    /// Remove the second factor of an owner who has lost it, end the sessions, and send the owner a letter.
    ResetSecondFactor {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        output: Output,
    },
    /// Print all data stored about an account, as JSON.
    Export {
        #[command(flatten)]
        account: Account,
        #[command(flatten)]
        output: Output,
    },
    /// End the sessions of an account and delete all its data, after confirmation.
    Delete {
        #[command(flatten)]
        account: Account,
        /// Do not ask for confirmation.
        #[arg(long)]
        yes: bool,
    },
}

/// The account.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// The account's e-mail address, its id, or its id in another system.
    account: String,
}

/// The reason.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// The reason; recorded in the audit log only.
    #[arg(long)]
    reason: Option<String>,
}

impl Account {
    fn user(&self) -> Result<UserRef, DataError> {
        UserRef::parse(&self.account).map_err(|_| DataError::NoSuchUser(self.account.clone()))
    }
}

impl Why {
    fn reason(&self) -> Result<Option<Reason>, DataError> {
        self.reason.as_deref().map(|reason| read("--reason", Reason::parse(reason))).transpose()
    }
}

/// The actor of every action here.
const OPERATOR: Operator<'static> = Operator::CommandLine;

/// Runs the action. Running nodes push the change to the account's open sockets.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "standard output is for what a command prints")]
pub(super) async fn run(action: Action, settings: &Settings) -> Result<(), Box<dyn Error>> {
    match action {
        Action::Find { query, state, after, limit, output } => {
            let query = query.as_deref().map(|query| read("the query", Query::parse(query))).transpose()?;
            let state = state.as_deref().and_then(UserState::from_name);
            let find = FindUsers { query: query.as_ref(), state, after: after.map(UserId), limit };
            let page = with_accounts(settings, async |accounts| accounts.find_users(find).await).await?;
            let page = page.map_err(DataError::from)?;
            output.print(&json!({ "users": page.users, "next": page.next }), |_| user_table::users(&page.users))?;
            if let Some(next) = page.next.filter(|_| !output.is_json()) {
                eprintln!("There are more: --after {next}");
            }
        }
        Action::Show { account, output } => {
            let (user, sessions) = with_user(&account, settings, async |accounts, id| {
                let user = accounts.get_user(&UserRef::Id(id)).await?;
                Ok((user, accounts.sessions_of(id).await?))
            })
            .await?;
            output.print(&user, |user| user_table::user(user, &sessions))?;
        }
        Action::Create { new, output } => {
            let new = new.read()?;
            let user = with_accounts(settings, async |accounts| accounts.create_user(new, OPERATOR).await).await?;
            print_user(&user.map_err(DataError::from)?, output)?;
        }
        Action::Disable { account, why, output } => {
            let reason = why.reason()?;
            let done = with_user(&account, settings, async |accounts, id| {
                accounts.disable_user(id, reason.as_ref(), OPERATOR).await
            });
            print_user(&done.await?, output)?;
        }
        Action::Enable { account, why, output } => {
            let reason = why.reason()?;
            let done = with_user(&account, settings, async |accounts, id| {
                accounts.enable_user(id, reason.as_ref(), OPERATOR).await
            });
            print_user(&done.await?, output)?;
        }
        Action::EndSessions { account, session, output } => {
            let session = session.map(SessionId);
            let ended = with_account(&account, settings, async |accounts, id| {
                accounts.end_sessions_of(id, session, OPERATOR).await
            })
            .await?;
            let ended =
                ended.map_err(|error| DataError::of(error, || format!("such session of {}", account.account)))?;
            output.print(&json!({ "sessions_ended": ended }), |_| format!("Sessions ended: {ended}\n"))?;
        }
        Action::ResetSecondFactor { account, output } => {
            let user = with_user(&account, settings, async |accounts, id| {
                accounts.reset_second_factor(id, OPERATOR).await?;
                accounts.get_user(&UserRef::Id(id)).await
            })
            .await?;
            print_user(&user, output)?;
        }
        // JSON in either format: it is for programs, and for reading in an editor.
        Action::Export { account, output: _ } => {
            let pages = with_user(&account, settings, async |accounts, id| pages(accounts, id).await).await?;
            let mut out = io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &joined(pages)?)?;
            writeln!(out)?;
        }
        Action::Delete { account, yes } => {
            let deleted = with_user(&account, settings, async |accounts, id| {
                let user = accounts.get_user(&UserRef::Id(id)).await?;
                if !yes && !tokio::task::block_in_place(|| confirm(&user)) {
                    return Ok(None);
                }
                accounts.delete_user(id, OPERATOR).await?;
                Ok(Some(user))
            })
            .await?;
            let user = deleted.ok_or(DataError::NotConfirmed)?;
            println!("Deleted the account {} ({}).", user.profile.email.as_str(), user.profile.id);
        }
    }
    Ok(())
}

/// Runs a command on an account, if it exists.
async fn with_account<T>(
    account: &Account,
    settings: &Settings,
    command: impl AsyncFnOnce(&Arc<Accounts>, UserId) -> Result<T, account::Error>,
) -> Result<Result<T, account::Error>, DataError> {
    let user = account.user()?;
    let done = with_accounts(settings, async |accounts| {
        let id = match accounts.get_user(&user).await {
            Err(account::Error::NotFound) => return Ok(None),
            user => user?.profile.id,
        };
        Ok(Some(command(accounts, id).await))
    });
    done.await??.ok_or_else(|| DataError::NoSuchUser(account.account.clone()))
}

/// The same, where only the account can be missing.
async fn with_user<T>(
    account: &Account,
    settings: &Settings,
    command: impl AsyncFnOnce(&Arc<Accounts>, UserId) -> Result<T, account::Error>,
) -> Result<T, DataError> {
    let done = with_account(account, settings, command).await?;
    done.map_err(|error| match error {
        account::Error::NotFound => DataError::NoSuchUser(account.account.clone()),
        other => other.into(),
    })
}

/// Every page of the data stored about a user.
async fn pages(accounts: &Arc<Accounts>, user: UserId) -> Result<Vec<Export>, account::Error> {
    let mut pages = Vec::new();
    let mut after = ExportCursor::START;
    loop {
        let page = accounts.export_user(user, after, OPERATOR).await?;
        let more = page.more;
        after = page.cursor;
        pages.push(Export::try_from(page)?);
        if !more {
            return Ok(pages);
        }
    }
}

/// The pages as one: long lists are joined, everything else is taken from the last page.
fn joined(pages: Vec<Export>) -> Result<Value, serde_json::Error> {
    let mut whole = Value::Null;
    for page in pages {
        let mut page = serde_json::to_value(page)?;
        for list in ["security_events", "letters", "events"] {
            if let (Some(before), Some(after)) = (whole[list].as_array().cloned(), page[list].as_array_mut()) {
                after.splice(0..0, before);
            }
        }
        whole = page;
    }
    Ok(whole)
}

fn print_user(user: &User, output: Output) -> io::Result<()> {
    output.print(user, |user| user_table::users(std::slice::from_ref(user)))
}

/// Asks at standard input; the end of input means no.
#[expect(clippy::print_stderr, reason = "a question is no output")]
fn confirm(user: &User) -> bool {
    let email = user.profile.email.as_str();
    eprint!("Delete the account {email} and all its data? This cannot be undone. [y/N] ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}
