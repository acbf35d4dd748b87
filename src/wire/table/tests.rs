use super::*;
use crate::wire::consent::ConsentRow;
use crate::wire::sends::SendRow;

/// Rows as they are told, or why not, each with its line.
type Told = Vec<(u64, Result<String, String>)>;

fn read(name: &str, bytes: &[u8]) -> Result<Told, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let rows = Rows::<SendRow>::open(&path, File::open(&path).unwrap())?;
    let told = |row: Result<SendRow, Wrong>| match row {
        Ok(row) => Ok(format!("{} {} {:?}", row.id, row.text, row.use_case)),
        Err(Wrong::Row(why)) => Err(why),
        Err(Wrong::File(why)) => Err(format!("stopped: {why}")),
    };
    Ok(rows.map(|(line, row)| (line, told(row))).collect())
}

fn stopped(table: &str) -> Vec<(u64, Result<ConsentRow, Wrong>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stops.csv");
    std::fs::write(&path, table).unwrap();
    Rows::open(&path, File::open(&path).unwrap()).unwrap().collect()
}

const HEADER: &str = "ID,to,from,campaign,text,sent_at,use_case,extra\n";

#[test]
fn a_table_is_read_with_the_line_that_each_row_begins_on() {
    let table =
        format!("\u{feff}{HEADER}1,a,b,c,\"two\nlines, \"\"quoted\"\"\",t,,x\n\n2,a,b,c,hello,t,meeting,x\r\n3,a,b\n");
    let rows = read("a.csv", table.as_bytes()).unwrap();
    assert_eq!(
        rows,
        [
            (2, Ok("1 two\nlines, \"quoted\" None".to_owned())),
            (5, Ok("2 hello Some(\"meeting\")".to_owned())),
            (6, Err("3 fields, and the first line names 8".to_owned())),
        ]
    );
    let wrong = [HEADER.as_bytes(), b"1,a,b,c,\xff,t,,x\n2,a,b,c,d,t,,x\n"].concat();
    let rows = read("a.CSV", &wrong).unwrap();
    assert_eq!(rows[0], (2, Err("text is not UTF-8".to_owned())));
    assert_eq!(rows[1], (3, Ok("2 d None".to_owned())));
}

#[test]
fn semicolons_divide_a_table_whose_first_line_has_no_comma() {
    let table = "\u{feff}id;to;from;campaign;text;sent_at\r\n1;a;b;c;\"one, two; three\";t\r\n2;a\r\n";
    let rows = read("a.csv", table.as_bytes()).unwrap();
    assert_eq!(
        rows,
        [(2, Ok("1 one, two; three None".to_owned())), (3, Err("2 fields, and the first line names 6".to_owned())),]
    );
}

#[test]
fn a_table_must_name_its_columns_once() {
    for (header, wanted) in [
        ("", "names no column \"id\""),
        ("id,from,campaign,text,sent_at\n", "names no column \"to\"; write it id,to,from,campaign,text,sent_at"),
        ("id,to,to,from,campaign,text,sent_at\n", "names the column \"to\" twice"),
    ] {
        let told = read("a.csv", header.as_bytes()).expect_err(header);
        assert!(told.contains(wanted), "{told}");
    }
    assert!(read("a.xlsx", b"").expect_err("a name").contains("must end in .csv or .jsonl"));
}

#[test]
fn rows_that_an_open_quote_would_swallow_are_read_and_the_one_with_the_quote_is_told() {
    let stops = |from: u32, to: u32| {
        (from..=to).map(|n| format!("+1415555{n:04},stop,2026-03-01,\n")).collect::<Vec<_>>().concat()
    };
    let head = "number,event,at,wording\n";
    for (what, table, told, all) in [
        (
            "never closed",
            format!("{head}{}+14155550106,stop,2026-03-01,\"hello\n{}", stops(100, 105), stops(107, 120)),
            8,
            21,
        ),
        (
            "closed three rows on",
            format!(
                "{head}+14155550100,stop,2026-03-01,\"Bob\n{}+14155550103,stop,2026-03-01,\"Cy\" Smith\n",
                stops(101, 102)
            ),
            2,
            4,
        ),
    ] {
        let rows = stopped(&table);
        assert_eq!(rows.len(), all, "{what}");
        for ((line, row), wanted) in rows.iter().zip(2..) {
            assert_eq!(*line, wanted, "{what}");
            let Ok(row) = row else { panic!("{what}: line {line} is lost") };
            assert!(row.event == "stop" && row.number.starts_with("+1415555"), "{what}: {row:?}");
            assert_eq!(!row.flaws.is_empty() && *line == told, *line == told, "{what}: {row:?}");
        }
    }
    // In a file of semicolons a comma is somebody's.
    let semicolons = "number;event;at;wording\r\n+14155550100;stop;;\"Bob\r\n+14155550101;stop;;well, no\r\n";
    let rows = stopped(semicolons);
    let numbers: Vec<&str> = rows.iter().filter_map(|(_, row)| Some(row.as_ref().ok()?.number.as_str())).collect();
    assert_eq!(numbers, ["+14155550100", "+14155550101"]);
    // Somebody's words over several lines stay one row.
    let words = format!("{head}+14155550100,opt_in,2026-03-01,\"yes\nplease, stop by, at 5\"\n");
    assert_eq!(stopped(&words).len(), 1);
}

