//! An operator's side: the environment, the database, what it holds, and the way to it from outside.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::report::Report;
use super::{backend, file};
use crate::cli::{public_url, world};
use crate::config::secret::Source;
use crate::domain::time::Span;
use crate::server::engine::TOLERATED_SKEW;
use crate::server::line_secrets;
use crate::server::store::sqlite::{MIGRATIONS, SqliteStore, serving};
use crate::server::store::{CarrierLine, LineStore as _, Store as _, StoreError};

/// Variables that a backend reads, and whether their value is a secret.
const VARIABLES: [(&str, bool); 9] = [
    ("COMEBACK_DATABASE", false),
    ("COMEBACK_PUBLIC_URL", false),
    ("COMEBACK_LOG", false),
    ("COMEBACK_CRM_TOKEN", true),
    ("COMEBACK_CRM_HOOK_SECRET", true),
    ("COMEBACK_CRM_CLIENT_ID", true),
    ("COMEBACK_CRM_USER", true),
    ("COMEBACK_HEARTBEAT_URL", true),
    ("COMEBACK_SMTP_URL", true),
];

/// What to do about a database that does not read.
pub(super) const UNREAD: &str = "see who else has it open, and the backend's log";

/// Looks at a backend's database, and at its public address when that is given. The database, when it reads.
pub(super) async fn look(report: &mut Report, database: &Path, public_url: Option<&str>) -> Option<Arc<SqliteStore>> {
    const AREA: &str = "configuration";
    for (name, secret) in VARIABLES {
        let Some(value) = std::env::var(name).ok().filter(|v| !v.is_empty()) else { continue };
        if secret {
            report.hide(&value);
        }
        report.fine(AREA, name, if secret { "set; not shown".to_owned() } else { value });
    }
    if let Ok(filter) = std::env::var("COMEBACK_LOG")
        && let Err(e) = tracing_subscriber::EnvFilter::try_new(&filter)
    {
        report.wrong(AREA, "log filter", e.to_string(), "write a level, or as in info,comeback=debug");
    }
    let mut store = None;
    if database.exists() {
        let wanted = file::Wanted {
            version: MIGRATIONS.last().map_or(0, |m| u64::from(m.version)),
            asked_by: "SELECT coalesce(max(version), 0) FROM schema_version",
        };
        if file::look(report, "database", database, &wanted) {
            match contents(report, database).await {
                Ok(read) => store = Some(read),
                Err(e) => report.wrong("database", "contents", e.to_string(), UNREAD),
            }
        }
    } else {
        let said = format!("there is none at {}", database.display());
        report.wrong("database", "file", said, "see the path; comeback serve makes it when it starts");
    }
    match public_url.map(public_url::parse) {
        Some(Err(e)) => report.wrong("public URL", "address", e.to_string(), "comeback serve takes no other"),
        Some(Ok(url)) => {
            if backend::look(report, "public URL", &url).await {
                let next = "webhook signatures are computed over exactly this address; for the carrier's side: comeback line test";
                report.fine("public URL", "carriers", next);
            }
        }
        None => report.fine("public URL", "address", "not given, not looked at: --public-url https://…"),
    }
    store
}

async fn contents(report: &mut Report, database: &Path) -> Result<Arc<SqliteStore>, StoreError> {
    const AREA: &str = "backend";
    let running = serving::holder(database);
    match running {
        Some(pid) => report.fine(AREA, "process", format!("runs as {pid}")),
        None => {
            report.look(AREA, "process", "none runs on this database", "comeback serve, or systemctl start comeback");
        }
    }
    let store = Arc::new(SqliteStore::open(database)?);
    let (now, (head, epoch)) = (world::clock(database).now(), store.head().await?);
    report.fine(
        AREA,
        "journal",
        format!("{} entries, epoch {epoch}; comeback audit verify computes its chain anew", head.seq),
    );
    match store.playbook().await? {
        Some(playbook) => report.fine(AREA, "playbook", format!("version {} in force", playbook.version)),
        None => report.wrong(AREA, "playbook", "none in force", "start it once with comeback serve --playbook FILE"),
    }
    let lines = store.lines().await?;
    secrets(report, &lines).await;
    match lines.len() {
        0 => report.look(AREA, "numbers", "none set up: no webhook is accepted", "comeback line add"),
        lines => report.fine(AREA, "numbers", format!("{lines} set up")),
    }
    let stops = store.line_stops().await?;
    match stops.iter().filter(|stop| stop.until.is_none()).count() {
        0 => {}
        stopped => report.wrong(
            AREA,
            "numbers",
            format!("{stopped} stopped: the carrier says that they are set up wrongly, and their answers wait"),
            "see comeback line list; put it right at the carrier, then comeback line resume",
        ),
    }
    let (late, _) = store.due(now - Span::minutes(1), 1).await?;
    match (late.is_empty(), running) {
        (true, _) => report.fine(AREA, "deadlines", "none is late"),
        (false, None) => {
            report.look(AREA, "deadlines", "some passed while no backend runs", "they fire in order when it starts");
        }
        (false, Some(_)) => report.wrong(
            AREA,
            "deadlines",
            "one is more than a minute late",
            "see the log: a conversation that does not read is named there",
        ),
    }
    let waiting = store.waiting().await?;
    report.fine(AREA, "waiting", format!("{} answers unknown, {} that need an eye", waiting.unknown, waiting.parked));
    super::alerts::look(report, &store).await?;
    if head.at > now + TOLERATED_SKEW {
        let said = format!(
            "the journal is ahead of this machine's clock by {} s: deadlines and sends pause",
            (head.at - now).as_millis() / 1000
        );
        report.wrong(
            "clock",
            "this machine's",
            said,
            "set the clock right (timedatectl); all goes on when it has caught up",
        );
    } else {
        report.fine("clock", "this machine's", "not behind the journal");
    }
    Ok(store)
}

/// Whether the secrets of lines can be read from here; what is read by one's own environment tells nothing of the backend's.
async fn secrets(report: &mut Report, lines: &[CarrierLine]) {
    const AREA: &str = "backend";
    let mut variables = BTreeSet::new();
    for line in lines {
        match line_secrets::open(line).await {
            Ok(_) => variables.extend(line.tokens.iter().filter_map(|kept| variable(kept))),
            Err(why) => {
                let said = format!("a secret of {} cannot be read by whoever runs this: {why}", line.provider);
                let next = "see that the backend can read it; nothing leaves from a line without its secret";
                report.look(AREA, "numbers", said, next);
            }
        }
    }
    for name in variables {
        let said = format!("a line's secret is in the variable {name}, which is set here");
        let next = "see that the backend was started with it, too: /ready names the lines whose secret it cannot read";
        report.look(AREA, "numbers", said, next);
    }
}

/// The variable that holds a secret, when one does.
fn variable(kept: &str) -> Option<String> {
    match Source::parse(kept)? {
        Source::Env(name) => Some(name),
        Source::File(_) | Source::Keyring(_) => None,
    }
}
