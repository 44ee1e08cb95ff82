//! The rights a token was given: all of its holder's role, or those named in `scope`.

use attest_domain::roles::Entitlement;
use std::collections::BTreeSet;

/// What a token may be used for. A role never grants more for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights(Option<BTreeSet<Entitlement>>);

impl Rights {
    /// Reads `scope` of a request or of the store: names of entitlements separated by spaces, empty for all.
    pub(crate) fn parse(scope: &str) -> Option<Self> {
        let named: BTreeSet<Entitlement> = scope
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(|name| serde_json::from_value(serde_json::Value::from(name)).ok())
            .collect::<Option<_>>()?;
        Some(Self(Some(named).filter(|named| !named.is_empty())))
    }

    /// Whether they include it.
    pub(crate) fn include(&self, entitlement: Entitlement) -> bool {
        self.0.as_ref().is_none_or(|named| named.contains(&entitlement))
    }
}

/// What a right is called in a scope.
pub(crate) fn name(right: Entitlement) -> Option<String> {
    serde_json::to_value(right).ok()?.as_str().map(str::to_owned)
}

impl std::fmt::Display for Rights {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.0.iter().flatten().filter_map(|right| name(*right)).collect();
        formatter.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_rights_and_an_unknown_one_is_no_scope() {
        let rights = Rights::parse("read_log  import_documents").unwrap();
        assert!(rights.include(Entitlement::ReadLog) && !rights.include(Entitlement::Decide));
        assert_eq!(Rights::parse(&rights.to_string()), Some(rights));
        assert!(Rights::parse("").unwrap().include(Entitlement::ManageMembers));
        assert_eq!(Rights::parse("read_log everything"), None);
    }
}
