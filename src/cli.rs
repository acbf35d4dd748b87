//! The command line: what can be typed, and where it goes. The only place that knows every module.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::domain::safe_text::SafeText;
use crate::server::store::sqlite::serving::Serving;

mod api_key;
mod audit;
mod away;
mod backup;
mod config;
mod consent;
mod crm;
mod crm_writes;
mod demo;
mod desk;
mod doctor;
mod egress;
mod emulate;
mod explain;
mod import;
mod inbox;
mod kind;
mod line;
mod lines;
mod login;
mod oncall;
mod playbook;
mod public_url;
mod rep;
mod report;
mod secret;
mod serve;
mod shell;
mod world;

/// Routes buyers' SMS replies to the salesperson who can act.
///
/// Without a command: opens your inbox.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
struct Cli {
    /// Whose inbox: profiles keep their cache, drafts and sign-in apart.
    #[arg(long, default_value = "default", global = true, env = "COMEBACK_PROFILE")]
    profile: String,
    /// When your inbox is open in another terminal, move it here without asking.
    #[arg(long)]
    take: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: backend, an emulated carrier, a small CRM, texting buyers, and an inbox on it.
    Demo(demo::Demo),
    /// Run the backend.
    Serve(Box<serve::Serve>),
    /// Run only an emulated carrier or CRM, for tests of your own.
    Emulate(emulate::Emulate),
    /// Who may sign in.
    #[command(subcommand)]
    Rep(rep::Rep),
    /// Our numbers at the carrier.
    #[command(subcommand)]
    Line(line::Line),
    /// Which programs may report what campaigns sent.
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// Bring in what other programs know.
    #[command(subcommand)]
    Import(import::Import),
    /// Who may be texted, and why: the consent ledger, and what was ruled about it.
    #[command(subcommand)]
    Consent(consent::Consent),
    /// What is written into the CRM: what waits, and what it refused.
    #[command(subcommand)]
    Crm(crm_writes::CrmWrites),
    /// Which of eight kinds a text is taken for, and where people knew better.
    #[command(subcommand)]
    Kind(kind::Kind),
    /// The policy: check a file, put it in force, see its history, go back.
    #[command(subcommand)]
    Playbook(playbook::PlaybookCommand),
    /// Why a conversation went to whom it went: every decision about it, from the journal.
    Explain(explain::Explain),
    /// Who is on call, until when, and who comes then.
    #[command(name = "oncall")]
    OnCall(oncall::OnCall),
    /// Say that you are away: new replies and running clocks go to your backup until you are back.
    Away(away::Away),
    /// Say that you are back: what others covered comes back to you.
    Back(away::Back),
    /// Sign this machine in with a one-time token.
    Login(login::Login),
    /// What was measured: answers in time, outcomes, load, consent.
    #[command(subcommand)]
    Report(report::Report),
    /// Check the record.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Your settings: where they are, what holds, what is wrong with them.
    #[command(subcommand)]
    Config(config::Config),
    /// What is the matter, and what to do next.
    Doctor(doctor::Doctor),
    /// Print the completions of a shell.
    Completions(shell::Completions),
    /// Print the man page.
    Man(shell::Man),
    /// Copy the database into one file, also while `serve` runs on it.
    Backup(backup::Backup),
    /// Bring a backup back, as a new database.
    Restore(backup::Restore),
}

/// Which database.
#[derive(Debug, Clone, Args)]
struct DatabaseArg {
    /// sqlite:PATH
    #[arg(long, env = "COMEBACK_DATABASE", value_parser = parse_database)]
    database: PathBuf,
}

fn parse_database(text: &str) -> Result<PathBuf, String> {
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Ok(path.into()),
        Some(("postgres" | "postgresql", _)) => Err("PostgreSQL is not in this version: use sqlite:PATH".to_owned()),
        _ => Err("write it sqlite:PATH, as in sqlite:/var/lib/comeback/comeback.db".to_owned()),
    }
}

/// How fast an emulated world's clock runs. Faster than this, deadlines fall due quicker than they can be written down.
fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    let sound = (0.1..=1_000.0).contains(&speed);
    sound.then_some(speed).ok_or_else(|| "from 0.1 to 1000 times as fast as yours".to_owned())
}

impl DatabaseArg {
    /// By which it lives: this machine's, unless it is a demo's.
    fn clock(&self) -> std::sync::Arc<dyn crate::clock::Clock> {
        world::clock(&self.database)
    }

