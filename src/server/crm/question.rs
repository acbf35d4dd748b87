//! A question to a CRM: a method, a path and a body. Pure.

use serde_json::Value;

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PATCH.
    Patch,
}

/// A question. Bodies hold numbers and texts, so `Debug` shows none.
#[derive(Clone, PartialEq)]
pub struct Question {
    /// How.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// What is sent along.
    pub body: Option<Value>,
    /// Whether it is a search, which may be counted apart.
    pub searches: bool,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Question({:?})", self.method)
    }
}

impl Question {
    /// Something that is only read.
    pub const fn get(path: String) -> Self {
        Self { method: Method::Get, path, body: None, searches: false }
    }

    /// Something that is sent.
    pub const fn post(path: String, body: Value) -> Self {
        Self { method: Method::Post, path, body: Some(body), searches: false }
    }

    /// Something that changes what is there.
    pub const fn patch(path: String, body: Value) -> Self {
        Self { method: Method::Patch, path, body: Some(body), searches: false }
    }
}

/// Ids come from outside: one with a slash in it is no way to another path.
pub fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
