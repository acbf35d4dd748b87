//! A folder of tables as the CRM of the real program: beside the database it needs no name.

use super::program::{Machine, Running, Said};

const PEOPLE: &str = "id,name,phone\nc-1,Dana Fox,+14155550123\nc-2,,+13125550162\n";

fn doctor(machine: &Machine, more: &[&str]) -> Said {
    machine.run_with(&[("LC_ALL", "C.UTF-8")], &[&["doctor", "--database", &machine.database()], more].concat(), "")
}

fn served(machine: &Machine, more: &[&str]) -> Running {
    machine.serve(more, "")
}

/// What the example's playbook wants of a CRM.
const OFF: &str = "the playbook's [crm] wants log, outcomes, tasks, opt_outs, follow_up written into the CRM, and nothing is: \
    serve --crm-writes turns it on";
const ASKED: &str = "tells who is behind a number";
const TOLD: &str = "the CRM is the folder beside the database";

#[test]
fn a_folder_beside_the_database_is_the_crm_unless_another_or_none_is_named() {
    let machine = Machine::new();
    let nothing = served(&machine, &[]);
    assert!(!nothing.said().contains(TOLD), "{}", nothing.said());
    nothing.kill();
    let before = doctor(&machine, &[]);
    assert!(before.ok && !before.out.contains(ASKED), "{}", before.out);
    let none = "ok     writes          none: no CRM that takes them was connected to this database";
    assert!(before.out.contains(none), "{}", before.out);
    let refused = machine
        .run(&["serve", "--playbook", super::program::PLAYBOOK, "--database", &machine.database(), "--crm-writes"], "");
    assert!(!refused.ok && refused.err.contains("there is no CRM that could take writes"), "{}", refused.err);

    std::fs::create_dir(machine.home().join("crm")).expect("a folder");
    machine.writes("crm/contacts.csv", PEOPLE);
    let reads = served(&machine, &[]);
    assert!(reads.said().contains(TOLD) && reads.said().contains("writes=false"), "{}", reads.said());
    assert!(reads.said().contains(OFF), "{}", reads.said());
    reads.kill();
    let off = doctor(&machine, &[]);
    assert!(off.ok && off.out.contains(OFF), "{}", off.out);
    // One section says it, and says it once.
    let areas = off.out.lines().filter(|line| line.to_lowercase() == "crm").count();
    let writes = off.out.lines().filter(|line| line.contains("  writes  ")).count();
    assert_eq!((areas, writes), (1, 1), "{}", off.out);
    assert!(!doctor(&machine, &["--crm-writes"]).out.contains(OFF));
    let writes = served(&machine, &["--crm-writes"]);
    assert!(writes.said().contains("writes=true") && !writes.said().contains(OFF), "{}", writes.said());
    writes.kill();
    let said = doctor(&machine, &[]);
    for words in [
        "the folder crm beside the database is the CRM, read",
        ASKED,
        "1 thing(s) in it do not read: contacts.csv:3: name is missing",
    ] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    assert!(!said.out.contains("Dana"), "{}", said.out);
    assert!(doctor(&machine, &["--crm-writes"]).out.contains("read and written into"));

    let none = served(&machine, &["--crm", "none"]);
    assert!(!none.said().contains(TOLD), "{}", none.said());
    none.kill();
    assert!(!doctor(&machine, &["--crm", "none"]).out.contains(ASKED));
    let other = format!("files={}", machine.home().join("other").display());
    let missing = doctor(&machine, &["--crm", &other]);
    assert!(!missing.ok && missing.out.contains("there is no folder at"), "{}", missing.out);
}