    /// Opens a database that is there: a mistyped path makes no empty one.
    fn open(&self) -> anyhow::Result<crate::server::store::sqlite::SqliteStore> {
        self.existing()?;
        self.open_or_make()
    }

    /// Its file, which is there.
    fn existing(&self) -> anyhow::Result<&std::path::Path> {
        let path = self.database.display();
        anyhow::ensure!(
            self.database.exists(),
            "there is no database at {path}; `comeback serve` makes it when it starts"
        );
        Ok(&self.database)
    }

    /// Takes the database for this backend alone, as long as what is returned lives.
    fn serve_alone(&self) -> anyhow::Result<Serving> {
        Ok(Serving::take(&self.database)?)
    }

    /// Opens the database, and makes it when there is none yet.
    fn open_or_make(&self) -> anyhow::Result<crate::server::store::sqlite::SqliteStore> {
        Ok(crate::server::store::sqlite::SqliteStore::open(&self.database)?)
    }
}

/// Runs what was typed. Errors are told as a chain, causes last.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // One TLS implementation for every client of the process.
    drop(rustls::crypto::ring::default_provider().install_default());
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let mut text = format!("comeback: {e}");
            for cause in e.chain().skip(1) {
                text = format!("{text}\n  because {cause}");
            }
            warn(&text);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Some(_) if cli.take => anyhow::bail!("--take moves an inbox: it stands alone, as in comeback --take"),
        None => inbox::open(&cli.profile, cli.take),
        Some(Command::Demo(demo)) => demo.run(),
        Some(Command::Serve(serve)) => runtime()?.block_on(serve.run()),
        Some(Command::Emulate(emulate)) => runtime()?.block_on(emulate.run()),
        Some(Command::Rep(rep)) => runtime()?.block_on(rep.run()),
        Some(Command::Line(line)) => runtime()?.block_on(line.run()),
        Some(Command::ApiKey(key)) => runtime()?.block_on(key.run()),
        Some(Command::Crm(crm)) => runtime()?.block_on(crm.run()),
        Some(Command::Import(import)) => runtime()?.block_on(import.run()),
        Some(Command::Consent(consent)) => runtime()?.block_on(consent.run(&cli.profile)),
        Some(Command::Kind(kind)) => runtime()?.block_on(kind.run()),
        Some(Command::Playbook(playbook)) => runtime()?.block_on(playbook.run()),
        Some(Command::Explain(explain)) => runtime()?.block_on(explain.run(&cli.profile)),
        Some(Command::OnCall(oncall)) => runtime()?.block_on(oncall.run(&cli.profile)),
        Some(Command::Away(away)) => runtime()?.block_on(away.run(&cli.profile)),
        Some(Command::Back(back)) => runtime()?.block_on(back.run(&cli.profile)),
        Some(Command::Login(login)) => runtime()?.block_on(login.run(&cli.profile)),
        Some(Command::Report(report)) => runtime()?.block_on(report.run(&cli.profile)),
        Some(Command::Audit(audit)) => runtime()?.block_on(audit.run(&cli.profile)),
        Some(Command::Config(config)) => config.run(&cli.profile),
        Some(Command::Doctor(doctor)) => doctor.run(&cli.profile),
        Some(Command::Completions(completions)) => {
            completions.run();
            Ok(())
        }
        Some(Command::Man(man)) => man.run(),
        Some(Command::Backup(backup)) => runtime()?.block_on(backup.run()),
        Some(Command::Restore(restore)) => runtime()?.block_on(restore.run()),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// A line for the person, on standard output. A closed pipe ends quietly. It may quote what a stranger named: a device,
/// a backend's sentence, a word of a file.
fn say(text: &str) {
    drop(writeln!(std::io::stdout().lock(), "{}", SafeText::whole(text)));
}

/// A line on standard error, as safe as [`say`]'s.
fn warn(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{}", SafeText::whole(text)));
}

/// One line from standard input: how secrets come in, so that they never stand in a process list. Somebody who types is
/// told what is waited for.
fn secret_from_stdin(what: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        warn(&format!("{what}, then Enter:"));
    }
    let mut line = String::new();
    let quiet = Unechoed::begin();
    std::io::stdin().read_line(&mut line)?;
    drop(quiet);
    let secret = line.trim().to_owned();
    anyhow::ensure!(
        !secret.is_empty(),
        "nothing came on standard input; pipe the secret in, or type it and press Enter"
    );
    Ok(secret)
}

