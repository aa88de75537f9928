//! Titles for every schema of the OpenRPC document: code generators derive the names of types from them.

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The names that titles must not have, because generators give them to the types of methods, such as `SessionCurrent`.
#[derive(Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// The names of these methods.
    pub fn by_methods<'m>(names: impl Iterator<Item = &'m str>) -> Self {
        Self(names.map(pascal).collect())
    }
}

/// Gives `schema` the title `title`, and each schema within it a title by its path: `Profile`, `ProfileFirstName`. A
/// reference gets the title of its target.
pub fn entitle(schema: &mut Value, title: &str, taken: &Taken) {
    let Value::Object(object) = schema else { return };
    if object.contains_key("$ref") {
        return;
    }
    let is_null = object.get("type") == Some(&json!("null"));
    let own = match title {
        _ if is_null => "Null".to_owned(),
        title if taken.0.contains(title) => format!("{title}Field"),
        title => title.to_owned(),
    };
    object.insert("title".into(), json!(own));
    for (name, property) in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        entitle(property, &format!("{title}{}", pascal(name)), taken);
    }
    if let Some(items) = object.get_mut("items") {
        entitle(items, &format!("{title}Item"), taken);
    }
    if let Some(values) = object.get_mut("additionalProperties") {
        entitle(values, &format!("{title}Value"), taken);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let options = object.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten();
        for (option, number) in options.zip(1..) {
            entitle(option, &format!("{title}Option{number}"), taken);
        }
    }
}

/// `first_name` and `profile.get` as `FirstName` and `ProfileGet`.
pub fn pascal(name: &str) -> String {
    let words = name.split(['_', '.']).filter(|word| !word.is_empty());
    words.flat_map(|word| word[..1].to_uppercase().chars().chain(word[1..].chars()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_named_by_its_path() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "first_name": { "type": "string" },
                "list": { "type": "array", "items": { "type": "integer" } },
                "phone": { "anyOf": [{ "$ref": "#/x" }, { "type": "null" }] },
            },
        });
        entitle(&mut schema, "Profile", &Taken::by_methods(["profile.list"].into_iter()));
        let expected = json!({
            "title": "Profile",
            "type": "object",
            "properties": {
                "first_name": { "title": "ProfileFirstName", "type": "string" },
                "list": {
                    "title": "ProfileListField", "type": "array",
                    "items": { "title": "ProfileListItem", "type": "integer" },
                },
                "phone": { "title": "ProfilePhone", "anyOf": [{ "$ref": "#/x" }, { "title": "Null", "type": "null" }] },
            },
        });
        assert_eq!(schema, expected);
        assert_eq!(pascal("auth.verify_email"), "AuthVerifyEmail");
    }
}
