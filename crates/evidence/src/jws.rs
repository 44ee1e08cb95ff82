//! Signed JSON (JWS compact serialisation, RFC 7515) under keys that were archived with it (JWKS, RFC 7517).
//!
//! The header chooses one of the archived keys by its `kid` and says how it signed; it brings no key and no place to
//! fetch one. JSON in which a name stands twice is refused: two readers would see two things.

use crate::signature::{Algorithm, PublicKey};
use data_encoding::BASE64URL_NOPAD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Longest token: one with a text to sign takes some tens of kilobytes.
const BYTES_MAX: usize = 256 * 1024;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three parts of base64url, or no JSON in them.
    #[error("This is no signed token: {0}.")]
    Malformed(&'static str),
    /// A `crit` header, or an algorithm that nothing here verifies.
    #[error("The token is signed in a way that is not supported.")]
    Unsupported,
    /// None of the archived keys is the one it names, or several are.
    #[error("The key that signed the token is not among those that were kept.")]
    Key,
    /// The signature does not hold.
    #[error("The token was changed, or another key signed it.")]
    Signature,
}

/// Verifies a token under the keys of a JWKS. Answers its claims.
///
/// # Errors
/// [`JwsError`].
pub fn verify(token: &str, jwks: &Value) -> Result<Map<String, Value>, JwsError> {
    if token.len() > BYTES_MAX {
        return Err(JwsError::Malformed("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed("it has no parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed("it has two parts"))?;
    let header = parse(&decode(header)?)?;
    let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse_jose);
    let algorithm = algorithm.filter(|_| !header.contains_key("crit")).ok_or(JwsError::Unsupported)?;
    let key = find_key(jwks, header.get("kid"))?;
    key.verify(algorithm, signed.as_bytes(), &decode(signature)?).map_err(|_| JwsError::Signature)?;
    parse(&decode(payload)?)
}

/// The one key that is named; where none is, the only one there is.
fn find_key(jwks: &Value, kid: Option<&Value>) -> Result<PublicKey, JwsError> {
    let keys = jwks.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = |key: &&Value| kid.is_none() || key.get("kid") == kid;
    // Keys for encryption stand in the same list.
    let mut found = keys.iter().filter(named).filter_map(|key| PublicKey::parse_jwk(key).ok());
    match (found.next(), found.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(JwsError::Key),
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JwsError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JwsError::Malformed("it is not written in base64url"))
}

/// Reads an object in which no name stands twice, on any level.
fn parse(bytes: &[u8]) -> Result<Map<String, Value>, JwsError> {
    match serde_json::from_slice(bytes) {
        Ok(Once(Value::Object(object))) => Ok(object),
        _ => Err(JwsError::Malformed("it holds no JSON object in which each name stands once")),
    }
}

/// A value in which no name of an object stands twice.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Once, E> {
        Number::from_f64(value)
            .map(|number| Once(Value::Number(number)))
            .ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Once, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Once(Value::Array(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Once, A::Error> {
        let mut object = Map::new();
        while let Some((name, Once(value))) = members.next_entry::<String, Once>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Once(Value::Object(object)))
    }
}