/// While it lives, a terminal shows nothing of what is typed: a secret stays out of the screen and its scrollback.
struct Unechoed(Option<rustix::termios::Termios>);

impl Unechoed {
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let Ok(before) = tcgetattr(std::io::stdin()) else { return Self(None) };
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        warn("(what you type or paste is not shown; Enter ends it)");
        Self(tcsetattr(std::io::stdin(), OptionalActions::Now, &silent).is_ok().then_some(before))
    }
}

impl Drop for Unechoed {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let now = rustix::termios::OptionalActions::Now;
            // A terminal that is gone needs nothing back.
            let _ = rustix::termios::tcsetattr(std::io::stdin(), now, before);
        }
    }
}

/// Where a profile keeps its files: `$XDG_DATA_HOME/comeback/NAME`, or `~/.local/share/comeback/NAME`.
fn profile_dir(profile: &str) -> anyhow::Result<PathBuf> {
    check_name(profile)?;
    Ok(xdg("XDG_DATA_HOME", ".local/share")?.join("comeback").join(profile))
}

/// Where a profile keeps its log: `$XDG_STATE_HOME/comeback/NAME`, or `~/.local/state/comeback/NAME`.
fn state_dir(profile: &str) -> anyhow::Result<PathBuf> {
    check_name(profile)?;
    Ok(xdg("XDG_STATE_HOME", ".local/state")?.join("comeback").join(profile))
}

fn check_name(profile: &str) -> anyhow::Result<()> {
    let plain = profile.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && !profile.starts_with('.');
    anyhow::ensure!(plain && !profile.is_empty(), "a profile's name is made of letters, digits, - and _");
    Ok(())
}

/// Where a rep's own settings are: `$XDG_CONFIG_HOME/comeback/config.toml`, or `~/.config/comeback/config.toml`.
fn config_file() -> anyhow::Result<PathBuf> {
    Ok(xdg("XDG_CONFIG_HOME", ".config")?.join("comeback").join("config.toml"))
}

/// A rep's own settings; no file is the same as an empty one.
fn rep_config() -> anyhow::Result<crate::config::rep::RepConfig> {
    let file = config_file()?;
    match std::fs::read_to_string(&file) {
        Ok(source) => Ok(crate::config::rep::read(&file.display().to_string(), &source)?),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(crate::config::rep::RepConfig::default()),
        Err(e) => Err(anyhow::Error::new(e).context(format!("{} cannot be read", file.display()))),
    }
}

/// A folder of the XDG base directory specification.
fn xdg(variable: &str, otherwise: &str) -> anyhow::Result<PathBuf> {
    if let Some(dir) = std::env::var_os(variable).filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir));
    }
    let home = std::env::home_dir().ok_or_else(|| anyhow::anyhow!("no home folder: set {variable}"))?;
    Ok(home.join(otherwise))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every argument of a command and of those below it, as `serve --listen`.
    fn arguments(command: &clap::Command, path: &str, all: &mut Vec<(String, clap::Arg)>) {
        for argument in command.get_arguments() {
            let name = argument.get_long().map_or_else(|| argument.get_id().to_string(), |long| format!("--{long}"));
            all.push((format!("{path} {name}"), argument.clone()));
        }
        for below in command.get_subcommands() {
            arguments(below, &format!("{path} {}", below.get_name()), all);
        }
    }

    #[test]
    fn no_argument_takes_a_secret_which_every_user_of_a_machine_could_read() {
        let mut all = Vec::new();
        arguments(&Cli::command(), "comeback", &mut all);
        let secret = ["token", "secret", "password", "heartbeat", "smtp", "proxy", "key"];
        let mut seen = 0;
        for (name, argument) in all {
            let about = name.rsplit(' ').next().is_some_and(|word| secret.iter().any(|s| word.contains(s)));
            if !about || !argument.get_action().takes_values() {
                continue;
            }
            seen += 1;
            let value = argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
            // A file, a name in the keyring, a number, a way out that this is not about, a key that is public.
            let tells_where = ["FILE", "NAME", "N"].contains(&value);
            let open = name.contains("--public-key") || name.contains("--behind-proxy");
            assert!(tells_where || open, "{name} takes {value}: it would stand in every list of processes");
        }
        assert!(seen > 6, "{seen}: are these the arguments?");
    }
}
