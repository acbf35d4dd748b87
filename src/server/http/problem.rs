//! Errors on the wire: `application/problem+json`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::server::service::ServiceError;
use crate::server::store::StoreError;
use crate::wire::problem::Problem;

/// A problem as a response.
#[derive(Debug)]
pub struct Failure(pub Problem);

impl Failure {
    /// A problem with a code, a sentence and a hint.
    pub fn new(status: StatusCode, code: &str, title: &str, hint: &str) -> Self {
        Self(Problem::new(status.as_u16(), code, title, hint))
    }

    /// What went wrong is in the log, under the request's id.
    pub fn internal(request_id: Option<String>, cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(request_id, %cause, "internal error");
        let title = "The backend failed. Nothing you sent was acknowledged; it can be sent again.";
        let mut problem = Problem::new(500, "internal", title, "Tell your operator the request id.");
        problem.request_id = request_id;
        Self(problem)
    }

    /// Too much waits, or the committer stopped.
    pub fn of_service(request_id: Option<String>, e: &ServiceError) -> Self {
        match e {
            ServiceError::Busy => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "The backend is busy. Nothing was written.",
                "Try again in a moment.",
            ),
            ServiceError::Stopped(_) | ServiceError::Unreadable(_) => Self::internal(request_id, e),
        }
    }

    /// The database.
    pub fn of_store(request_id: Option<String>, e: &StoreError) -> Self {
        match e {
            StoreError::Busy => Self::of_service(request_id, &ServiceError::Busy),
            StoreError::Conflict(_)
            | StoreError::Fatal(_)
            | StoreError::Corrupt(_)
            | StoreError::Served { .. }
            | StoreError::Newer { .. } => Self::internal(request_id, e),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// No such route.
pub async fn not_found() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "no_such_route", "There is nothing at this address.", "See /openapi.json.")
}

/// The route takes another method.
pub async fn method_not_allowed() -> Failure {
    let title = "This address takes another method.";
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title, "See /openapi.json.")
}
