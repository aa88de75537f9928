//! Parsing of browsers' answers to ceremonies.

use crate::{
    domain::fault::{Fault, Rule},
    rpc::params::{Param, type_fault},
    sign_in::{AssertionCredential, PasskeyAnswer, RegistrationCredential},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;

impl Param for RegistrationCredential {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        credential(value)
    }
}

impl Param for AssertionCredential {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        credential(value)
    }
}

fn credential<T: DeserializeOwned>(value: &Value) -> Result<T, Vec<Fault>> {
    if !value.is_object() {
        return Err(vec![type_fault("an object")]);
    }
    T::deserialize(value).map_err(|_| {
        vec![Fault::new(
            Rule::Format,
            "must be the credential as PublicKeyCredential.toJSON() returns it for this ceremony",
        )]
    })
}

impl Param for PasskeyAnswer {
    fn from_param(value: &Value) -> Result<Self, Vec<Fault>> {
        let Value::Object(fields) = value else { return Err(vec![type_fault("an object")]) };
        let mut faults = Vec::new();
        if fields.keys().any(|name| !["ceremony", "credential"].contains(&name.as_str())) {
            faults.push(Fault::new(Rule::Unknown, "must have only `ceremony` and `credential`"));
        }
        let missing = || vec![Fault::new(Rule::Required, "must have `ceremony` and `credential`")];
        let ceremony = match fields.get("ceremony") {
            Some(Value::String(ceremony)) => Ok(ceremony.trim().to_owned()),
            Some(_) => Err(vec![type_fault("an object whose `ceremony` is text")]),
            None => Err(missing()),
        };
        let given = fields.get("credential").ok_or_else(missing).and_then(AssertionCredential::from_param);
        match (ceremony, given) {
            (Ok(ceremony), Ok(credential)) if faults.is_empty() => Ok(Self { ceremony, credential }),
            (ceremony, given) => {
                faults.extend(ceremony.err().into_iter().chain(given.err()).flatten());
                Err(faults)
            }
        }
    }
}

impl JsonSchema for PasskeyAnswer {
    fn schema_name() -> Cow<'static, str> {
        "PasskeyAnswer".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let credential = generator.subschema_for::<AssertionCredential>();
        json_schema!({
            "description": "A passkey's answer to a ceremony.",
            "type": "object",
            "properties": {
                "ceremony": { "type": "string", "description": "The ceremony." },
                "credential": credential,
            },
            "required": ["ceremony", "credential"],
        })
    }
}
