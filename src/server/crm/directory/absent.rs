//! What is absent in a directory's answer: left out, or `null`, as many programs write it. Both are the same.

use serde::{Deserialize, Deserializer};

/// A value, or what its type has for none.
pub(in crate::server::crm) fn or_none<'de, D, T>(read: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(read).map(Option::unwrap_or_default)
}
