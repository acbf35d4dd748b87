//! The commented example that comes with the program, which the demo runs on, and the file that it names.

/// The example.
pub const PLAYBOOK: &str = include_str!("../../../assets/playbook.toml");

/// The file beside it: who has which part of the West.
pub const TERRITORIES: &str = include_str!("../../../assets/territories.csv");

/// Gives the files that the example names; no other can be read for a playbook that lies in no folder.
pub fn beside(named: &str) -> Result<String, String> {
    match named {
        "territories.csv" => Ok(TERRITORIES.to_owned()),
        _ => Err("this playbook stands alone: write the rows into it".to_owned()),
    }
}
