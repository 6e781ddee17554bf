//! JSON merge patch, RFC 7396: an object changes members one by one, `null` removes.

use serde_json::{Map, Value};

pub(crate) fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge_patch(members.entry(name.as_str()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_is_set_removed_and_merged() {
        let mut target = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": 4});
        merge_patch(
            &mut target,
            &json!({"a": null, "b": {"c": null, "f": 5}, "e": [6]}),
        );
        assert_eq!(target, json!({"b": {"d": 3, "f": 5}, "e": [6]}));
    }
}
