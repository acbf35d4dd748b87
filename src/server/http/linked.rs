//! Where a link in the CRM leads: a page that says how the conversation is opened. It looks nothing up, so that it tells
//! nobody anything, not even whether there is such a conversation.

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use uuid::Uuid;

use super::problem;

/// The page's route.
pub fn router() -> Router {
    Router::new().route("/c/{id}", get(show))
}

async fn show(Path(id): Path<String>) -> Response {
    match Uuid::parse_str(&id) {
        Ok(id) => {
            let headers = [
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
                (header::REFERRER_POLICY, "no-referrer"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ];
            (headers, Html(page(id))).into_response()
        }
        Err(_) => problem::not_found().await.into_response(),
    }
}

/// Of the id alone, as we write it ourselves.
fn page(id: Uuid) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>A conversation in comeback</title></head>\n\
         <body>\n<h1>A conversation in comeback</h1>\n\
         <p>It is read at the terminal, by those whose it is. Whoever has it finds it in their list:</p>\n\
         <pre>comeback</pre>\n\
         <p>What was decided in it and why, whoever sees it, an auditor or an operator reads by:</p>\n\
         <pre>comeback explain {id}</pre>\n\
         </body>\n</html>\n"
    )
}
