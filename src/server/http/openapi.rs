//! `/openapi.json`, generated from the handlers; a test compares it with `assets/openapi.json`.

use axum::Json;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "comeback",
        description = "Routes buyers' SMS replies to the salesperson who can act.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        super::session::sign_in,
        super::session::who,
        super::commands::push,
        super::changes::pull,
        super::changes::messages,
        super::around::look,
        super::changes::explanation,
        super::writing::say,
        super::media::one,
        super::people::say,
        super::people::on_call,
        super::calendars::calendar,
        super::calendars::address,
        super::calendars::subscription,
        super::blocked::blocked,
        super::unblock::unblock,
        super::rulings::rulings,
        super::sends::report,
        super::crm::changes,
        super::audit::entries,
        super::reports::one,
        super::reports::replies,
        super::behind::conversations,
        super::consent::show,
        super::consent::dossier,
        super::consent::report,
        super::health::alive,
        super::health::ready,
        super::health::metrics,
    ),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("device", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The description.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// Serves it.
pub async fn serve() -> Json<utoipa::openapi::OpenApi> {
    Json(description())
}
