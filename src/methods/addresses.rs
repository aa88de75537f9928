//! `addresses.*`.

use super::{examples, session::Done};
use crate::{
    account::Error,
    domain::{
        address::{Address, AddressPatch, Label, Line, NewAddress, Place, PostalCode},
        ids::AddressId,
        phone::Phone,
        profile::Name,
        session::Caller,
    },
    rpc::{
        error::Kind,
        param_types::Revision,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use serde_json::{Value, json};

params! {
    /// Parameters that name an address.
    pub struct AddressIdParams {
        required address_id: AddressId,
    }
}

params! {
    impl NewAddress {
        /// Unique per user: labels that differ only in case, blanks or invisible characters are equal.
        required label: Label,
        required first_name: Name,
        optional last_name: Name,
        optional company: Name,
        required address_line_1: Line,
        optional address_line_2: Line,
        required city: Place,
        optional state: Place,
        optional postal_code: PostalCode,
        required country: Place,
        /// In any usual notation, with its country code.
        optional phone: Phone,
        /// Whether it becomes the primary address. A user's first address always does.
        defaulted is_primary: bool,
    }
}

params! {
    impl AddressPatch {
        edit label: Label,
        edit first_name: Name,
        /// `null` clears it.
        clearable last_name: Name,
        /// `null` clears it.
        clearable company: Name,
        edit address_line_1: Line,
        /// `null` clears it.
        clearable address_line_2: Line,
        edit city: Place,
        /// `null` clears it.
        clearable state: Place,
        /// `null` clears it.
        clearable postal_code: PostalCode,
        edit country: Place,
        /// `null` clears it.
        clearable phone: Phone,
        /// `true` makes it the primary address; `false` on the primary address is refused.
        edit is_primary: bool,
    }
}

params! {
    /// Parameters of `addresses.update`.
    pub struct UpdateParams {
        required address_id: AddressId,
        flatten patch: AddressPatch,
        /// Refuses the edit if the address changed after this revision.
        optional expected_revision: Revision,
    }
}

/// Declares the namespace.
pub fn declare(registry: &mut Registry) {
    registry.session(
        "addresses.list",
        Effect::Read,
        Description {
            summary: "The caller's addresses, primary first, then oldest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || (json!({}), json!([examples::address()])),
        },
        |call: Call, caller, _: NoParams| async move { call.context.accounts.list_addresses(caller).await },
    );
    registry.session(
        "addresses.get",
        Effect::Read,
        Description {
            summary: "One of the caller's addresses.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound],
            example: || (examples::address_id(), examples::address()),
        },
        |call: Call, caller, params: AddressIdParams| async move {
            call.context.accounts.get_address(caller, params.address_id).await
        },
    );
    registry.session(
        "addresses.create",
        Effect::Write,
        Description {
            summary: "Adds an address; the first one becomes primary.",
            rate: Rate::Change,
            errors: &[Kind::Conflict, Kind::LimitReached],
            example: || (examples::new_address(), examples::address()),
        },
        create,
    );
    registry.session(
        "addresses.update",
        Effect::Write,
        Description {
            summary: "Edits an address; absent parameters leave their fields unchanged.",
            rate: Rate::Change,
            errors: &[Kind::NotFound, Kind::Conflict, Kind::StaleRevision],
            example: || (with_id(json!({ "city": "Berlin", "expected_revision": 2 })), examples::address()),
        },
        update,
    );
    registry.session(
        "addresses.delete",
        Effect::Write,
        Description {
            summary: "Deletes an address, but not the only one. If it was primary, the oldest of the others becomes primary.",
            rate: Rate::Change,
            errors: &[Kind::NotFound, Kind::LastAddress],
            example: || (examples::address_id(), json!({})),
        },
        |call: Call, caller: Caller, params: AddressIdParams| async move {
            call.context.accounts.delete_address(caller, &call.client(), params.address_id).await?;
            Ok(Done {})
        },
    );
    registry.session(
        "addresses.set_primary",
        Effect::Write,
        Description {
            summary: "Makes an address the primary one.",
            rate: Rate::Change,
            errors: &[Kind::NotFound],
            example: || (examples::address_id(), examples::address()),
        },
        |call: Call, caller: Caller, params: AddressIdParams| async move {
            call.context.accounts.set_primary_address(caller, &call.client(), params.address_id).await
        },
    );
}

fn with_id(mut params: Value) -> Value {
    params["address_id"] = examples::address_id()["address_id"].take();
    params
}

async fn create(call: Call, caller: Caller, new: NewAddress) -> Result<Address, Error> {
    call.context.accounts.create_address(caller, &call.client(), new).await
}

async fn update(call: Call, caller: Caller, params: UpdateParams) -> Result<Address, Error> {
    let expected = params.expected_revision.map(|revision| revision.0);
    call.context.accounts.update_address(caller, &call.client(), params.address_id, params.patch, expected).await
}
