//! The playbook's JSON Schema, by a validator that others use: what reads well is valid, what is of the wrong form is not.

use boon::{Compiler, SchemaIndex, Schemas};
use comeback::config::playbook::read;
use comeback::config::playbook::schema::SCHEMA;
use serde_json::Value;

const EXAMPLE: &str = include_str!("../../assets/playbook.toml");

struct Schema {
    all: Schemas,
    ours: SchemaIndex,
}

impl Schema {
    fn compiled() -> Self {
        let (mut all, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("playbook.json", serde_json::from_str(SCHEMA).unwrap()).unwrap();
        let ours = compiler.compile("playbook.json", &mut all).unwrap_or_else(|e| panic!("{e}"));
        Self { all, ours }
    }

    /// What is wrong with a file; nothing when it is valid.
    fn complaint(&self, source: &str) -> Option<String> {
        let document = json(toml::from_str(source).unwrap_or_else(|e| panic!("{e}")));
        self.all.validate(&document, self.ours).err().map(|e| e.to_string())
    }
}

/// TOML as a schema sees it: days and times are texts.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(n) => n.into(),
        toml::Value::Float(n) => n.into(),
        toml::Value::Boolean(b) => b.into(),
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(all) => all.into_iter().map(json).collect(),
        toml::Value::Table(all) => all.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}

#[test]
fn the_schema_is_one_of_draft_2020_12_and_the_example_is_valid() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    // Compiling holds it against the meta-schema of its draft.
    assert_eq!(Schema::compiled().complaint(EXAMPLE), None);
    let short = "\n[team.east.on_call]\nreps = [\"omar\"]\nsince = 2026-01-05\nhand_off = \"09:00\"\ndays = 7\nzone = \"UTC\"\n";
    assert_eq!(Schema::compiled().complaint(&format!("{EXAMPLE}{short}")), None);
}

#[test]
fn a_file_of_the_wrong_form_is_refused_by_the_reader_and_by_the_schema() {
    let schema = Schema::compiled();
    for (from, to) in [
        ("undo_hold = \"8s\"", "undo_hold = \"8 seconds\""),
        ("undo_hold = \"8s\"", "undo_hold = 8"),
        ("undo_hold = \"8s\"", "undo_hodl = \"8s\""),
        ("company = \"Northwind Systems\"", "company = [\"Northwind Systems\"]"),
        ("company = \"Northwind Systems\"", ""),
        ("    \"contact\",\n", "    \"contcat\",\n"),
        ("rule = \"sdr\"", "rul = \"sdr\""),
        ("skip = [\"hours\"]", "skip = [\"hurs\"]"),
        ("area_code = \"212\"", "area_code = \"12\""),
        ("area_code = \"212\"", "area = \"212\""),
        ("capacity = 40", "capacity = 0"),
        ("unseen = \"24h\"", "unsen = \"24h\""),
        ("wait = \"10m\"\nclock = \"wall\"", "wait = \"10m\"\nclock = \"wal\""),
        ("repeat = 1\nstop", "repeat = \"once\"\nstop"),
        ("keywords = [\"demo\", ", "keywords = [1, "),
        ("answered_within = \"30d\"", "answered_within = 30"),
        ("kind = \"sms\"", "kind = \"smss\""),
        ("report = \"sla\"", "report = \"weather\""),
        ("on = [\"monday\"]", "on = [\"mon\"]"),
        ("channel = \"mail\"\non", "canal = \"mail\"\non"),
        ("at_most = 4", "at_most = 0"),
        ("open = \"08:00\"", "open = \"8\""),
        ("open = \"08:00\"", "open = \"24:00\""),
        ("\nsales = false", "\nsales = \"no\""),
        ("lead = \"lea\"", "led_by = \"lea\""),
        ("role = \"lead\"", "role = \"boss\""),
        ("active = false", "active = 0"),
        ("stages = [\"Negotiation\", \"Proposal\", \"Contract\"]", "stages = \"Negotiation\""),
        ("warn = \"3m\", due = \"5m\"", "warn = \"3m\""),
        ("warn = \"3m\", due = \"5m\"", "warn = \"3m\", due = \"5min\""),
        ("monday = [\"08:00-12:30\", ", "monday = [\"12:30-08:00x\", "),
        ("monday = [\"08:00-12:30\", \"13:00-19:00\"]", "monday = \"08:00-12:30\""),
        ("2026-07-03 = []", "third_of_july = []"),
        ("who = \"backup\"", "who = \"bakcup\""),
        ("wait = \"4m\"", "wait = 4"),
        ("every = \"7d\"", "every = \"1w\""),
        ("every = \"7d\"", "evry = \"7d\""),
        ("since = 2026-01-03", "since = 09:00:00"),
        ("holidays = [2026-11-26, 2026-12-25]", "holidays = [2026-11-26T09:00:00, 2026-12-25]"),
        ("holidays = \"only\"", "holidays = \"onyl\""),
        ("days = [\"saturday\", \"sunday\"]", "days = [\"satruday\"]"),
        ("hours = [\"09:00-21:00\"]", "hours = [\"9-21\"]"),
        ("number = \"+16465550100\"", "number = 16465550100"),
        ("owners = { opportunity = \"maya\" }", "owners = { deal = \"maya\" }"),
        ("at = 2026-03-07T22:00:00-05:00", "at = 2026-03-07T22:00:00"),
        ("then = { owner = \"maya\", gets = \"ben\" }", "then = {}"),
        ("held = true, answered_after", "held = \"yes\", answered_after"),
    ] {
        let source = EXAMPLE.replacen(from, to, 1);
        assert_ne!(source, EXAMPLE, "{from}");
        assert!(read("playbook.toml", &source).is_err(), "the reader takes {to}");
        assert!(schema.complaint(&source).is_some(), "the schema takes {to}");
    }
}