#[test]
fn a_quote_that_never_closes_ends_the_file_and_not_the_memory() {
    let mut table = format!("{HEADER}1,a,b,c,fine,t,,x\n2,a,b,c,\"open,t,,x\n");
    table.push_str(&"3,a,b,c,never seen,t,,x\n".repeat(40_000));
    let rows = read("a.csv", table.as_bytes()).unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].1.is_ok());
    let (line, told) = &rows[1];
    assert!(*line == 3 && told.as_ref().is_err_and(|why| why.contains("never closed")), "{line} {told:?}");
}

#[test]
fn lines_of_objects_are_read_and_a_bad_one_costs_no_other() {
    let good = r#"{"id":"1","to":"a","from":"b","campaign":"c","text":"hi","sent_at":"t","more":1}"#;
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(300 * 1024));
    let file = format!("{good}\n\n{long}\n[1]\n{{\n{{\"id\":5}}\n{{\"id\":\"7\"}}\n{good}");
    let rows = read("a.jsonl", file.as_bytes()).unwrap();
    let wrong = |line, why: &str| (line, Err(why.to_owned()));
    assert_eq!(
        rows,
        [
            (1, Ok("1 hi None".to_owned())),
            wrong(3, "longer than 256 KiB"),
            wrong(4, "not an object in { }"),
            wrong(5, "not JSON at column 1"),
            wrong(6, "id is not a text in quotes"),
            wrong(7, "to is missing"),
            (8, Ok("1 hi None".to_owned())),
        ]
    );
}

#[test]
fn an_opt_out_is_read_whatever_is_wrong_beside_its_number() {
    use crate::wire::consent::ConsentRow;
    let read = |name: &str, bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let rows = Rows::<ConsentRow>::open(&path, File::open(&path).unwrap()).map_err(|why| vec![why])?;
        let told = |row: Result<ConsentRow, Wrong>| match row {
            Ok(row) => format!("{} {} {:?} {}", row.number, row.event, row.at, row.flaws.join("; ")),
            Err(Wrong::Row(why) | Wrong::File(why)) => why,
        };
        Ok::<_, Vec<String>>(rows.map(|(_, row)| told(row)).collect::<Vec<_>>())
    };
    let table = b"number,event,at,wording\n\
        +1,opt_out,\xff,x\n\
        +2,opt_in,\xff,x\n\
        +3,opt_out,2026-01-05,Stop, please\n\
        +4,opt_in,2026-01-05,Yes, please\n\
        Fox, Dana,+5,opt_out,2026-01-05\n";
    assert_eq!(
        read("a.csv", table).unwrap(),
        [
            "+1 opt_out None at is not UTF-8",
            "at is not UTF-8",
            "+3 opt_out None 5 fields, and the first line names 4: its number alone was read",
            "5 fields, and the first line names 4",
            "5 fields, and the first line names 4",
        ]
    );
    assert_eq!(read("b.csv", b"number,event\n+1,opted out\n").unwrap(), ["+1 opted out None "]);
    let lines = b"{\"number\":\"+1\",\"event\":\"opt_out\",\"at\":null}\n\
        {\"number\":\"+2\",\"event\":\"opt_out\",\"wording\":\"\xff\"}\n\
        {\"number\":\"+3\",\"event\":\"opt_in\",\"wording\":\"\xff\"}\n";
    assert_eq!(
        read("a.jsonl", lines).unwrap(),
        ["+1 opt_out None ", "+2 opt_out None not UTF-8: its number alone was read", "not UTF-8"]
    );
}
